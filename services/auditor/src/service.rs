//! The service: it starts and ends the follower, the full comparison and the answers.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_nats::Client;
use jejak_bus::{
    BrokerConfig,
    health::HEALTH,
    query_subject,
    serve::{RegisterError, ServiceInfo, serve},
    tile::AUDIT,
    wait_for_broker, wait_for_log,
};
use jejak_events::ids::TenantId;
use jejak_journal::{Journal, JournalError, Quarantine, RecordKey};
use tokio::{task::JoinError, time::sleep};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    answer::{self, TreeFiles},
    follow::{FollowError, TreeFollower},
    full_comparison::FullComparison,
    note, quarantine,
    status::SharedStatus,
    tree::{self, Tree, TreeConfig, TreeError, TreeWriter},
    witnesses::{Sending, Witnesses},
};

/// The connection name, which is also the prefix of its inboxes.
const NAME: &str = "jejak-auditor";
/// Requests that are answered concurrently.
const CONCURRENT_REQUESTS: usize = 64;
/// The pause before a failed step is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The configuration of the auditor.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker's address and the auditor's identity.
    pub broker: BrokerConfig,
    /// The office that owns the log.
    pub tenant: TenantId,
    /// The folder of the signed tree.
    pub tree: PathBuf,
    /// The file of the signing key. The auditor makes it if neither key nor tree exists.
    pub key_file: PathBuf,
    /// The file that receives the public key.
    pub public_key_file: PathBuf,
    /// The places to which each checkpoint is sent.
    pub witnesses: Witnesses,
}

/// The reason why the auditor ended.
#[derive(Debug, thiserror::Error)]
pub enum AuditorError {
    /// The tree's folder cannot be used.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The log cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses the registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A task of the auditor panicked.
    #[error("the auditor ended unexpectedly; its log says more")]
    Ended,
}

/// Runs the auditor until the shutdown. It then signs the events it has followed, if
/// the broker still confirms them.
///
/// It waits for a broker that is down and for a full disk. A damaged tree and a diverged log show
/// in the health and in the log; nothing more is signed then, and the signed tree is still served.
/// A tree of another office is not served.
///
/// # Errors
/// See [`AuditorError`].
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), AuditorError> {
    let (client, journal) = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        opened = open_log(&config) => opened?,
    };
    let status = Arc::new(SharedStatus::new());
    show_signed_tree(&config, &status).await?;
    let tree_config = tree_config(&config, &journal);
    let records = quarantine::folder(&config.tree);
    let key = RecordKey::File(config.public_key_file.clone());
    let journal = journal.with_quarantine(Quarantine::new(records, key));
    let opened = open_tree(&tree_config)
        .await
        .map_err(|_| AuditorError::Ended)?;
    let opened = end_on_machine_fault(opened)?;
    let ending = shutdown.child_token();
    let following = tokio::spawn(follow(
        status.clone(),
        journal,
        tree_config,
        config.witnesses.clone(),
        opened,
        ending.clone(),
    ));
    let answered = answer_requests(&config, &client, status, ending.clone()).await;
    ending.cancel();
    following.await.map_err(|_| AuditorError::Ended)?;
    answered
}

async fn open_log(config: &Config) -> Result<(Client, Journal), JournalError> {
    let client = wait_for_broker(&config.broker, NAME).await;
    let journal = wait_for_log(|| config.broker.open_log(&client, &config.tenant)).await?;
    Ok((client, journal))
}

/// Serves the signed tree before it is known whether entries can be added.
async fn show_signed_tree(config: &Config, status: &SharedStatus) -> Result<(), AuditorError> {
    let (folder, public_key_file) = (config.tree.clone(), config.public_key_file.clone());
    let opened = tokio::task::spawn_blocking(move || tree::signed(&folder, &public_key_file));
    match opened.await.map_err(|_| AuditorError::Ended)? {
        Ok(Some((tree, origin))) if origin == note::origin(&config.tenant) => {
            status.signed(tree.checkpoint().to_vec(), tree.head().size);
        }
        Ok(_) => {}
        // Opening the tree for writing reports the same fault in more detail.
        Err(error) => tracing::warn!(%error, "the signed tree cannot be served"),
    }
    Ok(())
}

fn tree_config(config: &Config, journal: &Journal) -> TreeConfig {
    TreeConfig {
        folder: config.tree.clone(),
        key_file: config.key_file.clone(),
        public_key_file: config.public_key_file.clone(),
        origin: note::origin(&config.tenant),
        incarnation: journal.incarnation().to_owned(),
    }
}

type TreeResult = Result<(TreeWriter, Tree), TreeError>;

