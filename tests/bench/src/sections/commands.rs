//! Commands, over NATS and over HTTP, one at a time and many at once, beside raw guarded publishes; on a
//! broker that syncs before it acknowledges, and on one that does not.

use bytes::Bytes;
use jejak_events::ids::{OperatorId, StreamId};
use jejak_journal::{Journal, NewEvent, StreamAppend};
use jejak_rig::broker::Sync;
use uuid::Uuid;

use crate::{
    bare::{Asker, Service},
    bed::{Bed, Gateway},
    fault::Fault,
    figure::{
        Figure,
        Target::{RatioAtLeast, RatioAtMost},
    },
    give::{OverHttp, OverNats, Ready, Stock},
    history::Depth,
    load::{self, Taken, Worker},
    raw::{self, Publisher},
    scale::{MANY, Scale},
    wire::connect_all,
};

/// Samples of one way of giving commands, or of the limit.
#[derive(Default)]
struct Samples {
    one_ms: Vec<f64>,
    many_rate: Vec<f64>,
    many_ms: Vec<f64>,
}

impl Samples {
    fn add(&mut self, one: &Taken, many: &Taken) {
        self.one_ms.push(one.ms(50));
        self.many_rate.push(many.rate());
        self.many_ms.push(many.ms(50));
    }
}

pub(super) async fn run(scale: &Scale, figures: &mut Vec<Figure>) -> Result<(), Fault> {
    for sync in [Sync::Always, Sync::Lazy] {
        measure(scale, sync, figures).await?;
    }
    Ok(())
}

async fn measure(scale: &Scale, sync: Sync, figures: &mut Vec<Figure>) -> Result<(), Fault> {
    let in_a_sample = 2 * (scale.one + scale.many);
    let bed = Bed::new(sync, scale.people_for(in_a_sample), Depth::Hired).await?;
    let client = bed.client().await;
    raw::scratch(&client).await?;
    let _commands = bed.commands().await?;
    let gateway = bed.gateway().await?;
    let stock = Stock::new(&bed);
    let first = stock.take(bed.people.count)?;
    load::run(OverNats::workers(&client, &first, MANY), first.len()).await?;
    let payload = event_of(&bed).await?;
    let _bare_service = Service::start(&bed, payload.len()).await?;
    let body = stock.take(1)?[0].body.clone();
    let (mut raw, mut journal, mut bare) =
        (Samples::default(), Samples::default(), Samples::default());
    let (mut nats, mut http) = (Samples::default(), Samples::default());
    for sample in 0..scale.samples {
        let publishers = |name: &str, count: usize| -> Vec<Publisher> {
            let sample = format!("{name}{sample}");
            (0..count)
                .map(|_| Publisher {
                    client: client.clone(),
                    payload: payload.clone(),
                    sample: sample.clone(),
                })
                .collect()
        };
        let one = load::run(publishers("one", 1), scale.one).await?;
        raw.add(
            &one,
            &load::run(publishers("many", MANY), scale.many).await?,
        );
        let one = load::run(Appender::workers(&bed, &payload, 1), scale.one).await?;
        journal.add(
            &one,
            &load::run(Appender::workers(&bed, &payload, MANY), scale.many).await?,
        );
        let one = load::run(Asker::workers(&client, &body, 1), scale.one).await?;
        bare.add(
            &one,
            &load::run(Asker::workers(&client, &body, MANY), scale.many).await?,
        );
        let (one, many) = (stock.take(scale.one)?, stock.take(scale.many)?);
        let one = load::run(OverNats::workers(&client, &one, 1), scale.one).await?;
        nats.add(
            &one,
            &load::run(OverNats::workers(&client, &many, MANY), scale.many).await?,
        );
        let one = over_http(&gateway, &stock.take(scale.one)?, 1).await?;
        http.add(
            &one,
            &over_http(&gateway, &stock.take(scale.many)?, MANY).await?,
        );
    }
    report(sync, &[raw, journal, bare, nats, http], figures);
    Ok(())
}

/// Appends an event to a stream of its own each time, through the journal: group commit and nothing else.
struct Appender {
    journal: Journal,
    payload: Bytes,
}

impl Appender {
    fn workers(bed: &Bed, payload: &Bytes, count: usize) -> Vec<Self> {
        (0..count)
            .map(|_| Self {
                journal: bed.journal.clone(),
                payload: payload.clone(),
            })
            .collect()
    }
}

impl Worker for Appender {
    async fn once(&mut self, _nth: usize) -> Result<(), Fault> {
        let id = Uuid::new_v4();
        let event = NewEvent {
            id,
            topic: "appraisal",
            payload: self.payload.clone(),
        };
        let stream = StreamId::Operator(OperatorId(id));
        let write = StreamAppend {
            stream,
            expected: 0,
            events: vec![event],
        };
        let appended = self.journal.append(&[write]).await;
        appended
            .map(drop)
            .map_err(|error| Fault::unanswered("the journal", error))
    }
}

async fn over_http(
    gateway: &Gateway,
    commands: &[Ready],
    connections: usize,
) -> Result<Taken, Fault> {
    let wires = connect_all(&gateway.address, connections).await?;
    load::run(OverHttp::workers(wires, gateway, commands), commands.len()).await
}

/// An event as commands of this section append it.
async fn event_of(bed: &Bed) -> Result<Bytes, Fault> {
    let last = bed.journal.last_position().await?;
    let event = bed.journal.read(last).await?;
    event
        .map(|event| event.payload)
        .ok_or(Fault::Spent("the log"))
}

fn report(sync: Sync, [raw, journal, bare, nats, http]: &[Samples; 5], figures: &mut Vec<Figure>) {
    let always = sync == Sync::Always;
    let said = if always { "always" } else { "lazy" };
    let name = |what: &str| format!("{what}, sync {said}");
    let rate = |what: &str, samples: &Samples| {
        Figure::new("commands", name(what), "/s", &samples.many_rate).beside("raw", &raw.many_rate)
    };
    let one = |what: &str, samples: &Samples| {
        Figure::new("commands", name(what), "ms p50", &samples.one_ms).beside("raw", &raw.one_ms)
    };
    let waits = |what: &str, samples: &Samples| {
        Figure::new("commands", name(what), "ms p50", &samples.many_ms).beside("raw", &raw.many_ms)
    };
    figures.push(Figure::new(
        "commands",
        name("raw guarded publish, 1"),
        "ms p50",
        &raw.one_ms,
    ));
    figures.push(Figure::new(
        "commands",
        name("raw guarded publish, 64"),
        "/s",
        &raw.many_rate,
    ));
    figures.push(one("journal append, 1", journal));
    figures.push(rate("journal append, 64", journal));
    figures.push(one("bare service, 1", bare));
    figures.push(rate("bare service, 64", bare));
    figures.push(one("NATS, 1", nats).target(RatioAtMost(3.0)));
    figures.push(rate("NATS, 64", nats).target(RatioAtLeast(if always { 2.0 } else { 0.5 })));
    figures.push(waits("NATS, 64", nats));
    figures.push(one("HTTP, 1 connection", http));
    let over_http = rate("HTTP, 64 connections", http);
    figures.push(if always {
        over_http.target(RatioAtLeast(1.3))
    } else {
        over_http
    });
    figures.push(waits("HTTP, 64 connections", http));
}
