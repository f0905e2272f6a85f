//! Group commit: appends that wait while others are on their way go together, as one atomic batch, and pay
//! for one sync. Each keeps its own guard. Where the broker refuses a group, its members are told to go
//! alone: what one of them met costs only that one.
//!
//! No timer keeps anyone waiting for company: an append that finds the way free goes at once, alone or as the
//! first of a batch, which then takes along whoever is there. Whether groups get more through is tried: see
//! [`Pace`].

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use jejak_events::ids::StreamId;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::Instant,
};

use crate::{
    StreamAppend,
    pace::{Next, Outcome, Pace, Went},
    publish::{Attempt, Opened, Wire},
};

/// Events in a group at most; the broker takes a thousand.
const EVENTS: usize = 250;
/// Bytes in a group at most, counting payloads.
const BYTES: usize = 4 << 20;
/// Told at once, before those who were told may go on.
const TOLD: usize = 8;

/// What became of an append that was sent with others.
pub(crate) enum Sent {
    /// The broker's answer to it.
    Tried(Attempt),
    /// Its group was refused, or was not opened. Nothing was stored: it is to go alone.
    GoAlone,
}

pub(crate) struct Member {
    writes: Vec<StreamAppend>,
    sent: oneshot::Sender<Sent>,
}

impl Member {
    pub(crate) fn events(&self) -> usize {
        self.writes.iter().map(|write| write.events.len()).sum()
    }

    pub(crate) fn is_awaited(&self) -> bool {
        !self.sent.is_closed()
    }

    fn bytes(&self) -> usize {
        self.writes
            .iter()
            .flat_map(|write| &write.events)
            .map(|event| event.payload.len())
            .sum()
    }
}

/// Where appends go, or queue up.
pub(crate) struct Group {
    queue: mpsc::UnboundedSender<Member>,
    way: Arc<Way>,
}

/// The way to the broker, and what is on it.
struct Way {
    wire: Wire,
    pace: Mutex<Pace>,
    answered: Notify,
    /// Appends that wait.
    queued: AtomicUsize,
}

impl Way {
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> usize {
        self.queued.load(Ordering::Acquire)
    }

    /// Its place for one plain publish, when nobody waits and the way is free.
    fn take_alone(&self) -> Option<Alone<'_>> {
        let is_free = self.waiting() == 0 && self.pace().take_plain();
        is_free.then(|| Alone {
            way: self,
            outcome: None,
        })
    }
}

/// A plain publish on its way, until it is answered or given up.
struct Alone<'a> {
    way: &'a Way,
    outcome: Option<Outcome>,
}

impl Alone<'_> {
    fn answered(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let mut pace = self.way.pace();
        // Counted while nobody else decides what goes next: whoever comes later finds the way as it is now.
        let waiting = self.way.waiting();
        match self.outcome {
            Some(outcome) => pace.answered(Went::Plain, outcome, waiting, Instant::now()),
            None => pace.given_up(waiting, Instant::now()),
        }
        if waiting > 0 {
            self.way.answered.notify_one();
        }
    }
}

impl Group {
    /// Starts sending; ends when the group is dropped.
    pub(crate) fn start(wire: Wire) -> Self {
        let (queue, waiting) = mpsc::unbounded_channel();
        let (pace, queued) = (Mutex::new(Pace::new()), AtomicUsize::new(0));
        let way = Arc::new(Way {
            wire,
            pace,
            answered: Notify::new(),
            queued,
        });
        tokio::spawn(send_all(way.clone(), waiting));
        Self { queue, way }
    }

    /// Sends an append now if the way is free, and else as soon as it is, with whatever else waits then.
    pub(crate) async fn attempt(&self, writes: &[StreamAppend]) -> Sent {
        if let [StreamAppend { events, .. }] = writes
            && events.len() == 1
            && let Some(alone) = self.way.take_alone()
        {
            let attempt = self.way.wire.attempt(writes).await;
            alone.answered(attempt.outcome());
            return Sent::Tried(attempt);
        }
        let (sent, answer) = oneshot::channel();
        let unknown = || Sent::Tried(Attempt::Unknown("the sender has ended".to_owned()));
        self.way.queued.fetch_add(1, Ordering::AcqRel);
        if self
            .queue
            .send(Member {
                writes: writes.to_vec(),
                sent,
            })
            .is_err()
        {
            return unknown();
        }
        answer.await.unwrap_or_else(|_| unknown())
    }
}

