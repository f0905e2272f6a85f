//! `jejak keys rotate tenant`: another key wraps the data keys of people and officers.

use jejak_journal::Keyring;

use super::stopped;
use crate::{
    args::OfficeArgs,
    data::DataFolder,
    security_log,
    terminal::{CliError, ProgressLine, say},
};

/// Draws a new wrapping key, wraps every data key under it, and forgets the old one.
pub(super) async fn rotate(office: &OfficeArgs) -> Result<(), CliError> {
    let folder = DataFolder::existing(&office.data)?;
    let _lock = folder.lock()?;
    stopped::with_log(office, &folder, async |journal| {
        // A file with another office's key is not changed.
        Keyring::open_all(&journal, folder.tenant_key()?).await?;
        // The file has both keys before the first data key is wrapped anew, so a rotation that is
        // cut short loses nothing.
        let tenant_key = folder.begin_tenant_rotation()?;
        let keyring = Keyring::open_all(&journal, tenant_key).await?;
        let mut progress = ProgressLine::new("wrapped");
        let wrapped = keyring.rewrap_all(|done, all| progress.say(done, all)).await;
        progress.end();
        let wrapped = wrapped?;
        folder.end_tenant_rotation()?;
        security_log::note_key(&folder, "tenant")?;
        say(&format!(
            "{wrapped} data keys are wrapped by a new key; copy keys/tenant.key to every service that opens data, and start the office"
        ));
        Ok(())
    })
    .await
}
