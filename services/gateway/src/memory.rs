//! An answer that is kept for a second. However many ask, and however many leave before they get it,
//! it is made once a second at most.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::Instant;

/// The time for which an answer serves.
const FRESH: Duration = Duration::from_secs(1);

/// The last answer, or the question on its way.
pub(crate) struct Memory<T: Clone>(Mutex<Option<Question<T>>>);

#[derive(Clone)]
struct Question<T: Clone> {
    asked: Instant,
    answer: Shared<BoxFuture<'static, T>>,
}

impl<T: Clone + Send + Sync + 'static> Memory<T> {
    /// No answer yet.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The answer of the last second, and the time at which it was asked for. Asks if there is none
    /// and nobody asks now.
    pub(crate) async fn get(&self, ask: impl FnOnce() -> BoxFuture<'static, T>) -> (T, Instant) {
        let Question { asked, answer } = self.question(ask);
        (answer.await, asked)
    }

    fn question(&self, ask: impl FnOnce() -> BoxFuture<'static, T>) -> Question<T> {
        // Nothing panics while the lock is held.
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let serves = |question: &&Question<T>| {
            question.asked.elapsed() < FRESH || question.answer.peek().is_none()
        };
        if let Some(question) = last.as_ref().filter(serves) {
            return question.clone();
        }
        let answer = ask().shared();
        // The question goes on when its asker leaves. Otherwise each asker who leaves would make the
        // next one ask anew.
        tokio::spawn(answer.clone());
        let question = Question {
            asked: Instant::now(),
            answer,
        };
        *last = Some(question.clone());
        question
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures_util::future::join_all;

    use super::*;

    /// Goal: a crowd cannot make the gateway ask more than once a second. Method: many ask at once,
    /// and some of them leave before the answer is there.
    #[tokio::test(start_paused = true)]
    async fn a_crowd_makes_one_question_a_second() {
        let (memory, asked) = (Memory::new(), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let asked = asked.clone();
            memory.get(move || {
                let number = asked.fetch_add(1, Ordering::SeqCst) + 1;
                async move {
                    tokio::time::sleep(Duration::from_millis(1_500)).await;
                    number
                }
                .boxed()
            })
        };
        for _ in 0..100 {
            assert!(ask().now_or_never().is_none());
        }
        let answers = join_all((0..100).map(|_| ask())).await;
        assert!(answers.iter().all(|(answer, _)| *answer == 1));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // The answer took longer than it serves, so the next one asks.
        assert_eq!(ask().await.0, 2);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
}
