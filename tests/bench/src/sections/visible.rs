//! The time from a command's acknowledgement to its visibility in a view, at a fixed rate of
//! commands. All views follow in one process, as `jejak up` runs them. Beside it is the time to the
//! event's arrival at a bare consumer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::{Client, HeaderMap, Request, jetstream::consumer::pull};
use jejak_bus::{query_subject, request::MIN_POSITION};
use jejak_journal::log_name;
use jejak_projections::VIEWS;
use jejak_rig::broker::SyncMode;
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::{
    bed::{TestBed, tenant},
    error::BenchError,
    figure::{Bar::AtMost, Figure, percentile},
    give::{CommandStock, OverNats, PreparedCommand, give},
    history::HistoryDepth,
    load::{self, milliseconds},
    people::FIRST_YEAR,
    raw::{arrive, consumer},
    scale::{MANY, Scale},
};

/// Commands in a second. A busy office stays far below.
const RATE: u32 = 100;

pub(super) async fn run(scale: &Scale) -> Result<Vec<Figure>, BenchError> {
    let in_a_sample = (scale.watch.as_secs() * u64::from(RATE)) as usize;
    let people = Scale::people_for(scale.samples * in_a_sample);
    let bed = TestBed::new(SyncMode::Always, people, HistoryDepth::Hired).await?;
    let client = bed.client().await;
    let _commands = bed.commands().await?;
    let views = VIEWS.map(|view| view.name());
    let _projector = bed.rebuilt(&views, bed.events).await?;
    let stock = CommandStock::new(&bed);
    let first = stock.take(bed.people.count)?;
    load::run(OverNats::workers(&client, &first, MANY), first.len()).await?;
    let (mut ours, mut limit) = (vec![], vec![]);
    for _ in 0..scale.samples {
        let commands = stock.take(in_a_sample)?;
        // Events of an earlier load are not part of this sample.
        let reached = bed.journal.last_position().await?;
        for view in views {
            bed.reach(&client, view, reached).await?;
        }
        let messages = consumer(&bed.client().await, &log_name(&tenant()), reached).await?;
        // Each command is one event.
        let arriving = tokio::spawn(arrivals(messages, commands.len()));
        let seen = watch(&bed, &client, &commands).await?;
        let arrived = arriving.await??;
        let waits: Vec<f64> = seen
            .iter()
            .map(|seen| milliseconds(seen.visible.duration_since(seen.acknowledged)))
            .collect();
        ours.push(percentile(&waits, 99));
        let waits: Vec<f64> = seen
            .iter()
            .map(|seen| {
                let arrived = arrived[(seen.position - reached - 1) as usize];
                // The acknowledgement may be the later one.
                milliseconds(arrived.saturating_duration_since(seen.acknowledged))
            })
            .collect();
        limit.push(percentile(&waits, 99));
    }
    let name = format!("acknowledged to visible, {RATE} commands/s");
    let figure = Figure::new(name, "ms p99", &ours, AtMost(10.0));
    Ok(vec![figure.beside("consumer", &limit)])
}

/// When the next events arrive at a consumer.
async fn arrivals(mut messages: pull::Stream, events: usize) -> Result<Vec<Instant>, BenchError> {
    let mut arrived = Vec::with_capacity(events);
    while arrived.len() < events {
        arrived.push(arrive(&mut messages).await?);
    }
    Ok(arrived)
}

/// The moments of one command.
struct VisibleCommand {
    position: u64,
    acknowledged: Instant,
    visible: Instant,
}

/// Gives the commands at the fixed rate, however long each takes, and asks the view for each event.
async fn watch(
    bed: &TestBed,
    client: &Client,
    commands: &Arc<Vec<PreparedCommand>>,
) -> Result<Vec<VisibleCommand>, BenchError> {
    let mut beat = tokio::time::interval(Duration::from_secs(1) / RATE);
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let asker = bed.client().await;
    let mut running = JoinSet::new();
    for nth in 0..commands.len() {
        beat.tick().await;
        let (client, asker, commands) = (client.clone(), asker.clone(), commands.clone());
        let operator = bed.people.id(commands[nth].person);
        running.spawn(async move {
            let PreparedCommand { id, body, .. } = &commands[nth];
            let position = give(&client, "submit-monthly-appraisal", id, body.clone()).await?;
            let acknowledged = Instant::now();
            let params = format!(r#"{{"operator_id":"{operator}","year":{FIRST_YEAR}}}"#);
            see(&asker, params, position).await?;
            Ok::<_, BenchError>(VisibleCommand {
                position,
                acknowledged,
                visible: Instant::now(),
            })
        });
    }
    let mut seen = Vec::new();
    while let Some(done) = running.join_next().await {
        seen.push(done??);
    }
    Ok(seen)
}

/// Asks the view for no less than a position.
async fn see(client: &Client, params: String, position: u64) -> Result<(), BenchError> {
    let mut headers = HeaderMap::new();
    headers.insert(MIN_POSITION, position.to_string());
    let request = Request::new().headers(headers).payload(params.into());
    let reply = client
        .send_request(query_subject(&tenant(), "evaluations", "get"), request)
        .await;
    let reply = reply.map_err(|error| BenchError::unanswered("evaluations", error))?;
    if reply.payload.starts_with(b"{\"position\":") {
        Ok(())
    } else {
        Err(BenchError::answer("evaluations", &reply.payload))
    }
}
