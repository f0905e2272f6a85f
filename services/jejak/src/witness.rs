//! Witnesses: the arguments that name those of an office, and `jejak witness`, which is one itself.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use jejak_auditor::{
    LogPublicKey, NoteError,
    cosignature::WitnessPublicKey,
    verify::{OlderCheckpoint, WitnessToCheck},
    witness::{self, Witness, WitnessConfig},
    witnesses::{RemoteWitness, WitnessUrl, Witnesses, read_checkpoints},
};
use tokio_util::sync::CancellationToken;

use crate::{
    terminal::{CliError, say},
    up,
};

/// The witnesses of an office.
#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    /// A folder that receives each signed checkpoint, such as a mounted share. It must exist.
    #[arg(long, env = "JEJAK_WITNESS_DIR", value_name = "DIR")]
    witness_dir: Option<PathBuf>,
    /// A witness that cosigns each checkpoint (C2SP tlog-witness): https, or http on this machine.
    /// Give the flag again for more, each with its --witness-key in the same order.
    #[arg(
        long,
        env = "JEJAK_WITNESS_URL",
        value_name = "URL",
        value_delimiter = ',',
        requires = "witness_key"
    )]
    witness_url: Vec<WitnessUrl>,
    /// The public key of a witness, or a file with it.
    #[arg(
        long,
        env = "JEJAK_WITNESS_KEY",
        value_name = "KEY",
        value_delimiter = ',',
        alias = "witness"
    )]
    witness_key: Vec<String>,
}

impl WitnessArgs {
    /// The places to which the auditor sends checkpoints.
    pub(crate) fn witnesses(&self) -> Result<Witnesses, CliError> {
        let keys = self.keys()?;
        if self.witness_url.len() != keys.len() {
            return Err(self.uneven());
        }
        let remote = self.witness_url.iter().cloned().zip(keys);
        Ok(Witnesses {
            folder: self.witness_dir.clone(),
            remote: remote
                .map(|(url, key)| RemoteWitness { url, key })
                .collect(),
        })
    }

    /// The witnesses that a verification asks, or whose kept cosignatures it checks.
    pub(crate) fn to_check(&self) -> Result<Vec<WitnessToCheck>, CliError> {
        let keys = self.keys()?;
        if ![0, keys.len()].contains(&self.witness_url.len()) {
            return Err(self.uneven());
        }
        let mut urls = self.witness_url.iter().cloned();
        let witnesses = keys.into_iter().map(|key| WitnessToCheck {
            key,
            url: urls.next(),
        });
        Ok(witnesses.collect())
    }

    /// The checkpoints that the tree must extend: those of `--since`, a file or a folder, and those of
    /// the witness folder.
    pub(crate) fn older(
        &self,
        since: Option<&Path>,
        key: &LogPublicKey,
    ) -> Result<Vec<OlderCheckpoint>, CliError> {
        let places = since.into_iter().chain(self.witness_dir.as_deref());
        let mut older = Vec::new();
        for place in places {
            if place.is_dir() {
                let found = read_checkpoints(place, key)?;
                if found.is_empty() {
                    let reason = format!("no checkpoint of {} is there", key.origin());
                    return Err(format!("{}: {reason}", place.display()).into());
                }
                older.extend(found);
            } else {
                let note =
                    fs::read(place).map_err(|error| format!("{}: {error}", place.display()))?;
                older.push((place.to_owned(), note));
            }
        }
        let older = older.into_iter().map(|(path, note)| OlderCheckpoint {
            name: path.display().to_string(),
            note,
        });
        Ok(older.collect())
    }

