//! The commands service: decides commands on loaded state and appends what follows, guarded. Any
//! number of replicas. Rules are not here (jejak-events), nor is the log's protocol (jejak-journal).

mod decide;
mod news;
mod replay;
mod request;
mod states;
mod turns;

use std::{pin::pin, sync::Arc, time::Duration};

use jejak_bus::{
    BrokerConfig, CommandAnswer, Problem, RequestProblem,
    health::CommandsHealth,
    serve::{RegisterError, Reply, serve},
    wait_for_broker, wait_for_log,
};
use jejak_events::{
    Event, RecordedEvent, envelope,
    ids::{OperatorId, StreamId, TenantId},
    operator::{self, identity},
    personal::{Key, Owner},
    secret::TenantKey,
};
use jejak_journal::{EventFilter, Journal, JournalError, Keyring, StoredEvent};
use tokio_util::sync::CancellationToken;

use crate::{decide::Decider, states::States};

/// Requests answered at once.
const AT_ONCE: usize = 256;
/// A command that is not decided by then is answered `log.unavailable`.
const DEADLINE: Duration = Duration::from_millis(4_500);
/// Events taken in at once from the log. Commands wait meanwhile.
const BATCH: usize = 32;
/// How long to wait before asking a broker again that does not answer.
const PAUSE: Duration = Duration::from_millis(250);

/// What the service needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker.
    pub broker: BrokerConfig,
    /// Whose log.
    pub tenant: TenantId,
    /// The key pseudonyms, digests and data keys hang on.
    pub tenant_key: TenantKey,
    /// Where "today" is a date (rule 38).
    pub time_zone: chrono_tz::Tz,
    /// How many people's states are kept in memory.
    pub cache_capacity: usize,
}

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum CommandsError {
    /// The log is not what it should be.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses the registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// An event of the log cannot be read.
    #[error("the event at position {position} cannot be read: {source}")]
    Decode {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        source: jejak_events::envelope::DecodeError,
    },
}

/// Runs the service until told to stop; what is in hand then is finished first.
///
/// # Errors
/// See [`CommandsError`]. A broker that is merely down is waited for.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), CommandsError> {
    let client = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        client = wait_for_broker(&config.broker, "jejak-commands") => client,
    };
    let journal = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        journal = wait_for_log(|| Journal::open(client.clone(), &config.tenant)) => journal?,
    };
    let keyring = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        keyring = wait_for_log(|| Keyring::open_all(&journal, config.tenant_key.clone())) => keyring?,
    };
    let states = Arc::new(States::new(
        journal.clone(),
        keyring.clone(),
        config.cache_capacity,
    ));
    let decider = Decider::new(journal.clone(), keyring.clone(), states.clone(), &config);
    let decider = Arc::new(decider);

    let subject = jejak_bus::command_subject(&config.tenant, "*");
    let answering = serve(
        &client,
        "jejak-commands",
        &subject,
        AT_ONCE,
        shutdown.clone(),
        |request| {
            let (decider, journal) = (decider.clone(), journal.clone());
            async move {
                match request::command_name(&request.message.subject) {
                    "health" => health(&journal).await.into(),
                    name => answer(&decider, name, &request.message).await,
                }
            }
        },
    );
    tokio::select! {
        answered = answering => Ok(answered?),
        ended = follow(&journal, &states) => ended,
        ended = forget(&journal, &decider, &keyring) => ended,
    }
}

/// Keeps packages and calendars current. Ends only when the log is not what it was.
async fn follow(journal: &Journal, states: &States) -> Result<(), CommandsError> {
    let mut follow = journal.subscribe(0, EventFilter::Kinds(vec!["package", "calendar"]));
    loop {
        for stored in follow.next_batch(BATCH).await? {
            through_outages(|| states.take_in(&stored)).await?;
        }
    }
}

