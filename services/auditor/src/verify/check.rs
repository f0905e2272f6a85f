//! The result of one check, as one line.

use std::fmt;

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// All is well. The text says what was checked.
    Passed(String),
    /// The first fault that was found.
    Failed(String),
    /// The check was not made. The text says why.
    Skipped(String),
}

/// A check with its outcome. `Display` prints its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// The name of the check, for example `log` or `view leave`.
    pub name: String,
    /// Passed, failed or skipped.
    pub outcome: CheckOutcome,
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            CheckOutcome::Passed(checked) => write!(f, "ok      {}: {checked}", self.name),
            CheckOutcome::Failed(fault) => write!(f, "FAILED  {}: {fault}", self.name),
            CheckOutcome::Skipped(reason) => write!(f, "SKIPPED {}: {reason}", self.name),
        }
    }
}

impl CheckResult {
    pub(super) fn new(name: impl Into<String>, checked: Result<String, String>) -> Self {
        Self {
            name: name.into(),
            outcome: checked.map_or_else(CheckOutcome::Failed, CheckOutcome::Passed),
        }
    }

    pub(super) fn skipped(name: impl Into<String>, reason: &str) -> Self {
        Self {
            name: name.into(),
            outcome: CheckOutcome::Skipped(reason.to_owned()),
        }
    }
}

/// Keeps the first fault and drops all later ones.
#[derive(Debug, Default)]
pub(super) struct FirstFault(Option<String>);

impl FirstFault {
    pub(super) fn note(&mut self, fault: impl FnOnce() -> String) {
        if self.0.is_none() {
            self.0 = Some(fault());
        }
    }

    /// The fault, or the text for a check that passed.
    pub(super) fn or_passed(self, passed: impl FnOnce() -> String) -> Result<String, String> {
        match self.0 {
            None => Ok(passed()),
            Some(fault) => Err(fault),
        }
    }
}