/// What became of something that was on its way.
enum Step {
    /// It is answered: these are to be told.
    Answered {
        members: Vec<Member>,
        went: Went,
        attempt: Attempt,
    },
    /// The broker has room for a batch, and the first event of its first member in it.
    Opened { first: Member, opened: Opened },
    /// It has none, or does not say so in time.
    Closed { first: Member },
}

async fn send_all(way: Arc<Way>, mut waiting: mpsc::UnboundedReceiver<Member>) {
    let mut held = VecDeque::new();
    let mut on_way = FuturesUnordered::new();
    let mut ended = false;
    loop {
        while let Some(next) = next(&way, &mut held) {
            on_way.push(match next {
                Next::Send(members) => send(way.wire.clone(), None, members).boxed(),
                Next::Open(first) => open(way.wire.clone(), first).boxed(),
            });
        }
        if ended && held.is_empty() && on_way.is_empty() {
            return;
        }
        tokio::select! {
            Some(step) = on_way.next() => match step {
                Step::Answered { members, went, attempt } => {
                    way.pace().answered(went, attempt.outcome(), way.waiting(), Instant::now());
                    // By a task of its own: what goes next is with the client before they do anything.
                    tokio::spawn(tell(members, attempt));
                }
                // It was told that the log is unavailable: nothing of the batch is stored.
                Step::Opened { first, .. } if !first.is_awaited() => {
                    way.pace().let_go(first.events(), way.waiting(), Instant::now());
                }
                Step::Opened { first, opened } => {
                    take_ready(&mut waiting, &mut held).await;
                    let members = fill(&way, first, &mut held);
                    on_way.push(send(way.wire.clone(), Some(opened), members).boxed());
                }
                Step::Closed { first } => {
                    way.pace().closed(first.events(), way.waiting(), Instant::now());
                    let _ = first.sent.send(Sent::GoAlone);
                }
            },
            () = way.answered.notified() => {}
            received = waiting.recv(), if !ended => match received {
                Some(member) => {
                    held.push_back(member);
                    take_all(&mut waiting, &mut held);
                }
                None => ended = true,
            },
        }
    }
}

fn take_all(waiting: &mut mpsc::UnboundedReceiver<Member>, held: &mut VecDeque<Member>) {
    while let Ok(member) = waiting.try_recv() {
        held.push_back(member);
    }
}

/// Lets whatever is ready run until nobody comes any more: who is just being decided goes along.
async fn take_ready(waiting: &mut mpsc::UnboundedReceiver<Member>, held: &mut VecDeque<Member>) {
    let mut before = None;
    while before != Some(held.len()) && held.len() < EVENTS {
        before = Some(held.len());
        tokio::task::yield_now().await;
        take_all(waiting, held);
    }
}

fn next(way: &Way, held: &mut VecDeque<Member>) -> Option<Next> {
    let waited = held.len();
    let next = way.pace().next(held);
    way.queued.fetch_sub(waited - held.len(), Ordering::AcqRel);
    next
}

/// Who goes with the first member of a batch that was opened for it.
fn fill(way: &Way, first: Member, held: &mut VecDeque<Member>) -> Vec<Member> {
    let waited = held.len();
    held.retain(Member::is_awaited);
    let begun = first.events();
    held.push_front(first);
    let members = take_group(held);
    way.queued.fetch_sub(waited - held.len(), Ordering::AcqRel);
    way.pace().filled(
        begun,
        members.iter().map(Member::events).sum(),
        members.len(),
    );
    members
}

/// The longest-waiting appends that can go together: a stream stands in a group once, since the broker
/// checks every guard of a batch against what was stored before it. The others keep their turn.
pub(crate) fn take_group(held: &mut VecDeque<Member>) -> Vec<Member> {
    let mut streams: HashSet<StreamId> = HashSet::new();
    let (mut events, mut bytes) = (0, 0);
    let mut group = Vec::new();
    let mut left = VecDeque::new();
    for member in held.drain(..) {
        let fits = events + member.events() <= EVENTS && bytes + member.bytes() <= BYTES;
        let meets = member
            .writes
            .iter()
            .any(|write| streams.contains(&write.stream));
        // A stream that one has to wait for is not taken by a later one either.
        streams.extend(member.writes.iter().map(|write| write.stream.clone()));
        if group.is_empty() || (fits && !meets) {
            events += member.events();
            bytes += member.bytes();
            group.push(member);
        } else {
            left.push_back(member);
        }
    }
    *held = left;
    group
}

