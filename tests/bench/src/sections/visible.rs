//! How long after a command's acknowledgement a view shows it, while commands come in at half the rate
//! that this office reaches at most. All four views follow; one is asked, as who reads his own write asks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::{Client, HeaderMap, Request};
use jejak_bus::{query_subject, request::MIN_POSITION};
use jejak_rig::{broker::Sync, office::VIEWS};
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::{
    bed::{Bed, tenant},
    fault::Fault,
    figure::{Figure, Target::AtMost, percentile},
    give::{OverNats, Ready, Stock, give},
    history::Depth,
    load::{self, milliseconds},
    people::FIRST_YEAR,
    scale::{MANY, Scale},
};

/// Every so many commands the view is asked.
const ASKED_EVERY: usize = 10;
/// Commands are sent this often, as many as are due.
const BEAT: Duration = Duration::from_millis(1);
/// No office here takes more in a second; it bounds what is prepared.
const FASTEST: usize = 20_000;

pub(super) async fn run(scale: &Scale, figures: &mut Vec<Figure>) -> Result<(), Fault> {
    let enough = scale.many * (scale.samples + 1);
    let most = (scale.watch_s * FASTEST / 2 * scale.samples).min(enough * scale.watch_s);
    let bed = Bed::new(Sync::Always, (enough + most).div_ceil(11) + MANY, Depth::Hired).await?;
    let client = bed.client().await;
    let _commands = bed.commands().await?;
    let mut projectors = Vec::new();
    for view in VIEWS {
        projectors.push(bed.rebuilt(view, bed.events).await?);
    }
    let stock = Stock::new(&bed);
    let first = stock.take(bed.people.count)?;
    load::run(OverNats::workers(&client, &first, MANY), first.len()).await?;
    let (mut peaks, mut p50, mut p99) = (vec![], vec![], vec![]);
    for _ in 0..scale.samples {
        let many = stock.take(scale.many)?;
        let peak = load::run(OverNats::workers(&client, &many, MANY), many.len()).await?.rate();
        let due = ((peak / 2.0) as usize * scale.watch_s).min(most / scale.samples);
        let commands = stock.take(due)?;
        // What came at the highest rate is not what is measured.
        let reached = bed.journal.last_position().await?;
        for view in VIEWS {
            bed.reach(&client, view, reached).await?;
        }
        let waited = watch(&bed, &client, &commands, peak / 2.0).await?;
        peaks.push(peak);
        p50.push(percentile(&waited, 50));
        p99.push(percentile(&waited, 99));
    }
    figures.push(Figure::new("visible", "commands at most, four views following", "/s", &peaks));
    figures.push(Figure::new("visible", "acknowledged to visible, at half of it", "ms p50", &p50));
    figures.push(
        Figure::new("visible", "acknowledged to visible, at half of it", "ms p99", &p99).target(AtMost(10.0)),
    );
    Ok(())
}

/// Gives the commands at a rate, however long each takes; how long each that was asked for was waited
/// for, in milliseconds.
async fn watch(bed: &Bed, client: &Client, commands: &Arc<Vec<Ready>>, rate: f64) -> Result<Vec<f64>, Fault> {
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let asker = bed.client().await;
    let mut running = JoinSet::new();
    let began = Instant::now();
    let mut sent = 0;
    while sent < commands.len() {
        beat.tick().await;
        let due = ((began.elapsed().as_secs_f64() * rate) as usize).min(commands.len());
        for nth in sent..due {
            let (client, asker, commands) = (client.clone(), asker.clone(), commands.clone());
            let operator = bed.people.id(commands[nth].person);
            running.spawn(async move {
                let Ready { id, body, .. } = &commands[nth];
                let position = give(&client, "submit-monthly-appraisal", id, body.clone()).await?;
                let acknowledged = Instant::now();
                if !nth.is_multiple_of(ASKED_EVERY) {
                    return Ok::<_, Fault>(None);
                }
                see(&asker, format!(r#"{{"operator_id":"{operator}","year":{FIRST_YEAR}}}"#), position)
                    .await?;
                Ok(Some(milliseconds(acknowledged.elapsed())))
            });
        }
        sent = due;
    }
    let mut waited = Vec::new();
    while let Some(done) = running.join_next().await {
        waited.extend(done??);
    }
    Ok(waited)
}

/// Asks the view for no less than a position.
async fn see(client: &Client, params: String, position: u64) -> Result<(), Fault> {
    let mut headers = HeaderMap::new();
    headers.insert(MIN_POSITION, position.to_string());
    let request = Request::new().headers(headers).payload(params.into());
    let reply = client.send_request(query_subject(&tenant(), "evaluations", "get"), request).await;
    let reply = reply.map_err(|error| Fault::unanswered("evaluations", error))?;
    if reply.payload.starts_with(b"{\"position\":") {
        Ok(())
    } else {
        Err(Fault::answer("evaluations", &reply.payload))
    }
}
