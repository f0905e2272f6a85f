//! The search for a `nats-server` of a sufficient version.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::BrokerStartError;

/// The oldest version with the guarantees that Jejak relies on.
const LEAST_VERSION: [u32; 3] = [2, 14, 4];

/// Finds a server: the one in `JEJAK_NATS_SERVER`, or the first sufficient one on PATH or in
/// `.tools/`. The search for `.tools/` begins at the current folder and at the binary, and goes up.
///
/// # Errors
/// [`BrokerStartError::Missing`], [`BrokerStartError::Unfit`].
pub async fn find() -> Result<PathBuf, BrokerStartError> {
    if let Some(named) = std::env::var_os("JEJAK_NATS_SERVER").map(PathBuf::from) {
        return if is_sufficient(&named).await {
            Ok(named)
        } else {
            Err(BrokerStartError::Unfit(named))
        };
    }
    let on_path =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let here = std::env::current_dir().ok();
    let binary = std::env::current_exe().ok();
    let above = here
        .iter()
        .chain(binary.iter())
        .flat_map(|path| path.ancestors());
    let tools = above.map(|folder| folder.join(".tools/nats-server"));
    let on_path = on_path
        .into_iter()
        .flatten()
        .map(|folder| folder.join("nats-server"));
    let candidates: Vec<PathBuf> = on_path.chain(tools).filter(|path| path.is_file()).collect();
    for candidate in candidates {
        if is_sufficient(&candidate).await {
            return Ok(candidate);
        }
    }
    Err(BrokerStartError::Missing)
}

async fn is_sufficient(binary: &Path) -> bool {
    version(binary)
        .await
        .is_some_and(|version| version >= LEAST_VERSION)
}

async fn version(binary: &Path) -> Option<[u32; 3]> {
    let output = Command::new(binary).arg("--version").output().await.ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<[u32; 3]> {
    let number = text.trim().rsplit('v').next()?.split(['-', '+']).next()?;
    let mut parts = number.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse_version("nats-server: v2.15.1\n"), Some([2, 15, 1]));
        assert!(parse_version("nats-server: v2.9.25").unwrap() < LEAST_VERSION);
        assert!(parse_version("nats-server: v2.14.4-RC.1").unwrap() >= LEAST_VERSION);
        assert_eq!(parse_version("something else"), None);
    }
}
