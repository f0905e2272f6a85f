//! What the commands service keeps resident once it holds the states of many people, each with a year of
//! events. What projectors and the gateway keep is measured where they work (`rebuild`, `queries`).

use std::sync::Arc;

use async_nats::Client;
use jejak_rig::broker::Sync;

use crate::{
    bed::{Bed, peak_mib, resident_mib},
    fault::Fault,
    figure::{Figure, Target::AtMost},
    give::give_again,
    history::Depth,
    load::{self, Worker},
    people::{FIRST_YEAR, People, date},
    scale::{MANY, Scale},
};

/// Gives everyone a command, once.
struct Toucher {
    client: Client,
    people: Arc<People>,
}

impl Worker for Toucher {
    async fn once(&mut self, person: usize) -> Result<(), Fault> {
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

pub(super) async fn run(scale: &Scale, figures: &mut Vec<Figure>) -> Result<(), Fault> {
    let bed = Bed::new(Sync::Lazy, scale.cached, Depth::Years(1)).await?;
    let commands = bed.commands().await?;
    let empty = resident_mib(&commands)?;
    let client = bed.client().await;
    let people = Arc::new(bed.people.clone());
    let touchers = (0..MANY).map(|_| Toucher {
        client: client.clone(),
        people: people.clone(),
    });
    let taken = load::run(touchers.collect(), scale.cached).await?;
    let held = resident_mib(&commands)?;
    let name = format!("commands, {} people cached", scale.cached);
    figures.push(Figure::new("memory", name, "MiB", &[held]).target(AtMost(300.0)));
    figures.push(Figure::new(
        "memory",
        "commands, most",
        "MiB",
        &[peak_mib(&commands)?],
    ));
    figures.push(Figure::new(
        "memory",
        "commands, nobody cached, all keys",
        "MiB",
        &[empty],
    ));
    let each = (held - empty) * 1_024.0 / scale.cached as f64;
    figures.push(Figure::new(
        "memory",
        "commands, each person",
        "KiB",
        &[each],
    ));
    figures.push(Figure::new(
        "memory",
        "cold commands, 64 in flight, sync lazy",
        "/s",
        &[taken.rate()],
    ));
    Ok(())
}
