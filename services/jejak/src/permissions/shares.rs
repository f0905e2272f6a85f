//! The subjects that accounts share: each is exported by one account and imported by others.
//!
//! An import is the one boundary that holds for the answer to a request, too. So an account imports
//! nothing that its identity must not do.

use jejak_bus::{command_subject, health::HEALTH, history, query_subject, tile::AUDIT};
use jejak_events::ids::TenantId;
use jejak_journal::JetStreamAccess;
use jejak_projections::VIEWS;

use super::subjects;
use crate::identity::{BrokerAccount, FeedName};

/// The broker forgets an answer in several messages after this long without one.
const ANSWERING: &str = "10s";
/// The same for a pull. What is delivered after it would be lost until the consumer repeats it, so
/// it is longer than the longest wait of a feed's consumer, one minute.
const PULLING: &str = "120s";

/// A subject of one account that others may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) subject: String,
    pub(super) kind: ShareKind,
    /// The account in which the subject is answered or published.
    pub(super) of: BrokerAccount,
    /// The names of the accounts that may use it, and no others.
    pub(super) with: Vec<String>,
}

/// The direction of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShareKind {
    /// Requests with one answer.
    Request,
    /// Requests with an answer in several messages.
    ManyAnswers,
    /// Requests of a pull consumer, which may wait for the next event.
    Pull,
    /// Messages as they are published.
    Live,
}

impl Share {
    /// Whether an account may use it.
    pub(super) fn is_for(&self, account: &str) -> bool {
        self.with.iter().any(|name| name == account)
    }

    /// The subject in the accounts that import it. A broker answers `$JS.API` in each account
    /// itself, so JetStream's subjects get another name.
    pub(super) fn local_subject(&self) -> String {
        match self.subject.strip_prefix(JetStreamAccess::Own.prefix()) {
            Some(request) => format!("{}{request}", JetStreamAccess::Imported.prefix()),
            None => self.subject.clone(),
        }
    }

    /// The entry in the exports of its account.
    pub(super) fn export(&self) -> String {
        let many_within = |time| format!(", response_type: stream, response_threshold: {time:?}");
        let (kind, more) = match self.kind {
            ShareKind::Request => ("service", String::new()),
            ShareKind::ManyAnswers => ("service", many_within(ANSWERING)),
            ShareKind::Pull => ("service", many_within(PULLING)),
            ShareKind::Live => ("stream", String::new()),
        };
        format!(
            "{{ {kind}: {:?}, accounts: [{}]{more} }}",
            self.subject,
            self.with.join(", ")
        )
    }

    /// The entry in the imports of another account.
    pub(super) fn import(&self) -> String {
        let kind = match self.kind {
            ShareKind::Request | ShareKind::ManyAnswers | ShareKind::Pull => "service",
            ShareKind::Live => "stream",
        };
        let local = self.local_subject();
        let to = match local == self.subject {
            true => String::new(),
            false => format!(", to: {local:?}"),
        };
        format!(
            "{{ {kind}: {{ account: {}, subject: {:?} }}{to} }}",
            self.of.name(),
            self.subject
        )
    }
}

/// The shares of an office with its own services.
pub(super) fn shares(tenant: &TenantId) -> Vec<Share> {
    use BrokerAccount::{Auditor, Gateway, History, Office};
    use ShareKind::{Live, ManyAnswers, Request};
    let share = |subject, kind, of, with: &[BrokerAccount]| Share {
        subject,
        kind,
        of,
        with: with
            .iter()
            .map(|account| account.name().to_owned())
            .collect(),
    };
    let reads = |subjects: Vec<String>, with: &[BrokerAccount]| -> Vec<Share> {
        let kind = |subject: &str| match subject.contains(".DIRECT.GET.") {
            true => ManyAnswers,
            false => Request,
        };
        subjects
            .into_iter()
            .map(|subject| share(subject.clone(), kind(&subject), Office, with))
            .collect()
    };
    let mut all = reads(subjects::read_log(tenant), &[Gateway, Auditor, History]);
    all.extend(reads(subjects::read_keys(tenant), &[History]));
    all.push(share(
        subjects::events(tenant),
        Live,
        Office,
        &[Gateway, Auditor, History],
    ));
    // A gateway lists accounts, reads and writes them, one value at a time. It cannot remove any.
    for subject in [
        subjects::list_accounts(tenant),
        subjects::read_account(tenant),
        subjects::accounts(tenant),
    ] {
        all.push(share(subject, Request, Office, &[Gateway]));
    }
    all.push(share(
        command_subject(tenant, "*"),
        Request,
        Office,
        &[Gateway],
    ));
    for view in VIEWS {
        let names = view.queries().iter().map(|handler| handler.query.name);
        for name in names.chain([HEALTH]) {
            let subject = query_subject(tenant, view.name(), name);
            let with: &[_] = match subject == subjects::owner_of_contract(tenant) {
                true => &[Gateway, History],
                false => &[Gateway],
            };
            all.push(share(subject, Request, Office, with));
        }
    }
    let of_views = VIEWS.iter().flat_map(|view| view.queries());
    let as_of = of_views.filter_map(|handler| handler.query.as_of);
    for name in history::QUERIES.into_iter().chain(as_of).chain([HEALTH]) {
        let subject = query_subject(tenant, history::NAME, name);
        all.push(share(subject, Request, History, &[Gateway]));
    }
    let subject = query_subject(tenant, history::NAME, history::AS_OF);
    all.push(share(subject, Request, History, &[Office]));
    all.push(share(
        query_subject(tenant, AUDIT, "*"),
        Request,
        Auditor,
        &[Gateway],
    ));
    for service in [Auditor, History] {
        all.push(share(
            subjects::DISCOVERY.to_owned(),
            ManyAnswers,
            service,
            &[Office],
        ));
    }
    all
}

/// The shares of a feed: the next events of its consumer, and their acknowledgements.
pub(super) fn feed_shares(tenant: &TenantId, feed: &FeedName) -> Vec<Share> {
    let share = |subject, kind| Share {
        subject,
        kind,
        of: BrokerAccount::Office,
        with: vec![feed.account()],
    };
    let consumer = feed.consumer();
    vec![
        share(subjects::next_of(tenant, &consumer), ShareKind::Pull),
        share(subjects::ack_of(tenant, &consumer), ShareKind::Request),
    ]
}
