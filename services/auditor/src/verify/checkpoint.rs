//! The checkpoint of the tree, and the tree against checkpoints that are kept elsewhere.

use chrono::DateTime;

use super::{
    check::CheckResult,
    input::{VerifyInput, WitnessToCheck},
};
use crate::{
    cosignature::WitnessPublicKey,
    growth,
    witnesses::{RemoteWitness, SubmitError, client, kept, submit},
};

/// The line of an office whose growth nothing elsewhere vouches for.
const NOT_COMPARED: &str = "not compared with a checkpoint kept elsewhere, so an older copy of the whole folder would pass too; \
     keep checkpoints elsewhere and name them with --since, or name a witness with --witness-key (docs/operating/audit.md, Witnesses)";

/// The line of an office whose growth only its own folder vouches for.
const COMPARED_WITHIN: &str = "compared only with what lies in the same folder, so an older copy of the whole folder would pass too; \
     let a witness be asked with --witness-url, or name checkpoints kept elsewhere with --since or --witness-dir (docs/operating/audit.md, Witnesses)";

/// Reports the checkpoint. Opening the tree has checked its signature.
pub(super) fn checkpoint(input: &VerifyInput) -> CheckResult {
    let head = input.tree.head();
    let successor = input.tree.successor().map_or_else(String::new, |key| {
        format!(
            ", whose last checkpoint it is; it names {} as the key from then on",
            key.text()
        )
    });
    let checked = format!(
        "{} entries, root {}, signed by {}{successor}",
        head.size,
        head.root,
        input.key.name()
    );
    CheckResult::new("checkpoint", Ok(checked))
}

/// Compares the tree with older checkpoints, if some were given.
fn since(input: &VerifyInput) -> Option<CheckResult> {
    let mut newest = 0;
    for older in &input.since {
        match growth::check(&input.tree, &input.key, &older.note) {
            Ok(head) => newest = newest.max(head.size),
            Err(error) => {
                let fault = format!("{}: {error}", older.name);
                return Some(CheckResult::new("since", Err(fault)));
            }
        }
    }
    let extends = match input.since.len() {
        0 => return None,
        1 => format!("the tree extends the checkpoint of {newest} entries"),
        several => {
            format!("the tree extends {several} checkpoints, the newest of {newest} entries")
        }
    };
    Some(CheckResult::new("since", Ok(extends)))
}

/// Compares the tree with everything that is kept elsewhere. Where that is nothing, one line says so. A cosignature
/// beside the tree is not elsewhere: it comes back with the folder.
pub(super) async fn growth(input: &VerifyInput) -> Vec<CheckResult> {
    let mut checks: Vec<_> = since(input).into_iter().collect();
    let mut is_compared = !checks.is_empty();
    for witness in &input.witnesses {
        let name = format!("witness {}", witness.key.name());
        let checked = compare(input, witness).await;
        // A failure has its own line, which says more.
        is_compared |= !matches!(checked, Ok(WitnessWord::Kept(_)));
        checks.push(CheckResult::new(name, checked.map(WitnessWord::line)));
    }
    if checks.is_empty() {
        checks.push(CheckResult::skipped("growth", NOT_COMPARED));
    } else if !is_compared {
        checks.push(CheckResult::skipped("growth", COMPARED_WITHIN));
    }
    checks
}

/// What a witness says of the tree.
enum WitnessWord {
    /// It was asked, elsewhere.
    Asked(String),
    /// Its cosignature lies beside the tree.
    Kept(String),
}

impl WitnessWord {
    fn line(self) -> String {
        match self {
            Self::Asked(line) | Self::Kept(line) => line,
        }
    }
}

/// Asks a witness that has an address. Without one, or while it is away, the cosignature beside the
/// tree counts.
async fn compare(input: &VerifyInput, witness: &WitnessToCheck) -> Result<WitnessWord, String> {
    let kept = |why: &str| {
        let kept = kept_cosignature(input, &witness.key)?;
        Ok(WitnessWord::Kept(format!(
            "{kept}; it was not asked: {why}"
        )))
    };
    let Some(url) = &witness.url else {
        return kept("its address is not given");
    };
    if input.tree.successor().is_some() {
        return kept("the newer key signs the tree now");
    }
    let remote = RemoteWitness {
        url: url.clone(),
        key: witness.key.clone(),
    };
    let client = client().map_err(|error| format!("no client for it: {error}"))?;
    match submit(&client, &remote, input.tree.folder(), &input.key, 0).await {
        Ok(submitted) => Ok(WitnessWord::Asked(format!(
            "asked now, it cosigned {} entries at {}",
            submitted.head.size,
            time(submitted.time)
        ))),
        Err(SubmitError::Contradicts(reason)) => Err(reason),
        Err(SubmitError::Away(reason)) => kept(&reason),
    }
}

/// Checks the newest cosignature of a witness in the tree's folder, and that the tree extends it.
fn kept_cosignature(input: &VerifyInput, witness: &WitnessPublicKey) -> Result<String, String> {
    let kept = kept(input.tree.folder(), witness).map_err(|error| error.to_string())?;
    let shown = input.tree.checkpoint().to_vec();
    let since = input.since.iter().map(|older| older.note.clone());
    let notes = kept.into_iter().chain([shown]).chain(since);
    let mut newest = None;
    for note in notes {
        // A note without its cosignature is another one's.
        let Ok(cosignature) = witness.find(&note) else {
            continue;
        };
        let head = growth::check(&input.tree, &input.key, &note);
        let head = head.map_err(|error| error.to_string())?;
        newest = newest.max(Some((head.size, cosignature.time)));
    }
    let (size, at) = newest.ok_or_else(|| {
        format!(
            "no checkpoint of this tree has a valid cosignature of {}",
            witness.text()
        )
    })?;
    let later = match input.tree.head().size - size {
        0 => String::new(),
        later => format!(", and the tree extends them by {later}"),
    };
    Ok(format!("it cosigned {size} entries at {}{later}", time(at)))
}

/// A time of a cosignature for people, in UTC.
fn time(seconds: u64) -> String {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    time.map_or_else(
        || format!("{seconds} seconds after 1970"),
        |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}
