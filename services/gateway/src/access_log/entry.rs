//! What a request hands to the writer. It is cheap to make; the writer does the rest.

use axum::http::HeaderValue;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use jejak_bus::Role;
use jejak_events::ids::OperatorId;
use serde_json::Value;

use crate::auth::Caller;

/// The route of the page for signing in.
const SIGN_IN: &str = "/masuk";

/// An entry that waits for the writer.
pub(crate) struct Entry {
    pub(crate) at: DateTime<Utc>,
    /// The number of the request in this process.
    pub(crate) number: u64,
    pub(crate) kind: EntryKind,
}

/// What happened.
pub(crate) enum EntryKind {
    /// A query was answered.
    Read {
        caller: Caller,
        /// The address of the query, such as `/v1/operators/{operator_id}`.
        query: &'static str,
        /// The parameters, checked by their types. Only ids of them are written.
        params: Value,
        /// The answer, for the ids of the people in it.
        answer: Bytes,
        /// The client's `X-Correlation-ID`.
        correlation: Option<HeaderValue>,
    },
    /// A token was not accepted, its roles do not suffice, or its officer is not assigned.
    Refused(Refusal),
    /// A person signed in to the pages.
    SignedIn(Caller),
    /// A person signed out.
    SignedOut(Caller),
    /// The password of an account was wrong.
    PasswordRefused {
        /// The name of the account. It leaves as a pseudonym.
        subject: String,
    },
    /// The owner of a one-time link chose a password.
    PasswordChosen {
        /// The name of the account.
        subject: String,
    },
    /// An administrator changed an account on the pages.
    AccountChanged {
        by: Caller,
        /// The subject of the account.
        subject: String,
        /// `added`, `disabled`, `reset` or `sessions_ended`.
        change: &'static str,
        /// The roles of the account.
        roles: Vec<Role>,
    },
    /// An administrator ended the sessions of everybody.
    SessionKeyReplaced { by: Caller },
}

impl EntryKind {
    /// A sign-in that no account's password was tried for. Lines of these are counted together, so
    /// nobody fills the log by asking.
    pub(crate) fn sign_in_failed(reason: &str) -> Self {
        Self::Refused(Refusal {
            caller: None,
            reason: Some(reason.to_owned()),
            route: SIGN_IN.to_owned(),
            path: SIGN_IN.to_owned(),
            body: Bytes::new(),
            correlation: None,
        })
    }

    /// Stored events or tiles were read, of one person or of all.
    pub(crate) fn read_of_log(
        caller: &Caller,
        query: &'static str,
        person: Option<OperatorId>,
    ) -> Self {
        let person = person.map(|id| id.to_string());
        Self::Read {
            caller: caller.clone(),
            query,
            params: serde_json::json!({ "operator": person }),
            answer: Bytes::new(),
            correlation: None,
        }
    }
}

/// A refused request.
pub(crate) struct Refusal {
    /// The bearer, if the token was accepted.
    pub(crate) caller: Option<Caller>,
    /// The reason, such as `expired` or `officer.not_assigned`; none where a role is missing.
    pub(crate) reason: Option<String>,
    /// The route, such as `/v1/commands/{name}`.
    pub(crate) route: String,
    /// The path of the request. Only ids of it are written.
    pub(crate) path: String,
    /// The body of a command that a rule refuses. Only ids of it are written.
    pub(crate) body: Bytes,
    /// The client's `X-Correlation-ID`.
    pub(crate) correlation: Option<HeaderValue>,
}

impl Entry {
    /// The bytes of the answer or the body that the entry keeps in memory.
    pub(super) fn bytes(&self) -> usize {
        match &self.kind {
            EntryKind::Read { answer, .. } => answer.len(),
            EntryKind::Refused(refusal) => refusal.body.len(),
            EntryKind::SignedIn(_)
            | EntryKind::SignedOut(_)
            | EntryKind::PasswordRefused { .. }
            | EntryKind::PasswordChosen { .. }
            | EntryKind::AccountChanged { .. }
            | EntryKind::SessionKeyReplaced { .. } => 0,
        }
    }
}
