//! Wrong passwords, and how long the next try waits.

use serde::{Deserialize, Serialize};

/// Wrong passwords in a row that cost nothing.
const FREE: u32 = 5;
/// The first wait, in milliseconds. Each further wrong password doubles it.
const FIRST_WAIT_MS: u64 = 30_000;
/// The longest wait, in milliseconds.
const LONGEST_WAIT_MS: u64 = 15 * 60_000;

/// The tries of one account since its last right password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempts {
    wrong: u32,
    /// No try counts before this time, in milliseconds since 1970.
    not_before_ms: u64,
}

impl Attempts {
    /// Takes a try. It counts as wrong until [`Attempts::right`], so tries at the same time cannot share
    /// one count.
    ///
    /// # Errors
    /// The milliseconds to wait.
    pub(super) fn begin(&mut self, now_ms: u64) -> Result<(), u64> {
        if now_ms < self.not_before_ms {
            return Err(self.not_before_ms - now_ms);
        }
        self.wrong = self.wrong.saturating_add(1);
        if let Some(beyond) = self.wrong.checked_sub(FREE) {
            let doubled = FIRST_WAIT_MS.saturating_mul(1 << beyond.min(16));
            self.not_before_ms = now_ms.saturating_add(doubled.min(LONGEST_WAIT_MS));
        }
        Ok(())
    }

    /// The password was right.
    pub(super) fn right(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_wrong_passwords_slow_the_next_one_and_each_further_one_more() {
        let mut attempts = Attempts::default();
        for _ in 0..FREE {
            assert_eq!(attempts.begin(0), Ok(()));
        }
        assert_eq!(attempts.begin(0), Err(FIRST_WAIT_MS));
        assert_eq!(attempts.begin(FIRST_WAIT_MS - 1), Err(1));
        assert_eq!(attempts.begin(FIRST_WAIT_MS), Ok(()));
        assert_eq!(attempts.begin(FIRST_WAIT_MS), Err(2 * FIRST_WAIT_MS));
        attempts.right();
        assert_eq!(attempts.begin(FIRST_WAIT_MS), Ok(()));
    }

    #[test]
    fn a_wait_has_an_end() {
        let (mut attempts, mut now) = (Attempts::default(), 0);
        for _ in 0..100 {
            attempts.begin(now).unwrap();
            if let Err(wait) = attempts.begin(now) {
                assert!(wait <= LONGEST_WAIT_MS);
                now += wait;
            }
        }
    }
}