    fn keys(&self) -> Result<Vec<WitnessPublicKey>, CliError> {
        let mut keys: Vec<WitnessPublicKey> = Vec::new();
        for given in &self.witness_key {
            let key = read_key(given, WitnessPublicKey::parse)?;
            if keys.iter().any(|known| known.name() == key.name()) {
                return Err(format!("two witnesses have the name {}", key.name()).into());
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn uneven(&self) -> CliError {
        format!(
            "{} witnesses have an address, and {} a key; give --witness-key once for each --witness-url, in the same order",
            self.witness_url.len(),
            self.witness_key.len()
        )
        .into()
    }
}

/// Reads a public key, or the file that has it.
fn read_key<T, E: std::fmt::Display>(
    given: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, CliError> {
    let refused = match parse(given) {
        Ok(key) => return Ok(key),
        Err(error) => error,
    };
    match fs::read_to_string(given) {
        Ok(text) => parse(&text).map_err(|error| format!("{given}: {error}").into()),
        Err(error) => Err(format!("{given}: {refused}, and no file: {error}").into()),
    }
}

/// The arguments of `jejak witness`.
#[derive(Debug, Args)]
pub(crate) struct WitnessServerArgs {
    /// The address to listen on. Put a proxy with TLS before it for offices elsewhere.
    #[arg(long, env = "JEJAK_LISTEN", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The folder of its key and of the newest checkpoints. It is made at the first start.
    #[arg(long, env = "JEJAK_DIR", default_value = "./jejak-witness")]
    dir: PathBuf,
    /// The public key of a log, or a file with one key a line. Give the flag again for more logs, and
    /// for the new key of a log.
    #[arg(
        long,
        env = "JEJAK_LOG_KEY",
        value_name = "KEY",
        value_delimiter = ',',
        required = true
    )]
    log_key: Vec<String>,
    /// The name of the key that is made at the first start, such as witness.example/kota.
    #[arg(long, env = "JEJAK_NAME")]
    name: Option<String>,
}

/// Runs a witness until the stop.
pub(crate) async fn run(
    arguments: WitnessServerArgs,
    stop: CancellationToken,
) -> Result<(), CliError> {
    let mut logs = Vec::new();
    for given in &arguments.log_key {
        logs.extend(read_key(given, log_keys)?);
    }
    let config = WitnessConfig {
        folder: arguments.dir,
        logs,
        name: arguments.name,
    };
    let witness = Arc::new(Witness::open(&config)?);
    let listener = up::listen(arguments.listen).await?;
    say(&format!(
        "jejak witness ready at http://{}",
        listener.local_addr()?
    ));
    say(&format!("  its key: {}", witness.public_key().text()));
    witness::serve(witness, listener, stop).await;
    Ok(())
}

/// Parses the public keys of logs, one a line.
fn log_keys(text: &str) -> Result<Vec<LogPublicKey>, NoteError> {
    if text.trim().is_empty() {
        return Err(NoteError::PublicKey);
    }
    text.trim().lines().map(LogPublicKey::parse).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        witnesses: WitnessArgs,
    }

    const KEY: &str = "w+00000000+BA==";

    fn line(arguments: &[&str]) -> Result<WitnessArgs, clap::Error> {
        let parsed = Line::try_parse_from([&["jejak"], arguments].concat());
        parsed.map(|line| line.witnesses)
    }

    #[test]
    fn a_witness_needs_its_key_and_a_protected_address() {
        assert!(line(&["--witness-url", "https://w.example"]).is_err());
        let open = ["--witness-url", "http://w.example", "--witness-key", KEY];
        let error = line(&open).unwrap_err().to_string();
        assert!(error.contains("begins with https://"), "{error}");
        let wrong = line(&["--witness-url", "https://w.example", "--witness-key", KEY]);
        let error = wrong.unwrap().witnesses().unwrap_err().to_string();
        assert!(error.contains("not a public key of a witness"), "{error}");
    }

    #[test]
    fn a_file_may_hold_the_keys_of_several_logs() {
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(log_keys(key).unwrap().len(), 1);
        let two = format!("{key}\n{key}\n");
        assert_eq!(log_keys(&two).unwrap().len(), 2);
        for wrong in ["", "\n", "a", &format!("{two}a\n")] {
            assert!(log_keys(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_address_has_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let key = |name: &str| {
            let config = WitnessConfig {
                folder: dir.path().join(name),
                logs: vec![],
                name: Some(name.to_owned()),
            };
            Witness::open(&config).unwrap().public_key().text()
        };
        let (a, b) = (key("a"), key("b"));
        let (one, two) = ("https://a.example", "https://b.example");
        let uneven = line(&[
            "--witness-url",
            one,
            "--witness-key",
            &a,
            "--witness-key",
            &b,
        ]);
        let uneven = uneven.unwrap();
        for refused in [uneven.witnesses().err(), uneven.to_check().err()] {
            let error = refused.unwrap().to_string();
            assert!(
                error.contains("1 witnesses have an address, and 2 a key"),
                "{error}"
            );
        }
        let both = format!("{a},{b}");
        let urls = format!("{one},{two}");
        let even = line(&["--witness-url", &urls, "--witness-key", &both]).unwrap();
        let named: Vec<_> = even.witnesses().unwrap().remote.into_iter().collect();
        assert_eq!(named[1].url.to_string(), "https://b.example/");
        assert_eq!(named[1].key.text(), b);
        let file = dir.path().join("a/witness.vkey").display().to_string();
        let known = line(&["--witness", &file]).unwrap();
        let to_check = known.to_check().unwrap();
        assert!(to_check[0].key.text() == a && to_check[0].url.is_none());
        assert!(
            known.witnesses().is_err(),
            "the auditor has nowhere to send to"
        );
        let twice = line(&["--witness-key", &a, "--witness-key", &file]).unwrap();
        assert!(twice.to_check().is_err());
    }
}
