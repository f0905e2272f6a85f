//! A view's file under batches, redelivery, crashes and damage.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::LazyLock};

use jejak_events::{RecordedEvent, personal::Personal};
use proptest::prelude::*;

use super::*;
use crate::{
    VIEWS,
    contracts::Contracts,
    packages::Packages,
    story::{Built, Office, forget, keys},
};

fn hash(events: &[RecordedEvent], view: &'static dyn View) -> String {
    Built::of(view, events).store.content_hash().unwrap()
}

/// Every view with its first query, which reads all its rows.
static LISTS: LazyLock<Vec<(&dyn View, &str)>> = LazyLock::new(|| {
    let first = |view: &&'static dyn View| (*view, view.queries()[0].query.name);
    VIEWS.iter().map(first).collect()
});

/// The position of a view, the hash of its rows, and an answer.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    content: (u64, String),
    answer: (u64, Vec<u8>),
}

impl Shown {
    fn by(store: &Store, query: &str) -> Self {
        Self {
            content: store.content().unwrap(),
            answer: answer(store, query),
        }
    }
}

/// On a day of the demo's year, which is then the one asked for.
fn answer(store: &Store, query: &str) -> (u64, Vec<u8>) {
    store
        .answer(query, b"", "2020-12-31".parse().unwrap())
        .unwrap()
}

