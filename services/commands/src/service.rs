//! The running service: it opens the log, answers requests, and follows the log beside them.

use std::{sync::Arc, time::Duration};

use jejak_bus::{
    CommandAnswer, Problem, RequestProblem, command_subject,
    health::{CommandsHealth, HEALTH},
    serve::{ServiceInfo, serve},
    wait_for_broker, wait_for_log,
};
use jejak_events::{Command, ids::TenantId};
use jejak_journal::{Journal, Keyring};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    decider::Decider,
    dry_run,
    error::{CommandsError, fault},
    follow,
    request::{self, Request},
    states::StateCache,
    unreadable::UnreadablePositions,
};

/// Most requests in hand.
const MAX_IN_HAND: usize = 256;
/// A command that is not decided within this time is answered `log.unavailable`.
const DEADLINE: Duration = Duration::from_millis(4_500);

/// Runs the service until `shutdown`; requests in hand are finished first.
///
/// # Errors
/// See [`CommandsError`]. An unreachable broker is no error: the service waits for it.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), CommandsError> {
    let client = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        client = wait_for_broker(&config.broker, "jejak-commands") => client,
    };
    let journal = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        journal = wait_for_log(|| config.broker.open_log(&client, &config.tenant)) => journal?,
    };
    let mut journal = journal.with_quarantine(config.quarantine.clone());
    if config.group_commit {
        journal = journal.with_group_commit();
    }
    let keyring = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        keyring = wait_for_log(|| Keyring::open_all(&journal, config.tenant_key.clone())) => keyring?,
    };
    let states = Arc::new(StateCache::new(
        journal.clone(),
        keyring.clone(),
        config.cache_capacity,
    ));
    let decider = Decider::new(journal.clone(), keyring.clone(), states.clone(), &config);
    let decider = Arc::new(decider);
    let unreadable = Arc::new(UnreadablePositions::default());
    let info = info(&config.tenant);
    let answering = serve(&client, &info, MAX_IN_HAND, shutdown.clone(), |request| {
        let (decider, journal) = (decider.clone(), journal.clone());
        let unreadable = unreadable.clone();
        async move {
            match request::command_name(&request.message.subject) {
                "health" => health(&journal, &unreadable).await,
                name => answer(&decider, &unreadable, name, &request.message).await,
            }
        }
    });
    tokio::select! {
        answered = answering => Ok(answered?),
        ended = follow::keep_current(&journal, &states, &unreadable) => ended,
        ended = follow::forget_erased(&journal, &decider, &keyring, &unreadable) => ended,
    }
}

/// The service as discovery shows it.
fn info(tenant: &TenantId) -> ServiceInfo {
    let names = Command::NAMES.iter().copied().chain([HEALTH]);
    ServiceInfo {
        name: "jejak-commands".to_owned(),
        description: "Decides commands by the rules and appends their events.".to_owned(),
        endpoint: "commands".to_owned(),
        subject: command_subject(tenant, "*"),
        answers: names.map(str::to_owned).collect(),
    }
}

async fn answer(
    decider: &Decider,
    unreadable: &UnreadablePositions,
    name: &str,
    message: &async_nats::Message,
) -> Vec<u8> {
    let began = std::time::Instant::now();
    let outcome = match (request::read(name, message), unreadable.problem()) {
        (Ok(_), Some(problem)) => Err(problem.into()),
        (Ok(request), None) => tokio::time::timeout(DEADLINE, decide(decider, &request))
            .await
            .unwrap_or_else(|_| Err(RequestProblem::LogUnavailable { retry_after_s: 1 }.into())),
        (Err(problem), _) => Err(problem),
    };
    let command = Command::static_name(name).unwrap_or("unknown");
    let result = match &outcome {
        Ok(answer) if answer.position.is_none() => "previewed",
        Ok(answer) if answer.replayed => "replayed",
        Ok(_) => "accepted",
        Err(Problem::Rejected(_)) => "refused",
        Err(Problem::Request(_)) => "failed",
    };
    metrics::counter!("jejak_commands_total", "command" => command, "result" => result)
        .increment(1);
    metrics::histogram!("jejak_command_seconds", "command" => command).record(began.elapsed());
    match outcome {
        Ok(answer) => to_reply(&answer),
        Err(problem) => problem.to_reply(),
    }
}

async fn decide(decider: &Decider, request: &Request) -> Result<CommandAnswer, Problem> {
    if request.is_dry_run {
        dry_run::decide(decider, request).await
    } else {
        decider.execute(request).await
    }
}

fn to_reply(answer: &CommandAnswer) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_else(|error| fault(&error).to_reply())
}

async fn health(journal: &Journal, unreadable: &UnreadablePositions) -> Vec<u8> {
    let checked = journal.check_incarnation().await;
    let problem = checked.err().or_else(|| unreadable.error());
    let problem = problem.map(|error| error.to_string());
    serde_json::to_vec(&CommandsHealth { problem }).unwrap_or_else(|error| fault(&error).to_reply())
}
