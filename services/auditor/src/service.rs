//! The service: starts and ends what follows the log, and what answers.

use std::{path::PathBuf, sync::Arc};

use async_nats::Client;
use jejak_bus::{
    Broker, connect_patiently, patiently, query_subject,
    serve::{RegisterError, register, serve},
    tile::AUDIT,
};
use jejak_events::ids::TenantId;
use jejak_journal::{Journal, JournalError};
use tokio_util::sync::CancellationToken;

use crate::{
    answer,
    desk::Desk,
    follow::Follower,
    note,
    tree::{self, Founding, Grower, Tree, TreeError},
};

/// The name it connects under; inboxes begin with it.
const NAME: &str = "jejak-auditor";
/// Requests in hand at once.
const AT_ONCE: usize = 64;

/// What the auditor needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker.
    pub broker: Broker,
    /// Whose log.
    pub tenant: TenantId,
    /// The folder of the signed tree.
    pub tree: PathBuf,
    /// The file of the signing key, made where there is neither key nor tree.
    pub key_file: PathBuf,
    /// Where the public key is put.
    pub public_key_file: PathBuf,
}

/// Why the auditor ended.
#[derive(Debug, thiserror::Error)]
pub enum AuditorError {
    /// The tree's folder cannot be used.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The log is not what it should be.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses the registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A part of the auditor ended by a fault of ours.
    #[error("the auditor ended unexpectedly; its log says more")]
    Ended,
}

/// Runs the auditor until told to stop; what it has followed by then is signed.
///
/// # Errors
/// See [`AuditorError`]. A broker that is down is waited for. A tree that is damaged, and a log that is not
/// what was signed, are said in the health and in the log; nothing more is signed then, and what was signed
/// of this office's log is still served. What was signed of another's is not: it is not for this one's auditors.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), AuditorError> {
    let (client, journal) = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        opened = open_log(&config) => opened?,
    };
    let desk = Arc::new(Desk::new());
    show_signed(&config, &desk).await?;
    let opened = open_tree(&config, &journal).await?;
    let ending = shutdown.child_token();
    let following = tokio::spawn(follow(desk.clone(), journal, opened, ending.clone()));
    let answered = answer_all(&config, &client, desk, ending.clone()).await;
    ending.cancel();
    following.await.map_err(|_| AuditorError::Ended)?;
    answered
}

async fn open_log(config: &Config) -> Result<(Client, Journal), JournalError> {
    let client = connect_patiently(&config.broker, NAME).await;
    let journal = patiently(|| Journal::open(client.clone(), &config.tenant)).await?;
    Ok((client, journal))
}

/// Shows what was signed before it is known whether anything can be added to it.
async fn show_signed(config: &Config, desk: &Desk) -> Result<(), AuditorError> {
    let (folder, public_key_file) = (config.tree.clone(), config.public_key_file.clone());
    let opened = tokio::task::spawn_blocking(move || tree::signed(&folder, &public_key_file));
    match opened.await.map_err(|_| AuditorError::Ended)? {
        Ok(Some((tree, origin))) if origin == note::origin(&config.tenant) => {
            desk.signed(tree.checkpoint().to_vec(), tree.head().size);
        }
        Ok(_) => {}
        // Opening the tree to add to it says more.
        Err(error) => tracing::warn!(%error, "what was signed cannot be served"),
    }
    Ok(())
}

/// The tree, or why nothing can be added to it. Faults of the machine end the auditor; it may be started
/// again when they are mended.
async fn open_tree(
    config: &Config,
    journal: &Journal,
) -> Result<Result<(Grower, Tree), TreeError>, AuditorError> {
    let founding = Founding {
        folder: config.tree.clone(),
        key_file: config.key_file.clone(),
        public_key_file: config.public_key_file.clone(),
        origin: note::origin(&config.tenant),
        incarnation: journal.incarnation().to_owned(),
    };
    let opened = tokio::task::spawn_blocking(move || {
        let grower = Grower::open(&founding)?;
        let tree = Tree::open(&founding.folder, grower.public_key())?;
        Ok((grower, tree))
    });
    match opened.await.map_err(|_| AuditorError::Ended)? {
        Err(error @ (TreeError::Io { .. } | TreeError::InUse(_) | TreeError::Random(_))) => Err(error.into()),
        opened => Ok(opened),
    }
}

async fn follow(
    desk: Arc<Desk>,
    journal: Journal,
    opened: Result<(Grower, Tree), TreeError>,
    ending: CancellationToken,
) {
    let follower = opened.and_then(|(grower, tree)| Follower::new(&desk, journal, grower, &tree));
    match follower {
        Ok(follower) => follower.run(&ending).await,
        Err(error) => desk.stop(error.to_string()),
    }
}

async fn answer_all(
    config: &Config,
    client: &Client,
    desk: Arc<Desk>,
    ending: CancellationToken,
) -> Result<(), AuditorError> {
    let folder = Arc::new(config.tree.clone());
    let subject = query_subject(&config.tenant, AUDIT, "*");
    let (service, endpoint) = register(client, NAME, &subject).await?;
    serve(endpoint, AT_ONCE, ending, |request| answer::answer(desk.clone(), folder.clone(), request)).await;
    if let Err(error) = service.stop().await {
        tracing::warn!(%error, "the service could not be deregistered");
    }
    Ok(())
}
