//! The lines of selected events.

use jejak_journal::StoredEvent;

use super::{selection::Selection, *};

fn stored(position: u64, time: &str, event_type: &str) -> StoredEvent {
    let payload = format!(
        "{{\"id\":\"i\",\"time\":\"{time}\",\"type\":\"{event_type}\",\"subject\":\"calendar/2020\",\
         \"actor\":\"account/a\",\"command\":\"c\",\"commandid\":\"k\",\"data\":{{\"name\":\"a \\\"b\\\", c\"}}}}"
    );
    StoredEvent {
        position,
        payload: payload.into(),
    }
}

fn options(format: ReplayFormat) -> ReplayOptions {
    ReplayOptions {
        from: None,
        to: None,
        until: None,
        stream: None,
        event_type: None,
        format,
    }
}

fn printed(options: &ReplayOptions, events: &[StoredEvent], to: u64) -> String {
    let lines = Selection::new(options, to).lines(events).unwrap();
    let bytes = lines.into_iter().flat_map(|line| line.bytes).collect();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn lines_are_the_stored_bytes() {
    let events = [
        stored(1, "2020-10-01T00:00:00Z", "a"),
        stored(2, "2020-10-02T00:00:00Z", "b"),
    ];
    let all = options(ReplayFormat::Jsonl);
    let expected: Vec<u8> = events
        .iter()
        .flat_map(|event| [&event.payload[..], b"\n"].concat())
        .collect();
    assert_eq!(printed(&all, &events, 2).as_bytes(), expected);
    assert_eq!(printed(&all, &events, 1).lines().count(), 1);
    let only = ReplayOptions {
        event_type: Some("b".to_owned()),
        ..all
    };
    assert_eq!(
        printed(&only, &events, 2).as_bytes(),
        [&events[1].payload[..], b"\n"].concat()
    );
}

/// Clocks differ a little: the history up to a time ends before the first later event.
#[test]
fn a_time_cuts_the_history_at_the_first_event_after_it() {
    let events = [
        stored(1, "2020-10-01T00:00:00Z", "a"),
        stored(2, "2020-10-03T00:00:00Z", "a"),
        stored(3, "2020-10-02T00:00:00Z", "a"),
    ];
    let until = ReplayOptions {
        until: Some("2020-10-02T12:00:00Z".parse().unwrap()),
        ..options(ReplayFormat::Jsonl)
    };
    assert_eq!(printed(&until, &events, 3).lines().count(), 1);
}

#[test]
fn a_row_quotes_a_field_with_commas_or_quotes() {
    let events = [stored(7, "2020-10-01T00:00:00Z", "a")];
    let rows = printed(&options(ReplayFormat::Csv), &events, 7);
    let data = r#""{""name"":""a \""b\"", c""}""#;
    assert_eq!(
        rows,
        format!("7,i,2020-10-01T00:00:00Z,a,calendar/2020,account/a,c,k,,{data}\r\n")
    );
}
