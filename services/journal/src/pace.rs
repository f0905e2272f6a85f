//! Whether waiting appends go as a batch. A batch has a price that hardly depends on its size (the broker
//! stages it in files of its own), a plain publish one that hardly depends on its company (a sync, where every
//! write is synced). Both depend on the disk, on replicas and on settings that this side does not see, and
//! latencies do not tell them apart from busy processors. So both ways are tried, and the one that gets more
//! through is taken; now and then the other is tried again.
//!
//! It matters only while many come at once: a few go as plain publishes while no batch is on its way, and no timer keeps
//! anyone waiting for company. A batch is opened with the first event of whoever came first: the broker makes room for
//! it, which is more than a third of its price, and whoever comes meanwhile goes along. So those who were answered with
//! one batch are mostly back for the next.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::group::{Member, take_group};

/// Plain publishes on their way at once while others gather, when no batch is: as many as keep the broker busy.
const FEW: usize = 4;
/// Plain publishes on their way at once otherwise.
const MANY: usize = 512;
/// Fewer that wait, or were in the last batch, are no batch.
const LEAST: usize = 12;
/// Those who were answered with a batch come again within so long, or they were many and are no more. Nothing waits for
/// it.
const AGAIN: Duration = Duration::from_millis(20);
/// Batches on their way at once while others gather. A second one would only halve the first.
const GATHERED_BATCHES: usize = 1;
/// Batches on their way at once otherwise, of events that belong together.
const LONE_BATCHES: usize = 8;
/// Events of one trial.
const TRIAL: u64 = 192;
/// Its first events, which the way before it still slows or speeds.
const TURNING: u64 = 64;
/// After so many trials the way not taken is tried again at first. Every try that finds it slower doubles it.
const SOONEST: u64 = 16;
/// After so many at most.
const LATEST: u64 = 128;
/// Gathering has to take less than so many hundredths of the time.
const GAIN: u64 = 90;

/// How appends of one event go while many come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Each at once.
    Plain,
    /// Together. While they are few, a few at once.
    Gather,
}

/// What became of what was on its way, for whoever counts what gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is stored.
    Stored,
    /// Nothing of it is, and the broker said so.
    Refused,
    /// Nobody knows, or a look-up will tell: how long that took says nothing about either way.
    Unknown,
}

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Went {
    /// One event, as a plain publish.
    Plain,
    /// So many events, as an atomic batch.
    Batch(usize),
}

/// What goes next.
pub(crate) enum Next {
    /// These, as they are.
    Send(Vec<Member>),
    /// A batch is opened for this one. Who comes until the broker has room for it goes along.
    Open(Member),
}

/// What is on its way, and which way gets more through.
pub(crate) struct Pace {
    mode: Mode,
    plain: usize,
    batches: usize,
    /// Events in them.
    batched: usize,
    /// Appends in the last batch.
    last: usize,
    /// Since when nothing is on its way.
    idle_since: Option<Instant>,
    trial: Trial,
    /// Trials since the way not taken was tried, and how many lie between two tries.
    since_try: u64,
    apart: u64,
    /// What an event took in the last trials of each way, in nanoseconds. Nothing before the first.
    plain_ns: Option<u64>,
    gather_ns: Option<u64>,
}

/// A stretch in which many came at once.
struct Trial {
    events: u64,
    /// Of them, those that were stored.
    through: u64,
    /// Of them, those that came with few others.
    alone: u64,
    /// When its first events were through, had nothing been idle since.
    began: Option<Instant>,
}

