//! The views' last answers, for while the broker is away: views are reached through it and through
//! nothing else, yet those who ask should get what was known, with the position it was known at.
//!
//! Not a cache: with the broker there, every question goes to its view. Bounded in bytes. Answers hold
//! opened personal data, so an erasure empties it, and no answer from before an erasure gets in again;
//! until erasures are being followed, nothing gets in at all.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use jejak_events::envelope::TYPE_PREFIX;
use jejak_journal::{EventFilter, JournalError, StoredEvent};
use quick_cache::{Weighter, sync::Cache};

use crate::{App, events::type_of, link::is_passing};

/// Roughly the size of an answer; only tunes how much is set aside at first.
const USUAL_BYTES: u64 = 4 * 1024;
/// What an entry takes besides its bytes.
const OVERHEAD_BYTES: u64 = 128;
/// Events taken in at once.
const BATCH: usize = 256;
/// Before the log is looked for again.
const PAUSE: Duration = Duration::from_millis(500);

/// An answer of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) position: u64,
    pub(crate) body: Bytes,
}

/// The last answers, by question.
pub(crate) struct Remembered {
    answers: Cache<String, Answer, ByBytes>,
    /// Answers computed before this position are not kept.
    from: AtomicU64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Answer> for ByBytes {
    fn weight(&self, question: &String, answer: &Answer) -> u64 {
        (question.len() + answer.body.len()) as u64 + OVERHEAD_BYTES
    }
}

impl Remembered {
    pub(crate) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX);
        Self {
            answers: Cache::with_weighter(items, bytes, ByBytes),
            from: AtomicU64::new(u64::MAX),
        }
    }

    pub(crate) fn keep(&self, question: String, answer: Answer) {
        if answer.position >= self.from.load(Ordering::SeqCst) {
            self.answers.insert(question, answer);
        }
    }

    pub(crate) fn get(&self, question: &str) -> Option<Answer> {
        self.answers
            .get(question)
            .filter(|answer| answer.position >= self.from.load(Ordering::SeqCst))
    }

    /// Forgets everything, and from now on keeps only answers computed at `position` or later.
    fn forget_before(&self, position: u64) {
        self.from.store(position, Ordering::SeqCst);
        self.answers.clear();
    }
}

/// Follows erasures for as long as the gateway runs.
pub(crate) async fn follow_erasures(app: &App) {
    loop {
        let Err(error) = follow(app).await;
        app.remembered.forget_before(u64::MAX);
        if !is_passing(&error) {
            tracing::error!(%error, "erasures cannot be followed, so no answers are kept for outages");
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow(app: &App) -> Result<Infallible, JournalError> {
    let journal = app.link.open().await?;
    let position = journal.last_position().await?;
    app.remembered.forget_before(position);
    let mut follow = journal.subscribe(position, EventFilter::Topic("operator", "identity"));
    loop {
        let batch = follow.next_batch(BATCH).await?;
        batch
            .iter()
            .for_each(|stored| take_in(&app.remembered, stored));
    }
}

fn take_in(remembered: &Remembered, stored: &StoredEvent) {
    let kind = type_of(&stored.payload);
    let name = kind
        .as_deref()
        .and_then(|kind| kind.strip_prefix(TYPE_PREFIX));
    // What cannot be read might be an erasure.
    if name.is_none_or(|name| name.starts_with("operator.identity.erased.")) {
        remembered.forget_before(stored.position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(position: u64) -> Answer {
        Answer {
            position,
            body: Bytes::from(format!("{{\"position\":{position}}}")),
        }
    }

    fn stored(position: u64, kind: &str) -> StoredEvent {
        StoredEvent {
            position,
            payload: Bytes::from(format!("{{\"type\":\"{kind}\",\"data\":{{}}}}")),
        }
    }

    #[test]
    fn nothing_is_kept_until_erasures_are_followed_and_nothing_from_before_one() {
        let remembered = Remembered::new(1 << 20);
        remembered.keep("q".to_owned(), answer(7));
        assert_eq!(remembered.get("q"), None);
        remembered.forget_before(5);
        remembered.keep("q".to_owned(), answer(7));
        assert_eq!(remembered.get("q"), Some(answer(7)));

        take_in(
            &remembered,
            &stored(8, "jejak.operator.identity.corrected.v1"),
        );
        assert_eq!(remembered.get("q"), Some(answer(7)));
        take_in(&remembered, &stored(9, "jejak.operator.identity.erased.v1"));
        assert_eq!(remembered.get("q"), None);
        remembered.keep("q".to_owned(), answer(8));
        assert_eq!(remembered.get("q"), None);
        remembered.keep("q".to_owned(), answer(9));
        assert_eq!(remembered.get("q"), Some(answer(9)));
    }

    #[test]
    fn it_is_bounded_in_bytes() {
        let remembered = Remembered::new(1 << 20);
        remembered.forget_before(0);
        for n in 0..2_000 {
            let body = Bytes::from(vec![b'x'; 4_096]);
            remembered.keep(format!("q{n}"), Answer { position: 1, body });
        }
        assert!(remembered.answers.weight() <= 1 << 20);
    }
}