/// Forgets whoever is erased, by this replica or another. An erasure that ended between its event and the
/// destruction of the key is finished here, at the next start of any replica.
async fn forget(
    journal: &Journal,
    decider: &Decider,
    keyring: &Keyring,
) -> Result<(), CommandsError> {
    let mut follow = journal.subscribe(0, EventFilter::Topic("operator", "identity"));
    loop {
        for stored in follow.next_batch(BATCH).await? {
            let Some(operator_id) = erased(&stored)? else {
                continue;
            };
            let owner = Owner::Operator(operator_id);
            if keyring.get(&owner) != Some(Key::Destroyed) {
                through_outages(|| async { Ok(keyring.destroy(&owner).await?) }).await?;
            }
            decider.forget(operator_id).await;
        }
    }
}

fn erased(stored: &StoredEvent) -> Result<Option<OperatorId>, CommandsError> {
    let recorded = decode(stored)?;
    Ok(match (recorded.envelope.stream, recorded.event) {
        (
            StreamId::Operator(id),
            Event::Operator(operator::Event::Identity(identity::Event::Erased(_))),
        ) => Some(id),
        _ => None,
    })
}

/// The event as it is stored, its personal part sealed.
fn decode(stored: &StoredEvent) -> Result<RecordedEvent, CommandsError> {
    let decoded = envelope::decode(stored.position, &stored.payload);
    decoded.map_err(|source| CommandsError::Decode {
        position: stored.position,
        source,
    })
}

/// Tries until the broker answers.
async fn through_outages<F>(mut attempt: impl FnMut() -> F) -> Result<(), CommandsError>
where
    F: Future<Output = Result<(), CommandsError>>,
{
    loop {
        match attempt().await {
            Err(CommandsError::Journal(JournalError::Unavailable(reason))) => {
                tracing::debug!(%reason, "the broker does not answer, trying again");
                tokio::time::sleep(PAUSE).await;
            }
            ended => return ended,
        }
    }
}

async fn answer(decider: &Decider, name: &str, message: &async_nats::Message) -> Reply {
    let began = std::time::Instant::now();
    let outcome = match request::read(name, message) {
        Ok(request) => {
            // Pinned where it is: moved into a timeout, all the room it has is copied.
            let execution = pin!(decider.execute(&request));
            match tokio::time::timeout(DEADLINE, execution).await {
                Ok(outcome) => outcome,
                Err(_) => Err(RequestProblem::LogUnavailable { retry_after_s: 1 }.into()),
            }
        }
        Err(problem) => Err(problem),
    };
    let command = jejak_events::Command::static_name(name).unwrap_or("unknown");
    let result = match &outcome {
        Ok((answer, _)) if answer.replayed => "replayed",
        Ok(_) => "accepted",
        Err(Problem::Rejected(_)) => "refused",
        Err(Problem::Request(_)) => "failed",
    };
    metrics::counter!("jejak_commands_total", "command" => command, "result" => result)
        .increment(1);
    metrics::histogram!("jejak_command_seconds", "command" => command).record(began.elapsed());
    match outcome {
        Ok((answer, later)) => {
            let bytes = written(&answer).unwrap_or_else(|error| fault(&error).to_reply());
            match later {
                Some((news, turn)) => Reply::then(bytes, || {
                    news.remember();
                    drop(turn);
                }),
                None => bytes.into(),
            }
        }
        Err(problem) => problem.to_reply().into(),
    }
}

fn written(answer: &CommandAnswer) -> Result<Vec<u8>, serde_json::Error> {
    let events: usize = answer.events.iter().map(|event| event.get().len()).sum();
    let mut bytes = Vec::with_capacity(events + 256);
    serde_json::to_writer(&mut bytes, answer)?;
    Ok(bytes)
}

async fn health(journal: &Journal) -> Vec<u8> {
    let problem = journal
        .check_incarnation()
        .await
        .err()
        .map(|error| error.to_string());
    serde_json::to_vec(&CommandsHealth { problem }).unwrap_or_else(|error| fault(&error).to_reply())
}

/// A fault of ours.
pub(crate) fn fault(error: &dyn std::fmt::Display) -> Problem {
    RequestProblem::fault("a command", error).into()
}
