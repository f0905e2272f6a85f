//! `jejak audit who`: the person, the account or the service behind a pseudonym.

use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf};

use chrono::SecondsFormat;
use clap::Args;
use jejak_auditor::who::{EventSpan, KnownActor, KnownActors};
use jejak_events::{actor::ActorIdentity, ids::ActorId, text::visible};
use jejak_gateway::AccessFile;
use jejak_journal::Keyring;
use uuid::Uuid;

use crate::{
    args::OfficeArgs,
    identity::BrokerIdentity,
    security_log,
    terminal::{CliError, ProgressLine, say},
};

#[derive(Debug, Args)]
pub(crate) struct WhoArgs {
    /// The pseudonym of an event or of the access log: officer/<uuid>, operator/<uuid>, account/<uuid>,
    /// subject/<uuid>, account/<name> of an earlier version, or the UUID alone.
    #[arg(value_parser = pseudonym)]
    pseudonym: Pseudonym,
    #[command(flatten)]
    office: OfficeArgs,
    /// The file of the access log, instead of access.log in the data folder.
    #[arg(long, env = "JEJAK_ACCESS_LOG")]
    access_log: Option<PathBuf>,
}

/// A pseudonym that is looked for: whole, or its UUID alone.
#[derive(Debug, Clone)]
struct Pseudonym(String);

fn pseudonym(text: &str) -> Result<Pseudonym, String> {
    let is_uuid = |id: &str| id.parse::<Uuid>().is_ok();
    let is_subject = text.strip_prefix("subject/").is_some_and(is_uuid);
    if is_uuid(text) || is_subject || text.parse::<ActorId>().is_ok() {
        return Ok(Pseudonym(text.to_lowercase()));
    }
    Err("give officer/<uuid>, operator/<uuid>, account/<uuid> or subject/<uuid> as an event or the access log has it, or the UUID alone".to_owned())
}

impl Pseudonym {
    fn is(&self, whole: &str) -> bool {
        let id = whole.split_once('/').map(|(_, id)| id);
        self.0 == whole || id == Some(&self.0)
    }
}

/// Prints who is behind the pseudonym.
pub(super) async fn run(arguments: &WhoArgs) -> Result<(), CliError> {
    let wanted = &arguments.pseudonym;
    let config = arguments.office.config()?;
    let journal = config.open_log(BrokerIdentity::Admin).await?;
    let journal = journal.with_quarantine(config.folder.quarantine());
    let keyring = Keyring::open_all(&journal, config.folder.tenant_key()?).await?;
    let mut progress = ProgressLine::new("read");
    let known = KnownActors::read(&journal, &keyring, |at, last| progress.say(at, last)).await;
    progress.end();
    let known = known?;
    let own = || config.folder.access_log();
    let access = arguments.access_log.clone().unwrap_or_else(own);
    // Opening it would make a key, and readers have no pseudonyms without one.
    let access = match access.with_extension("key").exists() {
        true => Some(AccessFile::open(&access)?),
        false => None,
    };
    let reads_as = |actor: &KnownActor| {
        let log = access.as_ref()?;
        let mut pseudonyms = actor
            .subjects()
            .into_iter()
            .flat_map(|subject| log.pseudonyms(subject));
        pseudonyms.find(|pseudonym| wanted.is(pseudonym))
    };
    let mut answers = Vec::new();
    let mut people = BTreeSet::new();
    for (id, actor) in &known.actors {
        let reader = reads_as(actor);
        if !wanted.is(&id.to_string()) && reader.is_none() {
            continue;
        }
        if let ActorId::Operator(person) = id {
            people.insert(person.to_string());
        }
        if let Some(reader) = reader.filter(|reader| *reader != id.to_string()) {
            answers.push(format!("{reader} in the access log is {id} in events"));
        }
        answers.push(told(id, actor, known.first_named));
    }
    if !answers.is_empty() {
        security_log::note_audit(&config.folder, "who", &wanted.0, people)?;
        answers.iter().for_each(|answer| say(answer));
        return Ok(());
    }
    Err(format!(
        "no event and no assignment names {}; for a reader who gave no command, try his subject: `jejak audit access --reader SUBJECT`",
        wanted.0
    )
    .into())
}

/// All that the log says of an actor, without the last line break.
fn told(id: &ActorId, actor: &KnownActor, first_named: u64) -> String {
    let mut identities: Vec<_> = actor.identities.iter().collect();
    identities.sort_by_key(|(_, span)| span.first.0);
    let sealed = identities.iter().map(|(_, span)| **span);
    let others = actor.unnamed.into_iter().chain(actor.forged);
    let events: u64 = sealed.chain(others).map(|span| span.events).sum();
    let mut text = format!("{id}: {events} events");
    // Writing to a string never fails.
    for (identity, span) in identities {
        let _ = write!(text, "\n  {}: {}", named(identity), events_of(span));
    }
    for ((nip, name), position) in &actor.assigned {
        let (nip, name) = (nip.as_str(), visible(name));
        let _ = write!(
            text,
            "\n  subject {nip}, name {name}: assigned to a package at position {position}"
        );
    }
    if let Some(span) = &actor.unnamed {
        if let ActorId::NamedAccount(name) = id {
            let _ = write!(text, "\n  subject {name}");
        }
        let before = first_named.max(span.last.0 + 1);
        let _ = write!(
            text,
            "\n  unknown before position {before}: {}",
            events_of(span)
        );
    }
    if let Some(span) = &actor.forged {
        let _ = write!(
            text,
            "\n  not this actor, or altered; run `jejak audit verify`: {}",
            events_of(span)
        );
    }
    text
}

fn named(identity: &ActorIdentity) -> String {
    let name = identity.name.as_ref();
    let name = name.map_or_else(String::new, |name| {
        format!(", name {}", visible(name.as_str()))
    });
    let roles: Vec<_> = identity
        .roles
        .iter()
        .map(|role| format!("{role:?}").to_lowercase())
        .collect();
    format!(
        "subject {}{name}, role {}",
        visible(&identity.subject),
        roles.join(" and ")
    )
}

fn events_of(span: &EventSpan) -> String {
    let [(first, since), (last, until)] = [span.first, span.last];
    let [since, until] =
        [since, until].map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true));
    format!(
        "{} events, positions {first} to {last}, {since} to {until}",
        span.events
    )
}
