//! `jejak feed`: lets another service follow events of one topic.
//!
//! A feed is an NKey seed in the data folder, a broker account for it, and a durable consumer of the
//! log. `permissions` says what the account imports; the service's own client is not part of Jejak.

mod admission;
mod consumer;
mod office;

use clap::Subcommand;
use jejak_events::{envelope::TYPE_PREFIX, schema};
use jejak_gateway::AccessEvent;
use jejak_journal::topic_filter;

use crate::{
    args::OfficeArgs,
    data::DataFolder,
    identity::FeedName,
    permissions, security_log,
    terminal::{CliError, say},
};
use admission::Admission;

#[derive(Debug, Subcommand)]
pub(crate) enum FeedCommand {
    /// Add a feed: an identity at the broker, an account for it, and a durable consumer.
    ///
    /// A running `jejak up` admits it at once. The same command again completes one that was cut
    /// short.
    Add {
        /// The name of the other service: a-z, 0-9 and -, for example payroll.
        name: FeedName,
        /// The topic of the events.
        #[arg(long, env = "JEJAK_TOPIC", default_value = "contract", value_parser = topic)]
        topic: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// List the feeds: name, filter, acknowledged position and pending events.
    List {
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Remove a feed with its identity, its account and its consumer.
    Remove {
        /// The name of the feed.
        name: FeedName,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

/// The streams that a feed may follow. Not `nik`: its subjects have the digests of NIKs, and its events the ids of the
/// people.
const FOLLOWED: [&str; 3] = ["package", "operator", "calendar"];

/// The topics of all events, each with the kind of its stream.
fn topics() -> Vec<(String, String)> {
    let types = schema::types();
    let mut topics: Vec<_> = types
        .iter()
        .filter_map(|name| {
            let mut tokens = name.strip_prefix(TYPE_PREFIX)?.split('.');
            let (kind, topic) = (tokens.next()?, tokens.next()?);
            Some((topic.to_owned(), kind.to_owned()))
        })
        .collect();
    topics.sort();
    topics.dedup();
    topics
}

/// Accepts the topics of events.
fn topic(text: &str) -> Result<String, String> {
    let (followed, kept): (Vec<_>, Vec<_>) = topics()
        .into_iter()
        .partition(|(_, kind)| FOLLOWED.contains(&kind.as_str()));
    let is_in = |topics: &[(String, String)]| topics.iter().any(|(known, _)| known == text);
    if is_in(&followed) {
        return Ok(text.to_owned());
    }
    let fault = match is_in(&kept) {
        true => "no feed follows this topic: it links people with digests of their NIKs",
        false => "no event has this topic",
    };
    let known: Vec<_> = followed.into_iter().map(|(topic, _)| topic).collect();
    Err(format!("{fault}; choose one of {}", known.join(", ")))
}

/// Adds, lists or removes feeds.
pub(crate) async fn run(command: FeedCommand) -> Result<(), CliError> {
    match command {
        FeedCommand::Add {
            name,
            topic,
            office,
        } => add(&office, &name, &topic).await,
        FeedCommand::List { office } => list(&office).await,
        FeedCommand::Remove { name, office } => remove(&office, &name).await,
    }
}

async fn add(office: &OfficeArgs, name: &FeedName, topic: &str) -> Result<(), CliError> {
    let folder = DataFolder::existing(&office.data)?;
    let topics = topics();
    let known = topics.iter().find(|(known, _)| known == topic);
    let (_, kind) = known.ok_or_else(|| format!("no event has the topic {topic}"))?;
    let filter = topic_filter(&office.tenant, kind, topic);
    check_account(&folder, name)?;
    office::with_log(office, &folder, async |config, journal| {
        consumer::make(&journal, name, &filter).await?;
        let is_new = !folder.feeds()?.contains(name);
        folder.make_feed_seed(name)?;
        permissions::write_authorization(&folder, &config.tenant)?;
        let admission = Admission::new(config, folder.feed_seed(name)?, name);
        if is_new {
            note(&folder, name, Some(&filter))?;
        }
        let is_admitted = admission.wait(&folder).await?;
        say(&format!("the feed {name} follows {filter}"));
        say(&format!(
            "  its seed: {}",
            folder.feed_seed_file(name).display()
        ));
        say(&format!("  the broker: {}", config.nats));
        say(&format!(
            "  it asks for events at {} and acknowledges them at their reply subject",
            admission.subject()
        ));
        if !is_admitted {
            say_reload(&folder);
        }
        Ok(())
    })
    .await
}

/// Two feeds never share an account, so a name must differ from others by more than its hyphens.
fn check_account(folder: &DataFolder, name: &FeedName) -> Result<(), CliError> {
    let mut others = folder.feeds()?.into_iter();
    match others.find(|other| other != name && other.account() == name.account()) {
        Some(other) => Err(format!(
            "the feed {other} has the account {} already",
            name.account()
        )
        .into()),
        None => Ok(()),
    }
}

/// Adds the line of a feed to the access log.
fn note(folder: &DataFolder, name: &FeedName, follows: Option<&str>) -> Result<(), CliError> {
    security_log::note(folder, |_, by| AccessEvent::FeedChanged {
        by,
        feed: name.to_string(),
        follows: follows.map(str::to_owned),
    })
}

/// The next step at a broker that this folder does not run.
fn say_reload(folder: &DataFolder) {
    say(&format!(
        "  put {} in place and reload the broker twice; until then it knows the feeds of before",
        folder.broker().join("authorization.conf").display()
    ));
}

async fn list(office: &OfficeArgs) -> Result<(), CliError> {
    let folder = DataFolder::existing(&office.data)?;
    let feeds = folder.feeds()?;
    if feeds.is_empty() {
        say("there is no feed; `jejak feed add NAME` adds one");
        return Ok(());
    }
    office::with_log(office, &folder, async |_, journal| {
        for name in feeds {
            match consumer::find(&journal, &name).await? {
                Some(found) => say(&format!(
                    "{name}  {}  acknowledged {}  pending {}",
                    found.filter, found.acknowledged, found.pending
                )),
                None => say(&format!(
                    "{name}  has no consumer; repeat `jejak feed add {name}` with its topic"
                )),
            }
        }
        Ok(())
    })
    .await
}

async fn remove(office: &OfficeArgs, name: &FeedName) -> Result<(), CliError> {
    let folder = DataFolder::existing(&office.data)?;
    office::with_log(office, &folder, async |config, journal| {
        let is_known = folder.feeds()?.contains(name);
        if !is_known && consumer::find(&journal, name).await?.is_none() {
            return Err(format!("there is no feed {name}; `jejak feed list` names them").into());
        }
        // The identity ends first: a removal that is cut short leaves a consumer that nobody may use.
        let mut is_refused = true;
        if is_known {
            let admission = Admission::new(config, folder.feed_seed(name)?, name);
            folder.remove_feed_seed(name)?;
            permissions::write_authorization(&folder, &config.tenant)?;
            is_refused = admission.wait_for_end(&folder).await?;
        }
        consumer::delete(&journal, name).await?;
        note(&folder, name, None)?;
        say(&format!("the feed {name} is removed"));
        if !is_refused {
            say_reload(&folder);
        }
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_belongs_to_one_kind_of_stream() {
        let topics = topics();
        let kind = |wanted: &str| {
            let of = topics.iter().filter(|(topic, _)| topic == wanted);
            of.map(|(_, kind)| kind.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(kind("contract"), ["operator"]);
        assert_eq!(kind("holiday"), ["calendar"]);
        let mut names: Vec<_> = topics.iter().map(|(topic, _)| topic).collect();
        names.dedup();
        assert_eq!(names.len(), topics.len(), "{topics:?}");
    }

    /// Goal: no other service learns who has which digest of a NIK.
    #[test]
    fn a_feed_follows_no_claim_of_a_nik() {
        let refused = topic("claim").unwrap_err();
        assert!(refused.contains("digests of their NIKs"), "{refused}");
        assert!(!refused.contains("claim,"), "{refused}");
        for (name, kind) in topics() {
            assert_eq!(topic(&name).is_ok(), kind != "nik", "{name}");
        }
        assert!(topic("x").unwrap_err().contains("no event has this topic"));
    }
}
