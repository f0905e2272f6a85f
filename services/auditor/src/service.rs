//! The service: starts and ends what follows the log, and what answers.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_nats::Client;
use jejak_bus::{
    BrokerConfig, query_subject,
    serve::{RegisterError, serve},
    tile::AUDIT,
    wait_for_broker, wait_for_log,
};
use jejak_events::ids::TenantId;
use jejak_journal::{Journal, JournalError};
use tokio::{task::JoinError, time::sleep};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    answer,
    desk::Desk,
    follow::{Follower, Stop},
    note,
    tree::{self, Founding, Grower, Tree, TreeError},
    whole::Whole,
};

/// The name it connects under; inboxes begin with it.
const NAME: &str = "jejak-auditor";
/// Requests in hand at once.
const AT_ONCE: usize = 64;
/// How long until what the disk refused is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What the auditor needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker.
    pub broker: BrokerConfig,
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

/// Runs the auditor until told to stop; what it has followed by then is signed, if the broker still says that it may
/// be. Otherwise it is followed again at the next start.
///
/// # Errors
/// See [`AuditorError`]. A broker that is down is waited for, and so is a disk that is full. A tree that is
/// damaged, and a log that is not what was signed, are said in the health and in the log; nothing more is signed
/// then, and what was signed of this office's log is still served. What was signed of another's is not: it is not
/// for this one's auditors.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), AuditorError> {
    let (client, journal) = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        opened = open_log(&config) => opened?,
    };
    let desk = Arc::new(Desk::new());
    show_signed(&config, &desk).await?;
    let founding = founding(&config, &journal);
    let opened = startable(
        open_tree(&founding)
            .await
            .map_err(|_| AuditorError::Ended)?,
    )?;
    let ending = shutdown.child_token();
    let following = tokio::spawn(follow(
        desk.clone(),
        journal,
        founding,
        opened,
        ending.clone(),
    ));
    let answered = answer_all(&config, &client, desk, ending.clone()).await;
    ending.cancel();
    following.await.map_err(|_| AuditorError::Ended)?;
    answered
}

async fn open_log(config: &Config) -> Result<(Client, Journal), JournalError> {
    let client = wait_for_broker(&config.broker, NAME).await;
    let journal = wait_for_log(|| Journal::open(client.clone(), &config.tenant)).await?;
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

fn founding(config: &Config, journal: &Journal) -> Founding {
    Founding {
        folder: config.tree.clone(),
        key_file: config.key_file.clone(),
        public_key_file: config.public_key_file.clone(),
        origin: note::origin(&config.tenant),
        incarnation: journal.incarnation().to_owned(),
    }
}

type Opened = Result<(Grower, Tree), TreeError>;

/// The tree, or why nothing can be added to it.
async fn open_tree(founding: &Founding) -> Result<Opened, JoinError> {
    let founding = founding.clone();
    let open = move || {
        let grower = Grower::open(&founding)?;
        let tree = Tree::open(&founding.folder, grower.public_key())?;
        Ok((grower, tree))
    };
    tokio::task::spawn_blocking(open).await
}

/// Faults of the machine at the start end the auditor, but for a full disk; it may be started again when they
/// are mended.
fn startable(opened: Opened) -> Result<Opened, TreeError> {
    match opened {
        Err(error @ (TreeError::InUse(_) | TreeError::Random(_))) => Err(error),
        Err(error @ TreeError::Io { .. }) if !error.is_no_room() => Err(error),
        opened => Ok(opened),
    }
}

/// Follows and signs, until told to end or until nothing may be signed any more. After what passes by itself the
/// tree is opened again, as after a crash: it goes on from what was signed last, so that no size is signed twice.
async fn follow(
    desk: Arc<Desk>,
    journal: Journal,
    founding: Founding,
    mut opened: Opened,
    ending: CancellationToken,
) {
    let mut whole = None;
    loop {
        let ended = match opened {
            Ok((grower, tree)) => {
                let whole =
                    whole.get_or_insert_with(|| compare_whole(&desk, &journal, &founding, &grower));
                match Follower::new(&desk, journal.clone(), grower, &tree) {
                    Ok(follower) => follower.run(&ending, whole).await,
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        };
        match ended {
            Ok(()) => return,
            Err(stop) if stop.passes() => desk.pause(&stop.to_string()),
            Err(stop) => return desk.stop(stop.to_string()),
        }
        tokio::select! {
            () = ending.cancelled() => return,
            () = sleep(PAUSE) => {}
        }
        opened = match open_tree(&founding).await {
            Ok(opened) => opened,
            Err(fault) => return desk.stop(Stop::from(fault).to_string()),
        };
    }
}

fn compare_whole(
    desk: &Arc<Desk>,
    journal: &Journal,
    founding: &Founding,
    grower: &Grower,
) -> AbortOnDropHandle<Stop> {
    let whole = Whole {
        desk: desk.clone(),
        journal: journal.clone(),
        folder: founding.folder.clone(),
        key: grower.public_key().clone(),
    };
    AbortOnDropHandle::new(tokio::spawn(whole.watch()))
}

async fn answer_all(
    config: &Config,
    client: &Client,
    desk: Arc<Desk>,
    ending: CancellationToken,
) -> Result<(), AuditorError> {
    let folder = Arc::new(config.tree.clone());
    let subject = query_subject(&config.tenant, AUDIT, "*");
    let answer = |request| answer::answer(desk.clone(), folder.clone(), request);
    Ok(serve(client, NAME, &subject, AT_ONCE, ending, answer).await?)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_full_disk_is_waited_for_and_a_folder_that_is_not_ours_is_not() {
        let io = |kind: ErrorKind| startable(Err(TreeError::io("tree")(kind.into())));
        for kind in [
            ErrorKind::StorageFull,
            ErrorKind::QuotaExceeded,
            ErrorKind::FileTooLarge,
        ] {
            let Ok(Err(error)) = io(kind) else {
                panic!("{kind} ends the auditor")
            };
            assert!(Stop::from(error).passes(), "{kind}");
        }
        assert!(io(ErrorKind::PermissionDenied).is_err());
        assert!(startable(Err(TreeError::InUse("tree".into()))).is_err());
        let damaged = startable(Err(TreeError::damaged("tree", "x")));
        let Ok(Err(error)) = damaged else {
            panic!("what was signed is not served any more")
        };
        assert!(!Stop::from(error).passes());
    }
}
