//! The problems that readiness named lately. They are kept in memory, so they end with the process.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The most changes that are kept.
const MOST: usize = 50;

/// The problems from a time on, until the next change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ProblemsSince {
    /// The time at which readiness was asked for and named them, UTC.
    since: DateTime<Utc>,
    /// Every problem; none from the time on at which all was well again.
    problems: Vec<String>,
}

/// The changes of readiness, as far as somebody asked for it.
#[derive(Default)]
pub(crate) struct ProblemHistory(Mutex<VecDeque<ProblemsSince>>);

impl ProblemHistory {
    /// Notes the problems of this moment, unless they are those of the last one.
    pub(crate) fn note(&self, problems: &[String]) {
        self.note_at(Utc::now(), problems);
    }

    fn note_at(&self, since: DateTime<Utc>, problems: &[String]) {
        // Nothing panics while the lock is held.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Times and positions change all the while; the part and the kind of its problem do not.
        let kinds =
            |problems: &[String]| problems.iter().map(|text| kind(text)).collect::<Vec<_>>();
        let last = kept.back().map_or(&[][..], |last| &last.problems);
        if kinds(last) == kinds(problems) {
            return;
        }
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back(ProblemsSince {
            since,
            problems: problems.to_vec(),
        });
    }

    /// The changes, latest first.
    pub(crate) fn latest_first(&self) -> Vec<ProblemsSince> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().cloned().collect()
    }
}

/// A problem without its numbers.
fn kind(problem: &str) -> String {
    let letters = problem.chars().filter(|letter| !letter.is_ascii_digit());
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_kept_and_the_same_problem_with_other_numbers_is_none() {
        let history = ProblemHistory::default();
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let note = |second, problems: &[&str]| {
            let problems: Vec<_> = problems.iter().map(|text| (*text).to_owned()).collect();
            history.note_at(at(second), &problems);
        };
        note(1, &[]);
        assert!(history.latest_first().is_empty(), "an office begins well");
        note(2, &["view leave: behind for 11000 ms"]);
        note(3, &["view leave: behind for 12000 ms"]);
        note(4, &[]);
        note(5, &["commands: no answer"]);
        let since = |changes: Vec<ProblemsSince>| -> Vec<_> {
            changes.iter().map(|change| change.since).collect()
        };
        assert_eq!(since(history.latest_first()), [at(5), at(4), at(2)]);
        for second in 10..200 {
            note(second, &[["a", "b"][second as usize % 2]]);
        }
        let kept = history.latest_first();
        assert_eq!((kept.len(), kept[0].since), (MOST, at(199)));
    }
}
