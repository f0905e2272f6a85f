//! How long after a command's acknowledgement a view shows it, while commands come in at half the rate
//! that this office reaches at most. All four views follow, in one process as `jejak up` runs them; one is asked, as
//! who reads his own write asks. Beside how long after it the broker hands the event to a consumer that does nothing
//! with it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::{Client, HeaderMap, Request, jetstream::consumer::pull};
use jejak_bus::{query_subject, request::MIN_POSITION};
use jejak_journal::log_name;
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
    raw::{arrive, consumer},
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
    let bed = Bed::new(
        Sync::Always,
        (enough + most).div_ceil(11) + MANY,
        Depth::Hired,
    )
    .await?;
    let client = bed.client().await;
    let _commands = bed.commands().await?;
    let _projector = bed.rebuilt(&VIEWS, bed.events).await?;
    let stock = Stock::new(&bed);
    let first = stock.take(bed.people.count)?;
    load::run(OverNats::workers(&client, &first, MANY), first.len()).await?;
    let (mut peaks, mut seen, mut bare) = (vec![], Delays::default(), Delays::default());
    for _ in 0..scale.samples {
        let many = stock.take(scale.many)?;
        let peak = load::run(OverNats::workers(&client, &many, MANY), many.len())
            .await?
            .rate();
        let due = ((peak / 2.0) as usize * scale.watch_s).min(most / scale.samples);
        let commands = stock.take(due)?;
        // What came at the highest rate is not what is measured.
        let reached = bed.journal.last_position().await?;
        for view in VIEWS {
            bed.reach(&client, view, reached).await?;
        }
        let messages = consumer(&bed.client().await, &log_name(&tenant()), reached).await?;
        // Each command is one event.
        let arriving = tokio::spawn(arrivals(messages, commands.len()));
        let asked = watch(&bed, &client, &commands, peak / 2.0).await?;
        let arrived = arriving.await??;
        peaks.push(peak);
        seen.add(
            asked
                .iter()
                .map(|asked| milliseconds(asked.seen.duration_since(asked.acknowledged))),
        );
        bare.add(asked.iter().map(|asked| {
            let arrived = arrived[(asked.position - reached - 1) as usize];
            // The acknowledgement may be the later one.
            milliseconds(arrived.saturating_duration_since(asked.acknowledged))
        }));
    }
    figures.push(Figure::new(
        "visible",
        "commands at most, four views following",
        "/s",
        &peaks,
    ));
    let visible = |unit: &'static str, seen: &[f64], bare: &[f64]| {
        Figure::new(
            "visible",
            "acknowledged to visible, at half of it",
            unit,
            seen,
        )
        .beside("consumer", bare)
    };
    figures.push(visible("ms p50", &seen.p50, &bare.p50));
    figures.push(visible("ms p99", &seen.p99, &bare.p99).target(AtMost(10.0)));
    Ok(())
}

/// How long was waited in each sample, in milliseconds.
#[derive(Default)]
struct Delays {
    p50: Vec<f64>,
    p99: Vec<f64>,
}

impl Delays {
    fn add(&mut self, each: impl Iterator<Item = f64>) {
        let each: Vec<f64> = each.collect();
        self.p50.push(percentile(&each, 50));
        self.p99.push(percentile(&each, 99));
    }
}

/// When the next events arrive at a consumer.
async fn arrivals(mut messages: pull::Stream, events: usize) -> Result<Vec<Instant>, Fault> {
    let mut arrived = Vec::with_capacity(events);
    while arrived.len() < events {
        arrived.push(arrive(&mut messages).await?);
    }
    Ok(arrived)
}

/// A command whose event was asked for.
struct Asked {
    position: u64,
    acknowledged: Instant,
    seen: Instant,
}

/// Gives the commands at a rate, however long each takes: those whose events were asked for.
async fn watch(
    bed: &Bed,
    client: &Client,
    commands: &Arc<Vec<Ready>>,
    rate: f64,
) -> Result<Vec<Asked>, Fault> {
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
                see(
                    &asker,
                    format!(r#"{{"operator_id":"{operator}","year":{FIRST_YEAR}}}"#),
                    position,
                )
                .await?;
                Ok(Some(Asked {
                    position,
                    acknowledged,
                    seen: Instant::now(),
                }))
            });
        }
        sent = due;
    }
    let mut asked = Vec::new();
    while let Some(done) = running.join_next().await {
        asked.extend(done??);
    }
    Ok(asked)
}

/// Asks the view for no less than a position.
async fn see(client: &Client, params: String, position: u64) -> Result<(), Fault> {
    let mut headers = HeaderMap::new();
    headers.insert(MIN_POSITION, position.to_string());
    let request = Request::new().headers(headers).payload(params.into());
    let reply = client
        .send_request(query_subject(&tenant(), "evaluations", "get"), request)
        .await;
    let reply = reply.map_err(|error| Fault::unanswered("evaluations", error))?;
    if reply.payload.starts_with(b"{\"position\":") {
        Ok(())
    } else {
        Err(Fault::answer("evaluations", &reply.payload))
    }
}
