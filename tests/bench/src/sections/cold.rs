//! A cold command: the person's state is not in memory, so a year of events over all topics is
//! loaded first. The limit reads the same events by batched gets, all at once, and publishes one
//! guarded event.

use std::time::Instant;

use jejak_events::ids::StreamId;

use crate::{
    bed::TestBed,
    error::BenchError,
    figure::{Bar::RatioAtMost, Figure, median},
    give::give,
    load::milliseconds,
    people::{FIRST_YEAR, date},
    raw::{Publisher, batched_gets, scratch},
    scale::Scale,
};

pub(super) async fn run(scale: &Scale, bed: &TestBed) -> Result<Vec<Figure>, BenchError> {
    let client = bed.client().await;
    scratch(&client).await?;
    let last = bed
        .journal
        .read(bed.events)
        .await?
        .ok_or(BenchError::Spent("the log"))?;
    let (mut medians, mut limits) = (vec![], vec![]);
    let each = scale.one.min(bed.people.count / (2 * scale.samples)).max(1);
    // A new process has no state in memory. Its very first command loads packages and calendars,
    // too.
    let _commands = bed.commands().await?;
    command(bed, &client, bed.people.count - 1, 0).await?;
    for sample in 0..scale.samples {
        let publisher = Publisher {
            client: client.clone(),
            payload: last.stored.payload.clone(),
            sample: format!("cold{sample}"),
        };
        let (mut ours, mut bare) = (vec![], vec![]);
        for nth in 0..each {
            let person = (sample * each + nth) * 2 % (bed.people.count - 1);
            let began = Instant::now();
            command(bed, &client, person, sample).await?;
            ours.push(milliseconds(began.elapsed()));
            let began = Instant::now();
            load_and_publish(bed, &client, person + 1, &publisher, nth).await?;
            bare.push(milliseconds(began.elapsed()));
        }
        medians.push(median(&ours));
        limits.push(median(&bare));
    }
    let figure = Figure::new(
        "a cold command after a year of events",
        "ms p50",
        &medians,
        RatioAtMost(1.7),
    );
    Ok(vec![figure.beside("gets + publish", &limits)])
}

async fn command(
    bed: &TestBed,
    client: &async_nats::Client,
    person: usize,
    sample: usize,
) -> Result<(), BenchError> {
    let absent = bed
        .people
        .absent(person, date(FIRST_YEAR, 11, 2 + sample as u32));
    let body = serde_json::to_vec(&absent)?.into();
    give(
        client,
        absent.name(),
        &format!("cold-{person}-{sample}"),
        body,
    )
    .await
    .map(drop)
}

async fn load_and_publish(
    bed: &TestBed,
    client: &async_nats::Client,
    person: usize,
    publisher: &Publisher,
    nth: usize,
) -> Result<(), BenchError> {
    let stream = StreamId::Operator(bed.people.id(person));
    let tenant = bed.journal.tenant();
    let subject = |topic: &&str| format!("jejak.{tenant}.ev.operator.{}.{topic}", stream.id());
    let subjects: Vec<String> = stream.topics().iter().map(subject).collect();
    let found = batched_gets(client, &jejak_journal::log_name(tenant), &subjects).await?;
    if found == 0 {
        return Err(BenchError::Spent("people"));
    }
    publisher.publish(nth).await
}
