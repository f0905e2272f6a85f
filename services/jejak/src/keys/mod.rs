//! `jejak keys`: replaces a key. `data` keeps the files, and each key has a page in
//! docs/operating/keys.

mod stopped;
mod tenant;

use std::{path::PathBuf, time::Duration};

use clap::Subcommand;
use jejak_auditor::rotation::{RotateInput, rotate};
use jejak_events::ids::TenantId;

use crate::{
    args::{OfficeArgs, overlap},
    data::DataFolder,
    security_log,
    terminal::{CliError, say},
};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Replace a key.
    Rotate {
        #[command(subcommand)]
        key: RotatedKey,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RotatedKey {
    /// Replace the key that signs the tree. Stop the auditor first.
    ///
    /// The old public key still verifies the history up to now. Both keys sign the checkpoint that
    /// names the new one.
    Log {
        /// The data folder.
        #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
        data: PathBuf,
        /// The name of the office in subjects and streams.
        #[arg(long, env = "JEJAK_TENANT", default_value = "pontianak")]
        tenant: TenantId,
    },
    /// Replace the key that signs tokens, as `jejak token rotate` does.
    Token {
        /// The data folder.
        #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
        data: PathBuf,
        /// The time for which tokens of the old key are accepted: a number with s, m, h or d.
        #[arg(long, env = "JEJAK_OVERLAP", default_value = "24h", value_parser = overlap)]
        overlap: Duration,
    },
    /// Replace the key that wraps data keys. Stop the office first; the broker may run.
    ///
    /// Every data key is wrapped anew, and what the old key wrapped is overwritten at the broker. A
    /// rotation that was cut short goes on.
    Tenant {
        #[command(flatten)]
        office: OfficeArgs,
    },
}

/// Replaces a key.
pub(crate) async fn run(command: KeysCommand) -> Result<(), CliError> {
    let KeysCommand::Rotate { key } = command;
    match key {
        RotatedKey::Log { data, tenant } => rotate_log(&DataFolder::existing(&data)?, &tenant),
        RotatedKey::Token { data, overlap } => rotate_token(&DataFolder::existing(&data)?, overlap),
        RotatedKey::Tenant { office } => tenant::rotate(&office).await,
    }
}

/// Replaces the key that signs tokens.
pub(crate) fn rotate_token(folder: &DataFolder, overlap: Duration) -> Result<(), CliError> {
    let id = folder.rotate_token_key(overlap)?;
    say(&format!(
        "the key {id} signs tokens from now on; tokens of the old key are accepted for {} seconds",
        overlap.as_secs()
    ));
    security_log::note_key(folder, "token")
}

fn rotate_log(folder: &DataFolder, tenant: &TenantId) -> Result<(), CliError> {
    let rotation = rotate(&RotateInput {
        tenant,
        tree: &folder.tree(),
        key_file: &folder.log_key_file(),
        public_key_file: &folder.log_public_key_file(),
    })?;
    say(&format!(
        "the tree is signed by a new key from {} entries on; hand it to all who hold {}: {}",
        rotation.head.size,
        rotation.old.name(),
        rotation.new.text()
    ));
    say(&format!(
        "both keys signed {}, which names the new one",
        rotation.checkpoint.display()
    ));
    security_log::note_key(folder, "log")
}