/// Opens the tree on a thread that may block.
async fn open_tree(config: &TreeConfig) -> Result<TreeResult, JoinError> {
    let config = config.clone();
    let open = move || {
        let writer = TreeWriter::open(&config)?;
        let tree = Tree::open(&config.folder, writer.public_key())?;
        Ok((writer, tree))
    };
    tokio::task::spawn_blocking(open).await
}

/// Ends the auditor on a fault of the machine, apart from a full disk. An operator mends
/// it and starts it again.
fn end_on_machine_fault(opened: TreeResult) -> Result<TreeResult, TreeError> {
    match opened {
        Err(error @ (TreeError::InUse(_) | TreeError::Random(_))) => Err(error),
        Err(error @ TreeError::Io { .. }) if !error.is_no_room() => Err(error),
        opened => Ok(opened),
    }
}

/// Follows and signs until the shutdown, or until nothing may be signed any more.
///
/// After a fault that passes it opens the tree again, as after a crash. It then goes on from the
/// last checkpoint, so no size is signed twice.
async fn follow(
    status: Arc<SharedStatus>,
    journal: Journal,
    tree_config: TreeConfig,
    witnesses: Witnesses,
    mut opened: TreeResult,
    ending: CancellationToken,
) {
    let (mut comparison, mut sending) = (None, None);
    loop {
        let ended = match opened {
            Ok((writer, tree)) => {
                let comparison = comparison.get_or_insert_with(|| {
                    start_comparison(&status, &journal, &tree_config, &writer)
                });
                let sending = match &mut sending {
                    Some(sending) => sending,
                    none => {
                        let (tree, key) = (&tree_config.folder, writer.public_key());
                        none.insert(Sending::start(&witnesses, &status, tree, key).await)
                    }
                };
                match TreeFollower::new(&status, journal.clone(), writer, &tree) {
                    Ok(follower) => tokio::select! {
                        biased;
                        proof = sending.proof() => Err(FollowError::proof(proof)),
                        ended = follower.run(&ending, comparison) => ended,
                    },
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        };
        match ended {
            Ok(()) => {
                if let Some(sending) = sending {
                    sending.finish(&status).await;
                }
                return;
            }
            Err(error) if error.may_pass() => status.pause(&error.to_string()),
            Err(error) => return status.stop(error.to_string()),
        }
        tokio::select! {
            () = ending.cancelled() => return,
            () = sleep(RETRY_AFTER) => {}
        }
        opened = match open_tree(&tree_config).await {
            Ok(opened) => opened,
            Err(panic) => return status.stop(FollowError::from(panic).to_string()),
        };
    }
}

fn start_comparison(
    status: &Arc<SharedStatus>,
    journal: &Journal,
    tree_config: &TreeConfig,
    writer: &TreeWriter,
) -> AbortOnDropHandle<FollowError> {
    let comparison = FullComparison {
        status: status.clone(),
        journal: journal.clone(),
        folder: tree_config.folder.clone(),
        key: writer.public_key().clone(),
    };
    AbortOnDropHandle::new(tokio::spawn(comparison.run()))
}

async fn answer_requests(
    config: &Config,
    client: &Client,
    status: Arc<SharedStatus>,
    ending: CancellationToken,
) -> Result<(), AuditorError> {
    let files = Arc::new(TreeFiles {
        folder: config.tree.clone(),
        public_key_file: config.public_key_file.clone(),
    });
    let info = ServiceInfo {
        name: NAME.to_owned(),
        description: "The signed tree of the log: checkpoints, tiles and proofs (C2SP tlog-tiles)."
            .to_owned(),
        endpoint: "tree".to_owned(),
        subject: query_subject(&config.tenant, AUDIT, "*"),
        answers: ["checkpoint", "tile", "proof", HEALTH]
            .map(str::to_owned)
            .into(),
    };
    let answer = |request| answer::answer(status.clone(), files.clone(), request);
    Ok(serve(client, &info, CONCURRENT_REQUESTS, ending, answer).await?)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_full_disk_is_waited_for_and_a_forbidden_folder_is_not() {
        let io = |kind: ErrorKind| end_on_machine_fault(Err(TreeError::io("tree")(kind.into())));
        for kind in [
            ErrorKind::StorageFull,
            ErrorKind::QuotaExceeded,
            ErrorKind::FileTooLarge,
        ] {
            let Ok(Err(error)) = io(kind) else {
                panic!("{kind} ends the auditor")
            };
            assert!(FollowError::from(error).may_pass(), "{kind}");
        }
        assert!(io(ErrorKind::PermissionDenied).is_err());
        assert!(end_on_machine_fault(Err(TreeError::InUse("tree".into()))).is_err());
        let damaged = end_on_machine_fault(Err(TreeError::damaged("tree", "x")));
        let Ok(Err(error)) = damaged else {
            panic!("the signed tree is not served any more")
        };
        assert!(!FollowError::from(error).may_pass());
    }
}