/// Has the broker make room for a batch, with the first event of its first member.
async fn open(wire: Wire, first: Member) -> Step {
    let opened = match first.writes.first() {
        Some(write) => wire.open(write).await,
        None => None,
    };
    match opened {
        Some(opened) => Step::Opened { first, opened },
        None => Step::Closed { first },
    }
}

async fn send(wire: Wire, opened: Option<Opened>, members: Vec<Member>) -> Step {
    let writes: Vec<&StreamAppend> = members.iter().flat_map(|member| &member.writes).collect();
    let went = match members.iter().map(Member::events).sum() {
        1 if opened.is_none() => Went::Plain,
        events => Went::Batch(events),
    };
    let attempt = wire.attempt_in(opened, &writes).await;
    Step::Answered {
        members,
        went,
        attempt,
    }
}

/// Tells the members of a group what became of them, a few at a time: the first answers are on their way while the
/// others are told. Whoever gave up waiting does not need the answer.
async fn tell(members: Vec<Member>, attempt: Attempt) {
    let in_company = members.len() > 1;
    let mut begin = 0;
    for (nth, member) in members.into_iter().enumerate() {
        let end = begin + member.events();
        let sent = match &attempt {
            Attempt::Stored(positions) => {
                let own = positions.get(begin..end).unwrap_or_default();
                Sent::Tried(Attempt::Stored(own.to_vec()))
            }
            Attempt::Conflict | Attempt::Duplicate | Attempt::Refused(_) if in_company => {
                Sent::GoAlone
            }
            answer => Sent::Tried(answer.clone()),
        };
        let _ = member.sent.send(sent);
        begin = end;
        if nth % TOLD == TOLD - 1 {
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;
    use crate::NewEvent;

    /// An append, and who waits for it.
    pub(crate) fn member(streams: &[&str], events: usize) -> (Member, oneshot::Receiver<Sent>) {
        let event = || NewEvent {
            id: Uuid::nil(),
            topic: "terms",
            payload: Bytes::from_static(b"{}"),
        };
        let write = |stream: &&str| StreamAppend {
            stream: format!("package/{stream}").parse().unwrap(),
            expected: 0,
            events: (0..events).map(|_| event()).collect(),
        };
        let (sent, answer) = oneshot::channel();
        (
            Member {
                writes: streams.iter().map(write).collect(),
                sent,
            },
            answer,
        )
    }

    fn groups(members: Vec<(Member, oneshot::Receiver<Sent>)>) -> Vec<Vec<String>> {
        let (mut held, _answers): (VecDeque<_>, Vec<_>) = members.into_iter().unzip();
        let mut groups = Vec::new();
        while !held.is_empty() {
            let group = take_group(&mut held);
            assert!(!group.is_empty(), "an append would wait for ever");
            let names = |member: &Member| {
                member
                    .writes
                    .iter()
                    .map(|write| write.stream.id().to_string())
                    .collect::<Vec<_>>()
                    .join("+")
            };
            groups.push(group.iter().map(names).collect());
        }
        groups
    }

    #[test]
    fn a_stream_stands_in_a_group_once_and_nobody_overtakes_on_it() {
        let members = vec![
            member(&["a"], 1),
            member(&["p", "b"], 1),
            member(&["c", "p"], 1),
            member(&["c"], 1),
        ];
        assert_eq!(groups(members), [vec!["a", "p+b"], vec!["c+p"], vec!["c"]]);
    }

    #[test]
    fn a_group_is_bounded_but_one_that_is_too_large_for_company_goes_alone() {
        let members = vec![
            member(&["a"], EVENTS - 1),
            member(&["b"], 2),
            member(&["c"], EVENTS + 1),
            member(&["d"], 1),
        ];
        assert_eq!(groups(members), [vec!["a", "d"], vec!["b"], vec!["c"]]);
    }
}