impl Trial {
    const fn new(began: Option<Instant>) -> Self {
        Self {
            events: 0,
            through: 0,
            alone: 0,
            began,
        }
    }
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            mode: Mode::Plain,
            plain: 0,
            batches: 0,
            batched: 0,
            last: 0,
            idle_since: None,
            trial: Trial::new(None),
            since_try: 0,
            apart: SOONEST,
            plain_ns: None,
            gather_ns: None,
        }
    }

    /// Whether a plain publish may go now; it counts as on its way from then on.
    pub(crate) fn take_plain(&mut self) -> bool {
        let room = match self.mode {
            Mode::Plain => MANY,
            Mode::Gather if self.batches > 0 || self.expects_many() => 0,
            Mode::Gather => FEW,
        };
        let is_free = self.plain < room;
        self.plain += usize::from(is_free);
        if is_free {
            self.sent();
        }
        is_free
    }

    /// Whether those who were answered with the last batch are about to come again.
    fn expects_many(&self) -> bool {
        self.last >= LEAST && self.idle_since.is_none_or(|since| since.elapsed() < AGAIN)
    }

    /// Something is on its way: a longer time in which nothing was does not count.
    fn sent(&mut self) {
        if !self.expects_many() {
            self.last = 0;
        }
        // Those who were answered together are away for a moment, which is part of what it costs.
        let idle = self
            .idle_since
            .take()
            .map(|since| since.elapsed())
            .filter(|idle| *idle >= AGAIN);
        if let (Some(idle), Some(began)) = (idle, &mut self.trial.began) {
            *began += idle;
        }
    }

    /// A plain publish whose answer nobody waits for any more.
    pub(crate) fn given_up(&mut self, waiting: usize, now: Instant) {
        self.plain = self.plain.saturating_sub(1);
        self.note_idle(waiting, now);
    }

    fn note_idle(&mut self, waiting: usize, now: Instant) {
        if self.plain + self.batches + waiting == 0 {
            self.idle_since.get_or_insert(now);
        }
    }

    /// What goes next, if anything may: it counts as on its way from now on.
    pub(crate) fn next(&mut self, held: &mut VecDeque<Member>) -> Option<Next> {
        // Whoever gave up waiting was told that the log is unavailable, and may send it again.
        held.retain(Member::is_awaited);
        if held.is_empty() {
            self.note_idle(0, Instant::now());
            return None;
        }
        let least = if self.expects_many() { 1 } else { LEAST };
        let are_many = self.mode == Mode::Gather && held.len() >= least;
        if !are_many
            && let Some(first) = held.iter().position(|member| member.events() == 1)
            && self.take_plain()
        {
            return Some(Next::Send(vec![held.remove(first)?]));
        }
        let at_once = if self.mode == Mode::Gather {
            GATHERED_BATCHES
        } else {
            LONE_BATCHES
        };
        // Whatever has several events is a batch in any case.
        let is_batch = are_many || held.iter().any(|member| member.events() > 1);
        if !is_batch || self.batches >= at_once {
            return None;
        }
        if are_many {
            let first = held.pop_front()?;
            self.batches += 1;
            self.batched += first.events();
            self.sent();
            return Some(Next::Open(first));
        }
        let members = take_group(held);
        match members.iter().map(Member::events).sum::<usize>() {
            0 => return None,
            1 => self.plain += 1,
            events => {
                self.batches += 1;
                self.batched += events;
            }
        }
        self.sent();
        Some(Next::Send(members))
    }

    /// The batch that was opened for so many events goes with so many, of so many appends.
    pub(crate) fn filled(&mut self, begun: usize, events: usize, appends: usize) {
        self.batched += events.saturating_sub(begun);
        self.last = appends;
    }

    /// The batch that was opened for so many events is not sent: who it was opened for has given up.
    pub(crate) fn let_go(&mut self, begun: usize, waiting: usize, now: Instant) {
        self.end_batch(begun);
        self.note_idle(waiting, now);
    }

    /// The broker did not open a batch for so many events. Those who wait go as plain publishes, and are a trial.
    pub(crate) fn closed(&mut self, begun: usize, waiting: usize, now: Instant) {
        self.let_go(begun, waiting, now);
        (self.mode, self.last, self.trial) = (Mode::Plain, 0, Trial::new(None));
    }

    fn end_batch(&mut self, events: usize) {
        self.batches = self.batches.saturating_sub(1);
        self.batched = self.batched.saturating_sub(events);
    }

    /// What went so is answered, while so many appends wait.
    pub(crate) fn answered(&mut self, went: Went, outcome: Outcome, waiting: usize, now: Instant) {
        let were_many = self.plain + self.batched + waiting >= LEAST;
        let events = match went {
            Went::Batch(events) => {
                self.end_batch(events);
                events
            }
            Went::Plain => {
                self.plain = self.plain.saturating_sub(1);
                1
            }
        };
        self.note_idle(waiting, now);
        if outcome == Outcome::Unknown {
            self.trial = Trial::new(None);
            return;
        }
        self.trial.events += events as u64;
        self.trial.through += if outcome == Outcome::Stored {
            events as u64
        } else {
            0
        };
        self.trial.alone += if were_many { 0 } else { events as u64 };
        if self.trial.alone > TRIAL / 2 {
            // With few at a time the way makes no difference, and how fast they come says nothing about it.
            self.trial = Trial::new(None);
            self.mode = self.better();
        }
        match self.trial.began {
            None if self.trial.events >= TURNING => self.trial = Trial::new(Some(now)),
            Some(began) if self.trial.events >= TRIAL => {
                self.end_trial(now.saturating_duration_since(began), now)
            }
            _ => {}
        }
    }

    fn end_trial(&mut self, took: Duration, now: Instant) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        // Where nothing got through, one event took longer than that.
        let each = took / self.trial.through.max(1);
        let was_try = self.mode != self.better();
        let known = match self.mode {
            Mode::Plain => &mut self.plain_ns,
            Mode::Gather => &mut self.gather_ns,
        };
        // What the way not taken got through long ago says little about now.
        *known = Some(
            known
                .filter(|_| !was_try)
                .map_or(each, |known| known - known / 4 + each / 4),
        );
        if was_try {
            let is_slower = self.mode != self.better();
            self.apart = if is_slower {
                LATEST.min(2 * self.apart)
            } else {
                SOONEST
            };
            self.since_try = 0;
        } else {
            self.since_try += 1;
        }
        let is_try = self.gather_ns.is_none() || self.since_try >= self.apart;
        let next = match (self.better(), is_try) {
            (Mode::Plain, true) => Mode::Gather,
            (Mode::Gather, true) => Mode::Plain,
            (better, false) => better,
        };
        // The same way goes on without a pause.
        self.trial = Trial::new((next == self.mode).then_some(now));
        self.mode = next;
    }

    fn better(&self) -> Mode {
        match (self.plain_ns, self.gather_ns) {
            (Some(plain), Some(gather)) if gather < plain / 100 * GAIN => Mode::Gather,
            _ => Mode::Plain,
        }
    }
}

#[cfg(test)]
mod tests;