/// The views of [`LISTS`] at every position of the demonstration, with one event a transaction. A store without
/// a ranking gives each answer.
static ONE_BY_ONE: LazyLock<Vec<Vec<Shown>>> = LazyLock::new(|| {
    let events = Office::of_2020().events;
    let of = |(view, query): (&'static dyn View, &str)| {
        let built = Built::empty(view);
        let at = |end: usize| {
            built.store.apply_batch(&events[..end], false).unwrap();
            let fresh = Store::past(view, &events[..end], end as u64, keys()).unwrap();
            Shown {
                content: built.store.content().unwrap(),
                answer: answer(&fresh, query),
            }
        };
        (0..=events.len()).map(at).collect()
    };
    LISTS.iter().copied().map(of).collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Goal: batches that share a transaction make the same rows as one event a transaction, and answers see them
    /// after the commit. Method: the demonstration in random batches, durable or not. A batch may begin before the
    /// end of the last one, and is committed alone or with the next. The view answers after every batch.
    #[test]
    fn batches_that_share_a_transaction_are_seen_together(
        cuts in proptest::collection::vec((1usize..5, 0usize..5, 0usize..4, any::<bool>()), 80),
    ) {
        let events = Office::of_2020().events;
        for ((view, query), one_by_one) in LISTS.iter().copied().zip(&*ONE_BY_ONE) {
            let Built { store, .. } = &Built::empty(view);
            let (mut applied, mut committed) = (0_usize, 0);
            let mut begun: Option<ViewTransaction> = None;
            for (size, again, commit, durable) in &cuts {
                let from = applied.saturating_sub(*again);
                applied = (applied + size).min(events.len());
                let mut pending = begun.take().unwrap_or_else(|| store.begin().unwrap());
                pending.apply(&events[from..applied]).unwrap();
                prop_assert_eq!(pending.position(), applied as u64);
                prop_assert_eq!(pending.events(), (applied - committed) as u64);
                if *commit == 0 {
                    prop_assert_eq!(store.commit(pending, *durable).unwrap(), applied as u64);
                    committed = applied;
                } else {
                    begun = Some(pending);
                }
                prop_assert_eq!(&Shown::by(store, query), &one_by_one[committed]);
            }
            prop_assert_eq!(applied, events.len(), "80 cuts of at least 1 cover the demo");
            if let Some(pending) = begun {
                store.commit(pending, true).unwrap();
            }
            prop_assert_eq!(Some(&Shown::by(store, query)), one_by_one.last());
        }
    }

    /// Goal: rebuild from zero = incremental = with redelivery. Method: the demo's history in random
    /// batches, each of which may begin before the checkpoint, durable or not.
    #[test]
    fn the_same_events_make_the_same_rows(
        cuts in proptest::collection::vec((1usize..12, 0usize..8, any::<bool>()), 80),
    ) {
        let events = Office::of_2020().events;
        for view in VIEWS {
            let built = Built::empty(view);
            let mut applied = 0;
            for (size, again, durable) in &cuts {
                let end = (applied + size).min(events.len());
                let batch = &events[applied.saturating_sub(*again)..end];
                let position = built.store.apply_batch(batch, *durable).unwrap();
                prop_assert_eq!(position, end as u64);
                applied = end;
            }
            prop_assert_eq!(applied, events.len(), "80 cuts of at least 1 cover the demo");
            prop_assert_eq!(built.store.content_hash().unwrap(), hash(&events, view));
        }
    }

    /// Goal: an altered file never answers wrongly and never panics. Method: bytes anywhere in a closed
    /// file are overwritten; opening it refuses, or the rows are the ones that were written.
    #[test]
    fn an_altered_file_is_refused_or_right(
        alterations in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let events = Office::of_2020().events;
        let built = Built::of(&Packages, &events);
        built.store.apply_batch(&[] as &[RecordedEvent], true).unwrap();
        let path = built.path();
        let wanted = built.store.content_hash().unwrap();
        let folder = built.close();
        let mut bytes = fs::read(&path).unwrap();
        for (place, byte) in &alterations {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        fs::write(&path, bytes).unwrap();
        check_refused_or(&path, &events, &wanted);
        drop(folder);
    }
}

/// Asserts that the file is refused as damaged, or holds the right rows of its position.
#[track_caller]
fn check_refused_or(path: &Path, events: &[RecordedEvent], whole: &str) {
    match Store::open(path, &Packages, "one", keys()) {
        Err(ProjectionError::Damaged(_) | ProjectionError::OtherView { .. }) => {}
        Err(error) => panic!("{error}"),
        Ok(store) => {
            let position = usize::try_from(store.position().unwrap()).unwrap();
            let found = store.content_hash().unwrap();
            if position == events.len() {
                assert_eq!(found, whole);
            } else {
                assert_eq!(found, hash(&events[..position], &Packages), "at {position}");
            }
        }
    }
}

#[test]
fn a_truncated_file_is_refused_or_begins_anew() {
    let events = Office::of_2020().events;
    let built = Built::of(&Packages, &events);
    built
        .store
        .apply_batch(&[] as &[RecordedEvent], true)
        .unwrap();
    let path = built.path();
    let wanted = built.store.content_hash().unwrap();
    let _folder = built.close();
    let whole = fs::read(&path).unwrap();
    let lengths = [
        0,
        1,
        63,
        64,
        512,
        4095,
        4096,
        4097,
        whole.len() / 2,
        whole.len() - 4096,
        whole.len() - 1,
    ];
    for length in lengths {
        fs::write(&path, &whole[..length]).unwrap();
        check_refused_or(&path, &events, &wanted);
    }
    for rubbish in [b"not a database".repeat(1000), vec![0; whole.len()]] {
        fs::write(&path, rubbish).unwrap();
        assert!(matches!(
            Store::open(&path, &Packages, "one", keys()),
            Err(ProjectionError::Damaged(_))
        ));
    }
}

/// Goal: a crash at any moment leaves a file that is right at its position. Method: a copy of the open
/// file stands for the file after a crash.
#[test]
fn a_crash_loses_only_what_was_not_durable() {
    let events = Office::of_2020().events;
    let built = Built::empty(&Packages);
    let mut durable_position = 0;
    for (n, batch) in events.chunks(5).enumerate() {
        let durable = n % 3 == 0;
        let position = built.store.apply_batch(batch, durable).unwrap();
        if durable {
            durable_position = position;
        }
        let crashed = built.path().with_extension("crashed");
        fs::copy(built.path(), &crashed).unwrap();
        let store = Store::open(&crashed, &Packages, "one", keys()).unwrap();
        let position = store.position().unwrap();
        assert!(
            position >= durable_position,
            "{position} is before {durable_position}"
        );
        let prefix = &events[..usize::try_from(position).unwrap()];
        assert_eq!(store.content_hash().unwrap(), hash(prefix, &Packages));
        drop(store);
        fs::remove_file(crashed).unwrap();
    }
}

#[test]
fn an_event_that_cannot_be_applied_stops_the_view_there() {
    let events = Office::of_2020().events;
    let hired = events
        .iter()
        .position(|event| event.event.topic() == "contract")
        .unwrap();
    let mut strange = events.clone();
    strange.retain(|recorded| recorded.event.topic() != "identity");
    for (position, recorded) in (1..).zip(&mut strange) {
        recorded.position = position;
    }
    let built = Built::empty(&Contracts);
    let first = strange
        .iter()
        .position(|event| event.event.topic() == "contract")
        .unwrap();
    assert!(first < hired);
    let stopped = built.store.apply_batch(&strange, false).unwrap_err();
    let wanted = first as u64 + 1;
    assert!(
        matches!(stopped, ProjectionError::Inapplicable { position, .. } if position == wanted)
    );
    assert_eq!(built.store.position().unwrap(), wanted - 1);
}

/// Goal: an event that cannot be applied costs nothing that came before it in its transaction. Method: a part
/// that nobody opened, late in the demo, in the second of two batches, cut at every place before it.
#[test]
fn what_came_before_an_event_that_cannot_be_applied_is_kept_whatever_batch_it_came_in() {
    let mut events = Office::of_2020().events;
    let last = events
        .iter()
        .rposition(|event| event.event.topic() == "identity")
        .unwrap();
    let sealed = jejak_events::operator::identity::Registered {
        personal: Personal::Sealed(vec![0; 40]),
    };
    events[last].event = jejak_events::operator::identity::Event::from(sealed).into();
    let wanted = hash(&events[..last], &Contracts);
    assert_ne!(wanted, hash(&[], &Contracts), "there are rows before it");
    for cut in 0..=last {
        let built = Built::empty(&Contracts);
        let mut pending = built.store.begin().unwrap();
        pending.apply(&events[..cut]).unwrap();
        let stopped = pending.apply(&events[cut..]).unwrap_err();
        assert!(
            matches!(stopped, ProjectionError::Inapplicable { position, .. } if position == last as u64 + 1)
        );
        assert_eq!(built.store.commit(pending, false).unwrap(), last as u64);
        assert_eq!(
            built.store.content().unwrap(),
            (last as u64, wanted.clone())
        );
    }
}

#[test]
fn a_sealed_part_is_not_taken_for_an_erased_person() {
    let mut events = Office::of_2020().events;
    let registered = events
        .iter()
        .position(|event| event.event.topic() == "identity")
        .unwrap();
    let sealed = jejak_events::operator::identity::Registered {
        personal: Personal::Sealed(vec![0; 40]),
    };
    events[registered].event = jejak_events::operator::identity::Event::from(sealed).into();
    for view in VIEWS {
        let built = Built::empty(view);
        assert!(matches!(
            built.store.apply_batch(&events, false),
            Err(ProjectionError::Inapplicable { position, .. }) if position == registered as u64 + 1
        ));
    }
}

#[test]
fn a_gap_is_refused() {
    let events = Office::of_2020().events;
    let built = Built::of(&Packages, &events[..3]);
    let refused = built.store.apply_batch(&events[4..], false).unwrap_err();
    assert!(matches!(
        refused,
        ProjectionError::Gap {
            expected: 4,
            found: 5
        }
    ));
    assert_eq!(
        built.store.apply_batch(&events[..2], false).unwrap(),
        3,
        "redelivery changes nothing"
    );
}

#[test]
fn a_file_of_another_log_or_view_is_refused() {
    let built = Built::empty(&Packages);
    let path = built.path();
    assert!(matches!(
        Store::open(&path, &Packages, "one", keys()),
        Err(ProjectionError::InUse)
    ));
    assert!(Store::is_in_use(&path));
    let _folder = built.close();
    assert!(!Store::is_in_use(&path));
    let other = Store::open(&path, &Packages, "two", keys())
        .map(|_| ())
        .unwrap_err();
    assert!(
        matches!(&other, ProjectionError::OtherIncarnation { expected, found, .. } if expected == "two" && found == "one")
    );
    assert!(matches!(
        Store::open(&path, &Contracts, "one", keys()),
        Err(ProjectionError::OtherView { .. })
    ));
    assert!(Store::open(&path, &Packages, "one", keys()).is_ok());
}

#[test]
fn only_the_owner_reads_a_view_s_file() {
    let built = Built::empty(&Contracts);
    let mode = fs::metadata(built.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Goal: after an erasure no view can be told from one that never knew the person's data. Method: each person of the
/// demonstration who is not engaged any more is erased in turn.
#[test]
fn erasure_reaches_every_view() {
    for who in ["op2", "op3", "op4"] {
        let mut office = Office::of_2020();
        let erase = serde_json::json!({ "operator_id": format!("${who}"), "reason": "permintaan",
            "legal_basis": "UU 27/2022" });
        office
            .give(crate::story::ADMIN, "erase-operator", erase)
            .unwrap();
        let rebuilt = forget(&office.events, office.id(who));
        for view in VIEWS {
            let (kept, anew) = (hash(&office.events, view), hash(&rebuilt, view));
            assert_eq!(kept, anew, "{who} {}", view.name());
        }
    }
}

/// Goal: as of a position, the streams of a person alone give the answers that the view gave then. Method: at every
/// position of the demonstration, every person's own answers from his streams and from all of them.
#[test]
fn the_past_of_some_streams_is_what_the_view_said_then() {
    let office = Office::of_2020();
    let today = office.today;
    let ids: Vec<&str> = ["op1", "op2", "op3", "op4"]
        .map(|name| office.id(name))
        .to_vec();
    let mut answered = 0;
    for end in 1..=office.events.len() {
        let position = end as u64;
        for (view, query, calendar) in [
            (
                &crate::contracts::Contracts as &'static dyn View,
                "operator",
                false,
            ),
            (&crate::leave::Leave, "entries", true),
        ] {
            let whole = Store::past(view, &office.events[..end], position, keys()).unwrap();
            for id in &ids {
                let concerned = |recorded: &&RecordedEvent| match &recorded.envelope.stream {
                    jejak_events::ids::StreamId::Calendar(_) => calendar,
                    // A contract shows the title of its package.
                    jejak_events::ids::StreamId::Package(_) => !calendar,
                    stream => stream.id().to_string() == *id,
                };
                let own: Vec<_> = office.events.iter().filter(concerned).cloned().collect();
                let part = Store::past(view, &own, position, keys()).unwrap();
                let params = format!("{{\"operator_id\":\"{id}\"}}");
                match (
                    whole.answer(query, params.as_bytes(), today),
                    part.answer(query, params.as_bytes(), today),
                ) {
                    (Ok(then), Ok(past)) => {
                        assert_eq!(then, past);
                        assert_eq!(past.0, position);
                        answered += 1;
                    }
                    (Err(QueryError::ItemUnknown { .. }), Err(QueryError::ItemUnknown { .. })) => {}
                    (then, past) => panic!("{then:?} {past:?}"),
                }
            }
        }
    }
    assert!(answered >= 300, "{answered}");
}

/// Auditors compare a view with such a store.
#[test]
fn a_file_that_is_not_kept_makes_the_same_rows() {
    let events = Office::of_2020().events;
    for view in VIEWS {
        let store =
            Store::temporary(tempfile::tempfile().unwrap(), view, "incarnation", keys()).unwrap();
        for (nth, batch) in events.chunks(7).enumerate() {
            store.apply_batch(batch, nth % 2 == 0).unwrap();
        }
        assert_eq!(
            store.content().unwrap(),
            (events.len() as u64, hash(&events, view))
        );
    }
}

/// Goal: an entry of the log that cannot be read stops the views that it may concern, and no others.
#[test]
fn an_entry_concerns_the_views_of_its_topic() {
    let office = Office::of_2020();
    let slot = |recorded: &&RecordedEvent| recorded.event.topic() == "slot";
    let reserved = office.events.iter().find(slot).unwrap();
    let stored = jejak_events::envelope::encode(&reserved.envelope, &reserved.event).unwrap();
    let bytes = stored.get().as_bytes();
    let mark = EventMark::of(&jejak_events::envelope::RawEvent::new(bytes).unwrap());
    let (packages, contracts): (&dyn View, &dyn View) = (&Packages, &Contracts);
    for topics in [packages.topics(), vec!["operator.contract", "package.slot"]] {
        let entry = ViewEntry::decode(&topics, reserved.position, bytes);
        assert_eq!(entry.position(), reserved.position);
        assert_eq!(entry.event_for(packages).unwrap(), (mark, Some(reserved)));
    }
    let other_topic = ViewEntry::decode(&contracts.topics(), reserved.position, bytes);
    assert_eq!(other_topic.event_for(contracts).unwrap(), (mark, None));

    let later = stored.get().replace(".v2\"", ".v99\"");
    for topics in [contracts.topics(), packages.topics()] {
        let unknown = ViewEntry::decode(&topics, reserved.position, later.as_bytes());
        assert_eq!(unknown.event_for(contracts).unwrap(), (mark, None));
    }
    let stops = |view: &dyn View, bytes: &[u8]| {
        let entry = ViewEntry::decode(&packages.topics(), 7, bytes);
        matches!(
            entry.event_for(view),
            Err(ProjectionError::Unreadable { position: 7, .. })
        )
    };
    assert!(stops(packages, later.as_bytes()), "its own topic");
    let of_no_topic = later.replace(".slot.", ".bonus.");
    assert!(stops(contracts, of_no_topic.as_bytes()), "an unknown topic");
    assert!(stops(contracts, b"{}"), "no event at all");
    let unopened = ViewEntry::unopened(reserved, "no key".to_owned());
    assert_eq!(unopened.event_for(contracts).unwrap(), (mark, None));
    let reason = unopened.event_for(packages).unwrap_err().to_string();
    assert!(reason.ends_with("cannot be read: no key"), "{reason}");
}
