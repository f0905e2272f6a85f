//! The projector follows the log into the files of one or more views, and answers the views' queries over NATS.
//!
//! Rows and queries stand in jejak-projections, the protocol of the log in jejak-journal.

mod answer;
mod decode;
mod error;
mod fault;
mod file;
mod files;
mod follow;
mod passes;
mod rebuild;
mod served;
mod thread;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use async_nats::Client;
use futures_util::{StreamExt, future::try_join_all, stream::FuturesUnordered};
use jejak_bus::{
    BrokerConfig,
    health::HEALTH,
    serve::{ServiceInfo, serve},
    wait_for_broker, wait_for_log,
};
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::{Journal, Keyring, Quarantine};
use jejak_projections::View;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

pub use error::ProjectorError;

use crate::{
    decode::SealedLog, follow::Follower, passes::Passes, rebuild::Rebuilder, served::ServedView,
};

/// Requests of a view that are answered at once. Most of them wait for a position, which costs nothing.
const AT_ONCE: usize = 1_024;

/// The settings of a projector.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker of the log.
    pub broker: BrokerConfig,
    /// The tenant of the log.
    pub tenant: TenantId,
    /// The records of messages to pass over.
    pub quarantine: Option<Quarantine>,
    /// The key that wraps data keys.
    pub tenant_key: TenantKey,
    /// The time zone of the office, which makes today a date (rule 38).
    pub time_zone: chrono_tz::Tz,
    /// The folder of the views' files.
    pub data_dir: PathBuf,
    /// The names of the views. Views that are caught up together share one pass of the log.
    pub views: Vec<String>,
}

/// Runs the projector until told to stop. Then applied events are made durable, and requests in hand are
/// answered. A view that ends by a fault ends the others.
///
/// # Errors
/// See [`ProjectorError`]. The projector waits for a broker that is down. A view that cannot go on says so
/// in its health and its answers, and stays.
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
    // The projector's own end: it is told to stop, or a part of it has failed.
    let ending = shutdown.child_token();
    // Also where this future is dropped: the views' threads would keep the runtime from ending.
    let _ends = ending.clone().drop_guard();
    let started = tokio::select! {
        () = ending.cancelled() => return Ok(()),
        started = start(&config, &views, &ending) => started?,
    };
    let Started {
        client,
        journal,
        followers,
    } = started;
    let served = followers.iter().map(|(served, _)| served.clone()).collect();
    let watching = tokio::spawn(watch_log(served, journal, ending.clone()));
    let run_view =
        |(served, follower)| run_view(&config, &client, served, follower, ending.clone());
    let mut running: FuturesUnordered<_> = followers.into_iter().map(run_view).collect();
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

/// The views of a projector, with opened files.
struct Started {
    client: Client,
    journal: Journal,
    followers: Vec<(Arc<ServedView>, Follower)>,
}

/// Opens the log and every view's file, and lets them follow.
async fn start(
    config: &Config,
    views: &[&'static dyn View],
    ending: &CancellationToken,
) -> Result<Started, ProjectorError> {
    let (client, log) = open_log(config, views).await?;
    let journal = log.journal.clone();
    let passes = Passes::new(log, views, ending.clone());
    let follower = |view: &&'static dyn View| {
        let served = Arc::new(ServedView::new(*view, config.time_zone));
        let follower = Follower::new(
            &config.data_dir,
            served.clone(),
            passes.clone(),
            ending.clone(),
        );
        (served, follower)
    };
    let mut followers: Vec<_> = views.iter().map(follower).collect();
    // All files are opened before the first event is read, so that views near each other share a pass.
    let opened = try_join_all(followers.iter_mut().map(|(_, follower)| follower.start())).await?;
    let opened = followers.iter_mut().zip(opened);
    let mut opened: Vec<_> = opened
        .filter_map(|((_, follower), store)| Some((follower, store?)))
        .collect();
    let positions = opened.iter().map(|(_, store)| store.position());
    let positions = positions.collect::<Result<Vec<_>, _>>()?;
    let readers = passes.begin(&positions);
    for ((follower, store), (position, reader)) in
        opened.drain(..).zip(positions.into_iter().zip(readers))
    {
        follower.follow(store, position, reader);
    }
    Ok(Started {
        client,
        journal,
        followers,
    })
}

/// Follows the log into the view's file, and answers the view's queries.
async fn run_view(
    config: &Config,
    client: &Client,
    served: Arc<ServedView>,
    follower: Follower,
    ending: CancellationToken,
) -> Result<(), ProjectorError> {
    let view = served.view;
    let rebuilder = follower.rebuilder();
    let ends_all = ending.clone().drop_guard();
    let following = tokio::task::spawn_blocking(move || {
        let _ends_all = ends_all;
        Handle::current().block_on(follower.run());
    });
    let answered = answer_all(config, client, served, rebuilder, ending.clone()).await;
    ending.cancel();
    let followed = following.await;
    answered?;
    followed.map_err(|_| ProjectorError::Ended(view.name()))
}

/// Answers the queries of a view until told to end.
async fn answer_all(
    config: &Config,
    client: &Client,
    served: Arc<ServedView>,
    rebuilder: Arc<Rebuilder>,
    ending: CancellationToken,
) -> Result<(), ProjectorError> {
    let view = served.view;
    // An older version answers in another process until this one has caught up.
    if files::older_in_use(&config.data_dir, view) {
        tracing::info!(
            view = view.name(),
            version = view.version(),
            "building beside an older version"
        );
        tokio::select! {
            () = ending.cancelled() => return Ok(()),
            () = served.caught_up() => {}
        }
    }
    let info = info(&config.tenant, view);
    let answer = |request| answer::answer(served.clone(), rebuilder.clone(), request);
    Ok(serve(client, &info, AT_ONCE, ending, answer).await?)
}

/// The service of a view as discovery shows it.
fn info(tenant: &TenantId, view: &dyn View) -> ServiceInfo {
    let name = view.name();
    let queries = view.queries().iter().map(|handler| handler.query.name);
    ServiceInfo {
        name: format!("jejak-{name}"),
        description: format!("Answers queries of the view {name}, built from the log."),
        endpoint: name.to_owned(),
        subject: jejak_bus::query_subject(tenant, name, "*"),
        answers: queries.chain([HEALTH]).map(str::to_owned).collect(),
    }
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

/// Opens the log over a connection with the name of the first view.
async fn open_log(
    config: &Config,
    views: &[&'static dyn View],
) -> Result<(Client, SealedLog), ProjectorError> {
    let name = format!(
        "jejak-{}",
        views.first().map_or("projector", |view| view.name())
    );
    let client = wait_for_broker(&config.broker, &name).await;
    let journal = wait_for_log(|| config.broker.open_log(&client, &config.tenant)).await?;
    let journal = journal.with_quarantine(config.quarantine.clone());
    let keyring = wait_for_log(|| Keyring::open_all(&journal, config.tenant_key.clone())).await?;
    Ok((client, SealedLog { journal, keyring }))
}

/// The interval of questions for the length of the log. An idle office must cost next to nothing.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// Asks for the length of the log, so that health tells how far behind the views are.
async fn watch_log(served: Vec<Arc<ServedView>>, journal: Journal, ending: CancellationToken) {
    let mut beat = tokio::time::interval(WATCH_EVERY);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = ending.cancelled() => return,
            _ = beat.tick() => {}
        }
        // Without an answer the known length stands. The connection logs its own events.
        if let Ok(position) = journal.last_position().await {
            served.iter().for_each(|view| view.saw_log(position));
        }
    }
}
