//! The projector: follows the log into the files of one view or several, and answers the views' questions over
//! NATS. What rows mean is not here (jejak-projections), nor is the log's protocol (jejak-journal).

mod answer;
mod desk;
mod files;
mod follow;
mod open;
mod readings;
mod rebuild;
mod trouble;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use async_nats::Client;
use futures_util::{StreamExt, stream::FuturesUnordered};
use jejak_bus::{
    BrokerConfig,
    serve::{RegisterError, serve},
    wait_for_broker, wait_for_log,
};
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::{Journal, JournalError, Keyring};
use jejak_projections::{ProjectionError, View};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::{desk::Desk, follow::Follower, open::Log, readings::Readings, rebuild::Rebuilder};

/// Requests of a view in hand at once; most of them wait for a position and cost nothing meanwhile.
const AT_ONCE: usize = 1_024;

/// What a projector needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker.
    pub broker: BrokerConfig,
    /// Whose log.
    pub tenant: TenantId,
    /// The key data keys are wrapped with.
    pub tenant_key: TenantKey,
    /// Where "today" is a date (rule 38).
    pub time_zone: chrono_tz::Tz,
    /// Where the views' files are.
    pub data_dir: PathBuf,
    /// Which views: those that stand close to each other share one pass of the log.
    pub views: Vec<String>,
}

/// Why the projector ended.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// There is no such view.
    #[error("there is no view {name}; there are {known}")]
    UnknownView {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The data folder cannot be used.
    #[error("cannot use the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        source: std::io::Error,
    },
    /// The view's file cannot be used.
    #[error(transparent)]
    Store(#[from] ProjectionError),
    /// The log is not what it should be.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses the registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A part of the projector ended by a fault of ours.
    #[error("the projector of {0} ended unexpectedly; its log says more")]
    Ended(&'static str),
}

/// Runs the projector until told to stop. What is applied by then is made durable; requests in hand
/// are answered. A view that ends by a fault ends the others.
///
/// # Errors
/// See [`ProjectorError`]. A broker that is down is waited for; a view that cannot go on says so in its
/// health and its answers, and stays.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), ProjectorError> {
    let view = |name: &String| jejak_projections::view(name).ok_or_else(|| unknown(name));
    let names: BTreeSet<_> = config.views.iter().collect();
    let views = names.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = views.first() else {
        return Ok(());
    };
    let folder = |source| ProjectorError::Folder {
        path: config.data_dir.clone(),
        source,
    };
    files::prepare(&config.data_dir).map_err(folder)?;
    let (client, log) = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        opened = open_log(&config, *first) => opened?,
    };
    let readings = Readings::new(log.clone(), &views);
    let desks: Vec<_> = views
        .iter()
        .map(|view| Arc::new(Desk::new(*view, config.time_zone)))
        .collect();
    // This projector's own end: told to stop, or a part of it has failed.
    let ending = shutdown.child_token();
    // Also where this is dropped: the views' threads would keep the runtime from ending.
    let _ends = ending.clone().drop_guard();
    let watching = tokio::spawn(watch_log(desks.clone(), log, ending.clone()));
    let run_view = |desk| run_view(&config, &client, &readings, desk, ending.clone());
    let mut running: FuturesUnordered<_> = desks.into_iter().map(run_view).collect();
    let mut outcome = Ok(());
    while let Some(ended) = running.next().await {
        if ended.is_err() {
            ending.cancel();
        }
        outcome = outcome.and(ended);
    }
    ending.cancel();
    outcome.and(
        watching
            .await
            .map_err(|_| ProjectorError::Ended(first.name())),
    )
}

/// Follows the log into the view's file, and answers the view's questions.
async fn run_view(
    config: &Config,
    client: &Client,
    readings: &Readings,
    desk: Arc<Desk>,
    ending: CancellationToken,
) -> Result<(), ProjectorError> {
    let view = desk.view;
    let mut follower = Follower::new(
        &config.data_dir,
        desk.clone(),
        readings.clone(),
        ending.clone(),
    );
    tokio::select! {
        () = ending.cancelled() => return Ok(()),
        started = follower.start() => started?,
    }
    let rebuilder = follower.rebuilder();
    let ends_all = ending.clone().drop_guard();
    let run_follower = follower.run();
    let following = tokio::task::spawn_blocking(move || {
        let _ends_all = ends_all;
        Handle::current().block_on(run_follower);
    });
    let answered = answer_all(config, client, desk, rebuilder, ending.clone()).await;
    ending.cancel();
    let followed = following.await;
    answered?;
    followed.map_err(|_| ProjectorError::Ended(view.name()))
}

/// Answers until told to end.
async fn answer_all(
    config: &Config,
    client: &Client,
    desk: Arc<Desk>,
    rebuilder: Arc<Rebuilder>,
    ending: CancellationToken,
) -> Result<(), ProjectorError> {
    let view = desk.view;
    // Behind an older version that still answers in another process, this one is built in silence.
    if files::older_in_use(&config.data_dir, view) {
        tracing::info!(
            view = view.name(),
            version = view.version(),
            "building beside an older version"
        );
        tokio::select! {
            () = ending.cancelled() => return Ok(()),
            () = desk.caught_up() => {}
        }
    }
    let name = format!("jejak-{}", view.name());
    let subject = jejak_bus::query_subject(&config.tenant, view.name(), "*");
    let answer = |request| answer::answer(desk.clone(), rebuilder.clone(), request);
    Ok(serve(client, &name, &subject, AT_ONCE, ending, answer).await?)
}

fn unknown(name: &str) -> ProjectorError {
    let known: Vec<_> = jejak_projections::VIEWS
        .iter()
        .map(|view| view.name())
        .collect();
    ProjectorError::UnknownView {
        name: name.to_owned(),
        known: known.join(", "),
    }
}

/// The log, over a connection that has the name of the first view.
async fn open_log(config: &Config, first: &dyn View) -> Result<(Client, Log), ProjectorError> {
    let name = format!("jejak-{}", first.name());
    let client = wait_for_broker(&config.broker, &name).await;
    let journal = wait_for_log(|| Journal::open(client.clone(), &config.tenant)).await?;
    let keyring = wait_for_log(|| Keyring::open_all(&journal, config.tenant_key.clone())).await?;
    Ok((client, Log { journal, keyring }))
}

/// Keeps an eye on how long the log is, so that health can say how far behind the views are.
async fn watch_log(desks: Vec<Arc<Desk>>, log: Log, shutdown: CancellationToken) {
    let mut beat = tokio::time::interval(Duration::from_secs(1));
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = beat.tick() => {}
        }
        // Without an answer the length known so far stands; the connection's own events are logged.
        if let Ok(position) = log.journal.last_position().await {
            desks.iter().for_each(|desk| desk.saw_log(position));
        }
    }
}
