//! Load: workers that each do one thing after another, and how long each took.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{fault::Fault, figure::percentile};

/// Does one thing at a time.
pub trait Worker: Send + 'static {
    /// Does the nth thing of all workers.
    ///
    /// # Errors
    /// When it could not be done as it should.
    fn once(&mut self, nth: usize) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What a load took.
pub struct Taken {
    elapsed: Duration,
    each: Vec<f64>,
}

impl Taken {
    /// Things done in a second.
    pub fn rate(&self) -> f64 {
        self.each.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// How long one took, in milliseconds: so many of a hundred took no longer.
    pub fn ms(&self, percent: usize) -> f64 {
        percentile(&self.each, percent)
    }
}

/// Lets the workers do so many things in all, each the next one as soon as it is free.
///
/// # Errors
/// The first that could not be done.
pub async fn run<W: Worker>(workers: Vec<W>, total: usize) -> Result<Taken, Fault> {
    run_within(workers, total, Duration::MAX).await
}

/// [`run`], but nothing is begun any more after so long.
///
/// # Errors
/// The first that could not be done.
pub async fn run_within<W: Worker>(
    workers: Vec<W>,
    total: usize,
    within: Duration,
) -> Result<Taken, Fault> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    let overall = Instant::now();
    for mut worker in workers {
        let next = next.clone();
        running.spawn(async move {
            let mut each = Vec::new();
            loop {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                if nth >= total || overall.elapsed() > within {
                    return Ok::<_, Fault>(each);
                }
                let began = Instant::now();
                worker.once(nth).await?;
                each.push(milliseconds(began.elapsed()));
            }
        });
    }
    let mut each = Vec::with_capacity(total);
    while let Some(done) = running.join_next().await {
        each.extend(done??);
    }
    Ok(Taken {
        elapsed: overall.elapsed(),
        each,
    })
}

/// As a number.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
