//! Commands over NATS and over HTTP beside raw guarded publishes, on a broker that syncs each
//! write.

use bytes::Bytes;
use jejak_rig::broker::SyncMode;

use crate::{
    bed::{Gateway, TestBed},
    connection::connect_all,
    error::BenchError,
    figure::{
        Bar::{RatioAtLeast, RatioAtMost},
        Figure,
    },
    give::{CommandStock, OverHttp, OverNats, PreparedCommand},
    history::HistoryDepth,
    load::{self, LoadTimes},
    raw::{self, Publisher},
    scale::{MANY, Scale},
};

pub(super) async fn run(scale: &Scale) -> Result<Vec<Figure>, BenchError> {
    let given = scale.samples * (scale.one + 2 * scale.many);
    let bed = TestBed::new(
        SyncMode::Always,
        Scale::people_for(given),
        HistoryDepth::Hired,
    )
    .await?;
    let client = bed.client().await;
    raw::scratch(&client).await?;
    let _commands = bed.commands().await?;
    let gateway = bed.gateway().await?;
    let stock = CommandStock::new(&bed);
    // The first command of a person loads the state, which `cold` measures.
    let first = stock.take(bed.people.count)?;
    load::run(OverNats::workers(&client, &first, MANY), first.len()).await?;
    let payload = last_event(&bed).await?;
    let (mut raw_ms, mut raw_rate) = (vec![], vec![]);
    let (mut nats_ms, mut nats_rate, mut http_rate) = (vec![], vec![], vec![]);
    for sample in 0..scale.samples {
        let publishers = |count: usize| -> Vec<Publisher> {
            let publisher = |_| Publisher {
                client: client.clone(),
                payload: payload.clone(),
                sample: format!("{count}-{sample}"),
            };
            (0..count).map(publisher).collect()
        };
        raw_ms.push(load::run(publishers(1), scale.one).await?.ms(50));
        raw_rate.push(load::run(publishers(MANY), scale.many).await?.rate());
        let one = stock.take(scale.one)?;
        let taken = load::run(OverNats::workers(&client, &one, 1), scale.one).await?;
        nats_ms.push(taken.ms(50));
        let many = stock.take(scale.many)?;
        let taken = load::run(OverNats::workers(&client, &many, MANY), scale.many).await?;
        nats_rate.push(taken.rate());
        let many = stock.take(scale.many)?;
        http_rate.push(over_http(&gateway, &many).await?.rate());
    }
    let rate = |name: &str, samples: &[f64], bar| {
        Figure::new(name, "/s", samples, bar).beside("raw publish", &raw_rate)
    };
    Ok(vec![
        rate(
            "commands over NATS, 64 in flight",
            &nats_rate,
            RatioAtLeast(1.5),
        ),
        rate(
            "commands over HTTP, 64 connections",
            &http_rate,
            RatioAtLeast(1.1),
        ),
        Figure::new(
            "a command over NATS, one at a time",
            "ms p50",
            &nats_ms,
            RatioAtMost(4.0),
        )
        .beside("raw publish", &raw_ms),
    ])
}

async fn over_http(
    gateway: &Gateway,
    commands: &[PreparedCommand],
) -> Result<LoadTimes, BenchError> {
    let connections = connect_all(&gateway.address, MANY).await?;
    load::run(
        OverHttp::workers(connections, gateway, commands),
        commands.len(),
    )
    .await
}

/// The payload of an appraisal, as the commands of this section append it.
async fn last_event(bed: &TestBed) -> Result<Bytes, BenchError> {
    let last = bed.journal.last_position().await?;
    let event = bed.journal.read(last).await?;
    event
        .map(|entry| entry.stored.payload)
        .ok_or(BenchError::Spent("the log"))
}
