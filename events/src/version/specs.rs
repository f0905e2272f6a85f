//! The mechanism on a topic that exists only here: a tally that has had three shapes. It is read by the
//! very `decode` that every topic has.

use serde::Deserialize;

use super::*;
use crate::personal::{Personal, Remark, payload};

crate::topic::topic! {
    /// Something was counted.
    Counted = "test.tally.counted.v3" since [CountedV1, CountedV2],
    /// A tally was put away; it never changed its shape.
    Closed = "test.tally.closed.v1",
}

/// As it is written: who counted is no longer said, and parts are told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    good: u32,
    poor: u32,
    #[schema(value_type = crate::personal::Sealed)]
    personal: Personal<Remark>,
}

/// The second shape: the sum.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountedV2 {
    sum: u32,
    #[schema(value_type = crate::personal::Sealed)]
    personal: Personal<Remark>,
}

/// The first: a text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountedV1 {
    tens: u32,
    ones: u32,
    #[schema(value_type = crate::personal::Sealed)]
    personal: Personal<Remark>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {}

payload!(Counted.personal);
payload!(Closed);

impl Superseded for CountedV1 {
    const TYPE: &'static str = "test.tally.counted.v1";
    const NEXT_TYPE: &'static str = "test.tally.counted.v2";
    type Next = CountedV2;
    fn upcast(self) -> CountedV2 {
        CountedV2 {
            sum: self.tens * 10 + self.ones,
            personal: self.personal,
        }
    }
}

impl Superseded for CountedV2 {
    const TYPE: &'static str = "test.tally.counted.v2";
    const NEXT_TYPE: &'static str = "test.tally.counted.v3";
    type Next = Counted;
    fn upcast(self) -> Counted {
        Counted {
            good: self.sum,
            poor: 0,
            personal: self.personal,
        }
    }
}

/// The golden files of these specs: one a version, with the same sealed part.
const STORED: [(&str, &str); 3] = [
    (
        "test.tally.counted.v1",
        r#"{"tens":1,"ones":7,"personal":"c2VhbGVk"}"#,
    ),
    (
        "test.tally.counted.v2",
        r#"{"sum":17,"personal":"c2VhbGVk"}"#,
    ),
    (
        "test.tally.counted.v3",
        r#"{"good":17,"poor":0,"personal":"c2VhbGVk"}"#,
    ),
];

fn read(type_name: &str, data: &str) -> Option<Result<Event, PayloadError>> {
    Event::decode(type_name, &RawValue::from_string(data.to_owned()).unwrap())
}

#[test]
fn every_version_reads_as_the_current_one() {
    for (type_name, data) in STORED {
        let mut event = read(type_name, data).unwrap().unwrap();
        let sealed = Personal::Sealed(b"sealed".to_vec());
        assert_eq!(
            event,
            Counted {
                good: 17,
                poor: 0,
                personal: sealed
            }
            .into(),
            "{type_name}"
        );
        assert_eq!(event.type_name(), "test.tally.counted.v3");
        assert!(
            event.part().is_some() && event.owner().is_none(),
            "the sealed part came along"
        );
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            STORED[2].1,
            "what is written is the current shape"
        );
    }
}

#[test]
fn data_that_is_not_of_its_version_is_refused_under_that_name() {
    for (type_name, data) in [
        ("test.tally.counted.v1", STORED[1].1),
        ("test.tally.counted.v2", STORED[0].1),
        ("test.tally.counted.v3", STORED[1].1),
        (
            "test.tally.counted.v2",
            r#"{"sum":17,"personal":"c2VhbGVk","extra":1}"#,
        ),
        ("test.tally.counted.v1", r#"[1,7,"c2VhbGVk"]"#),
    ] {
        let refused = read(type_name, data).unwrap().unwrap_err();
        assert!(
            matches!(&refused, PayloadError::Shape { kind, .. } if kind == type_name),
            "{data}: {refused}"
        );
    }
}

#[test]
fn a_newer_version_is_told_from_an_event_of_no_name() {
    let known = || ["test.tally.counted.v3", "test.tally.closed.v1"];
    assert!(read("test.tally.counted.v4", "{}").is_none());
    for (found, known_as) in [
        ("test.tally.counted.v4", "test.tally.counted.v3"),
        ("test.tally.closed.v12", "test.tally.closed.v1"),
    ] {
        let error = unknown(found, known());
        assert!(
            matches!(&error, PayloadError::NewerVersion { known, .. } if *known == known_as),
            "{error}"
        );
        assert!(error.to_string().contains(found));
    }
    for found in [
        "test.tally.opened.v9",
        "test.tally.counted.v03",
        "test.tally.counted.v+9",
        "test.tally.closed",
        "",
    ] {
        assert!(
            matches!(unknown(found, known()), PayloadError::UnknownType(name) if name == found)
        );
    }
}

#[test]
fn a_real_event_newer_than_this_program_is_named() {
    let data = RawValue::from_string("{}".to_owned()).unwrap();
    let error = crate::Event::decode("operator.contract.hired.v99", &data).unwrap_err();
    assert!(
        matches!(&error, PayloadError::NewerVersion { known, .. } if known.starts_with("operator.contract.hired.v"))
    );
    assert!(error.to_string().contains("operator.contract.hired.v99"));
}

#[test]
fn old_versions_keep_their_schema() {
    let names = |schemas: crate::topic::TypeSchemas| {
        schemas.iter().map(|(name, _)| *name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(Event::superseded()),
        ["test.tally.counted.v1", "test.tally.counted.v2"]
    );
    assert_eq!(
        names(Event::schemas()),
        ["test.tally.counted.v3", "test.tally.closed.v1"]
    );
    let mut referenced = vec![];
    Event::referenced_schemas(&mut referenced);
    assert!(referenced.iter().any(|(name, _)| name == "Sealed"));
}
