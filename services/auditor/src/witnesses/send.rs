//! The tasks that send each signed checkpoint. They take the newest one each time, so a slow witness
//! makes none of them wait.

use std::{
    future::pending,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{
    sync::oneshot,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    RemoteWitness, SubmitError, Witnesses, client,
    folder::{CheckpointFolder, PutError},
    kept::{keep, kept},
    submit,
};
use crate::{
    note::{LogPublicKey, unchecked_size},
    status::{SharedStatus, WitnessNews},
};

/// The least time between two checkpoints to one witness.
const EVERY: Duration = Duration::from_secs(1);
/// A tree that does not grow is sent again after this time: its cosignature shall not grow old.
const RENEW: Duration = Duration::from_secs(3_600);
/// The pause after the first failure. It doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A folder that takes longer is reported, and waited for.
const FOLDER_PATIENCE: Duration = Duration::from_secs(30);
/// The auditor waits so long for its first look at the folder: an older copy of the tree shall sign nothing.
const FIRST_LOOK: Duration = Duration::from_secs(2);
/// At its end the auditor waits so long until the last checkpoint is sent.
const LAST_SENT: Duration = Duration::from_secs(2);
/// The name of the folder in the health.
const FOLDER: &str = "folder";

/// The running tasks. Dropping them ends them.
pub(crate) struct Sending {
    folder: Option<AbortOnDropHandle<String>>,
    _remote: JoinSet<()>,
}

impl Sending {
    /// Starts a task for each witness, and waits a moment for the first look at the folder.
    pub(crate) async fn start(
        witnesses: &Witnesses,
        status: &Arc<SharedStatus>,
        tree: &Path,
        key: &LogPublicKey,
    ) -> Self {
        let folder = witnesses.folder.as_ref().map(|folder| {
            let folder = CheckpointFolder {
                folder: folder.clone(),
                tree: tree.to_owned(),
                key: key.clone(),
                put: None,
            };
            AbortOnDropHandle::new(tokio::spawn(fill(folder, status.clone())))
        });
        let mut remote = JoinSet::new();
        for witness in &witnesses.remote {
            let sender = RemoteSender {
                witness: witness.clone(),
                status: status.clone(),
                tree: tree.to_owned(),
                key: key.clone(),
            };
            remote.spawn(sender.run());
        }
        if folder.is_some() && timeout(FIRST_LOOK, status.heard_of(FOLDER)).await.is_err() {
            tracing::warn!(
                "the folder of checkpoints does not answer; the auditor begins without it"
            );
        }
        Self {
            folder,
            _remote: remote,
        }
    }

    /// Waits a moment until the last checkpoint is sent. Otherwise it is sent at the next start.
    pub(crate) async fn finish(self, status: &SharedStatus) {
        if timeout(LAST_SENT, status.all_sent()).await.is_err() {
            tracing::warn!("a witness does not have the last checkpoint yet");
        }
    }

    /// Waits for the proof that the tree is not the one that was signed. Without a folder it never
    /// comes.
    pub(crate) async fn proof(&mut self) -> Result<String, JoinError> {
        match &mut self.folder {
            Some(folder) => folder.await,
            None => pending().await,
        }
    }
}

/// Puts each checkpoint into the folder, until the folder proves that the tree is another one.
async fn fill(mut folder: CheckpointFolder, status: Arc<SharedStatus>) -> String {
    let mut pause = FIRST_PAUSE;
    loop {
        // A share that is gone may hold up a call for ever, so no thread of the runtime waits for it.
        let (done, mut put) = oneshot::channel();
        let work = move || {
            let result = folder.put();
            // Nobody waits any more where the auditor has ended.
            let _ = done.send((folder, result));
        };
        if let Err(error) = thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(work)
        {
            return format!("no thread for the folder of checkpoints: {error}");
        }
        let put = loop {
            match timeout(FOLDER_PATIENCE, &mut put).await {
                Ok(put) => break put,
                Err(_) => {
                    let reason = "it does not answer".to_owned();
                    status.witness(FOLDER, WitnessNews::Away(reason));
                }
            }
        };
        let Ok((returned, result)) = put else {
            return "the thread of the folder of checkpoints panicked; this is a fault of Jejak"
                .to_owned();
        };
        folder = returned;
        match result {
            Ok(size) => {
                pause = FIRST_PAUSE;
                status.witness(FOLDER, WitnessNews::Has(size));
                sleep(EVERY).await;
                status.signed_beyond(size).await;
            }
            Err(error @ PutError::Contradicts { .. }) => {
                let reason = error.to_string();
                status.witness(FOLDER, WitnessNews::Contradicts(reason.clone()));
                return reason;
            }
            Err(PutError::Away(reason)) => {
                status.witness(FOLDER, WitnessNews::Away(reason));
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Sends the checkpoints of one tree to one witness.
struct RemoteSender {
    witness: RemoteWitness,
    status: Arc<SharedStatus>,
    tree: PathBuf,
    key: LogPublicKey,
}

impl RemoteSender {
    async fn run(self) {
        let name = self.witness.key.name();
        let client = match client() {
            Ok(client) => client,
            Err(error) => {
                let reason = format!("no client for it: {error}");
                return self.status.witness(name, WitnessNews::Away(reason));
            }
        };
        let mut known = self.known();
        let mut pause = FIRST_PAUSE;
        loop {
            let sent = submit(&client, &self.witness, &self.tree, &self.key, known).await;
            let sent = sent.and_then(|sent| {
                keep(&self.tree, &self.witness.key, &sent.note)?;
                Ok(sent)
            });
            let news = match sent {
                Ok(sent) => {
                    (known, pause) = (sent.head.size, FIRST_PAUSE);
                    self.cosigned(&sent.note);
                    self.status.witness(name, WitnessNews::Has(known));
                    sleep(EVERY).await;
                    tokio::select! {
                        () = self.status.signed_beyond(known) => {}
                        () = sleep(RENEW) => {}
                    }
                    continue;
                }
                Err(SubmitError::Away(reason)) => WitnessNews::Away(reason),
                Err(SubmitError::Contradicts(reason)) => WitnessNews::Contradicts(reason),
            };
            self.status.witness(name, news);
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The size that the witness cosigned last, by the copy beside the tree. A wrong one costs a
    /// request: the witness names its own.
    fn known(&self) -> u64 {
        let Ok(Some(note)) = kept(&self.tree, &self.witness.key) else {
            return 0;
        };
        self.cosigned(&note);
        unchecked_size(&note).unwrap_or(0)
    }

    /// Shows a valid cosignature with the checkpoint.
    fn cosigned(&self, note: &[u8]) {
        if let (Ok(found), Some(text)) = (self.witness.key.find(note), crate::note::text(note)) {
            let name = self.witness.key.name();
            self.status.cosigned(name, text, found.line);
        }
    }
}
