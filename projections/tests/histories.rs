//! Goal: a view follows from the log alone, however it arrives, and answers as the rules are told.
//! Method: the random histories of the crate `jejak-events`, with its naive model.
//!
//! - built event by event = built at once = built from random batches, some of them delivered again;
//! - built from the events of its topics alone = built from all;
//! - views and the model give the same answers about places, money, pools, working days, rankings and
//!   candidates.
//!
//! `JEJAK_HISTORIES` says how many histories; the seed is printed, and `PROPTEST_RNG_SEED` repeats a run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use jejak_events::RecordedEvent;
use jejak_projections::{Applicable, Store, VIEWS, View, ViewEntry};
use naive::{Asked, World, days::Day};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

#[cfg(test)]
mod answers;
#[cfg(test)]
#[allow(dead_code, reason = "other tests ask it other things")]
#[path = "../../events/tests/history/mod.rs"]
mod history;
#[cfg(test)]
#[allow(dead_code, reason = "other tests ask it other things")]
#[path = "../../events/tests/naive/mod.rs"]
mod naive;
#[cfg(test)]
#[allow(dead_code, reason = "other tests ask it other things")]
#[path = "../../events/tests/office/mod.rs"]
mod office;
#[cfg(test)]
#[path = "../../events/tests/seed/mod.rs"]
mod seed;

use history::{History, Step, YEARS};

/// A batch: how many events are new, and how many from before come again.
type Batch = (usize, usize);

fn histories(cases: u32) -> ProptestConfig {
    let told = std::env::var("JEJAK_HISTORIES")
        .ok()
        .map(|told| told.parse().unwrap());
    seed::config(told.unwrap_or(cases))
}

fn steps() -> impl Strategy<Value = (bool, Vec<Step>)> {
    (any::<bool>(), prop::collection::vec(any::<Step>(), 1..150))
}

/// The history, and the model after it.
fn played(late: bool, steps: &[Step]) -> (History, World) {
    let mut history = History::begun(late);
    for step in steps {
        history.play(step);
    }
    let mut world = World::default();
    for attempt in &history.attempts {
        let (sub, today) = (attempt.sub.as_str(), Day::read(&attempt.today.to_string()));
        let made = attempt.made();
        let asked = Asked {
            name: attempt.name,
            body: &attempt.body,
            sub,
            today,
            made: &made,
        };
        assert_eq!(
            world.hear(&asked).is_ok(),
            attempt.outcome.is_ok(),
            "{attempt:?}"
        );
    }
    (history, world)
}

/// A view's file, empty, in a folder that lives as long as it.
struct BuiltView {
    store: Store,
    _folder: tempfile::TempDir,
}

impl BuiltView {
    fn empty(view: &'static dyn View) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("view.redb"), view, "one").unwrap();
        Self {
            store,
            _folder: folder,
        }
    }

    fn of(view: &'static dyn View, events: &[RecordedEvent]) -> Self {
        let built = Self::empty(view);
        built.store.apply_batch(events, false).unwrap();
        built
    }

    fn ask(&self, query: &str, params: Value) -> Value {
        let today = "2022-02-01".parse().unwrap();
        let (_, answer) = self
            .store
            .answer(query, params.to_string().as_bytes(), today)
            .unwrap();
        serde_json::from_slice(&answer).unwrap()
    }
}

fn log(history: &History) -> Vec<RecordedEvent> {
    history
        .office
        .log
        .iter()
        .map(|stored| stored.recorded.clone())
        .collect()
}

/// As a view's projector delivers it.
fn entry(view: &dyn View, recorded: &RecordedEvent) -> ViewEntry {
    if view.topics().contains(&recorded.topic().as_str()) {
        ViewEntry::Event(Box::new(recorded.clone()))
    } else {
        ViewEntry::PassedOver {
            position: recorded.position,
            mark: recorded.event_for(view).unwrap().0,
        }
    }
}

/// Applies all of them in the batches, over and over, each of which may begin before the checkpoint.
fn in_batches(view: &'static dyn View, events: &[RecordedEvent], batches: &[Batch]) -> BuiltView {
    let built = BuiltView::empty(view);
    let mut applied = 0;
    for (new, again) in batches.iter().cycle() {
        if applied == events.len() {
            break;
        }
        let end = (applied + new).min(events.len());
        let position = built
            .store
            .apply_batch(&events[applied.saturating_sub(*again)..end], false)
            .unwrap();
        assert_eq!(position, end as u64);
        applied = end;
    }
    built
}

#[test]
fn a_view_is_the_same_however_its_events_arrive() {
    let batches = prop::collection::vec((1usize..40, 0usize..40), 1..20);
    let result =
        TestRunner::new(histories(24)).run(&(steps(), batches), |((late, steps), batches)| {
            let events = log(&played(late, &steps).0);
            for view in VIEWS {
                let at_once = BuiltView::of(view, &events).store.content_hash().unwrap();
                let one_by_one = in_batches(view, &events, &[(1, 0)])
                    .store
                    .content_hash()
                    .unwrap();
                let again = in_batches(view, &events, &batches);
                assert_eq!(one_by_one, at_once, "{} event by event", view.name());
                assert_eq!(
                    again.store.content_hash().unwrap(),
                    at_once,
                    "{} in batches",
                    view.name()
                );
                again.store.apply_batch(&events, false).unwrap();
                let read = BuiltView::empty(view);
                let entries: Vec<_> = events
                    .iter()
                    .map(|recorded| entry(view, recorded))
                    .collect();
                assert_eq!(
                    read.store.apply_batch(&entries, false).unwrap(),
                    events.len() as u64
                );
                assert_eq!(
                    read.store.content_hash().unwrap(),
                    at_once,
                    "{} of its topics",
                    view.name()
                );
                // A past view gets every event, also those of other topics.
                let all = Store::past(view, &events, events.len() as u64).unwrap();
                assert_eq!(
                    all.content_hash().unwrap(),
                    at_once,
                    "{} of all topics",
                    view.name()
                );
                assert_eq!(
                    again.store.content_hash().unwrap(),
                    at_once,
                    "{} all again",
                    view.name()
                );
            }
            Ok(())
        });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn views_answer_as_the_model_does() {
    let result = TestRunner::new(histories(60)).run(&steps(), |(late, steps)| {
        let (history, world) = played(late, &steps);
        let events = log(&history);
        let built = |name| BuiltView::of(jejak_projections::view(name).unwrap(), &events);
        let [leave, evaluations, packages] = ["leave", "evaluations", "packages"].map(built);
        for package in &world.packages {
            let params = json!({"package_id": package.id});
            answers::same_package(&packages.ask("get", params.clone()), &world, package);
            answers::same_candidates(&packages.ask("candidates", params), &world, package);
        }
        for year in YEARS {
            let params = json!({"year": year, "limit": 500});
            answers::same_pools(&leave.ask("balances", params.clone()), &world, year);
            answers::same_calendar(&leave.ask("calendar", json!({"year": year})), &world, year);
            answers::same_ranking(&evaluations.ask("list", params), &world, year);
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
