//! Load: workers that each do one operation after another, with the time of each.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{error::BenchError, figure::percentile};

/// Does one operation at a time.
pub trait Worker: Send + 'static {
    /// Does the nth operation of all workers.
    ///
    /// # Errors
    /// When it fails.
    fn once(&mut self, nth: usize) -> impl Future<Output = Result<(), BenchError>> + Send;
}

/// The times of a load.
pub struct LoadTimes {
    elapsed: Duration,
    each: Vec<f64>,
}

impl LoadTimes {
    /// Operations in a second.
    pub fn rate(&self) -> f64 {
        self.each.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The percentile of the times of one operation, in milliseconds.
    pub fn ms(&self, percent: usize) -> f64 {
        percentile(&self.each, percent)
    }
}

/// Lets the workers do `total` operations, each the next one as soon as it is free.
///
/// # Errors
/// The first failed operation.
pub async fn run<W: Worker>(workers: Vec<W>, total: usize) -> Result<LoadTimes, BenchError> {
    run_within(workers, total, Duration::MAX).await
}

/// [`run`], without a new operation after `within`.
///
/// # Errors
/// The first failed operation.
pub async fn run_within<W: Worker>(
    workers: Vec<W>,
    total: usize,
    within: Duration,
) -> Result<LoadTimes, BenchError> {
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
                    return Ok::<_, BenchError>(each);
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
    Ok(LoadTimes {
        elapsed: overall.elapsed(),
        each,
    })
}

/// The duration in milliseconds, with fractions.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
