//! The memory of the commands service with the states of many people cached, each with a year of
//! events.

use std::sync::Arc;

use async_nats::Client;
use jejak_rig::broker::SyncMode;

use crate::{
    bed::{TestBed, resident_mib},
    error::BenchError,
    figure::{Bar::AtMost, Figure},
    give::give_again,
    history::HistoryDepth,
    load::{self, Worker},
    people::{FIRST_YEAR, People, date},
    scale::{MANY, Scale},
};

/// Gives one command for each person.
struct ColdCommander {
    client: Client,
    people: Arc<People>,
}

impl Worker for ColdCommander {
    async fn once(&mut self, person: usize) -> Result<(), BenchError> {
        let absent = self.people.absent(person, date(FIRST_YEAR, 11, 3));
        let body = serde_json::to_vec(&absent)?.into();
        give_again(
            &self.client,
            absent.name(),
            &format!("touch-{person}"),
            body,
        )
        .await
    }
}

pub(super) async fn run(scale: &Scale) -> Result<Vec<Figure>, BenchError> {
    let bed = TestBed::new(SyncMode::Lazy, scale.cached, HistoryDepth::Year).await?;
    let commands = bed.commands().await?;
    let client = bed.client().await;
    let people = Arc::new(bed.people.clone());
    let touchers = (0..MANY).map(|_| ColdCommander {
        client: client.clone(),
        people: people.clone(),
    });
    load::run(touchers.collect(), scale.cached).await?;
    let held = resident_mib(&commands)?;
    Ok(vec![Figure::new(
        format!("{} people cached", scale.cached),
        "MiB",
        &[held],
        AtMost(200.0),
    )])
}
