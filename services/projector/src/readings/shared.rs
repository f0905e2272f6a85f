//! Who reads along with whom.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{BATCH, Next};

/// A view may be so many events ahead of those it reads along with. It waits until they have come as far.
const CLOSE: u64 = BATCH as u64;

/// The readings of a process.
#[derive(Default)]
pub(super) struct Shared {
    readings: Vec<Reading>,
    /// How many names were given, to readings and to who reads.
    named: u64,
}

/// One pass of the log, for one view or several.
struct Reading {
    name: u64,
    /// As far as everyone was told.
    position: u64,
    /// Whether it has told anything: until then the log may not even be there.
    goes: bool,
    readers: Vec<Reader>,
    ended: CancellationToken,
}

pub(super) struct Reader {
    name: u64,
    send: mpsc::UnboundedSender<Next>,
}

impl Reading {
    /// Whether who stands at a position may read along: what comes is told from there on at the latest, and soon.
    fn is_close_behind(&self, position: u64) -> bool {
        self.position <= position && position - self.position <= CLOSE
    }
}

/// A reading that is to begin, and when it ends.
type Begins = (u64, CancellationToken);

impl Shared {
    fn name(&mut self) -> u64 {
        self.named += 1;
        self.named
    }

    /// Lets someone at a position read along, under a name; the reading begins now if there was none close behind.
    pub(super) fn join(
        &mut self,
        position: u64,
    ) -> (u64, mpsc::UnboundedReceiver<Next>, Option<Begins>) {
        let (send, next) = mpsc::unbounded_channel();
        let name = self.name();
        let reader = Reader { name, send };
        if let Some(reading) = self
            .readings
            .iter_mut()
            .find(|reading| reading.is_close_behind(position))
        {
            reading.readers.push(reader);
            return (name, next, None);
        }
        let (reading, ended) = (self.name(), CancellationToken::new());
        self.readings.push(Reading {
            name: reading,
            position,
            goes: false,
            readers: vec![reader],
            ended: ended.clone(),
        });
        (name, next, Some((reading, ended)))
    }

    /// Tells everyone of a reading what comes next. False when it is over: after an error, when nobody is left, or
    /// because another one goes close behind it, with which its readers go on.
    pub(super) fn tell(&mut self, reading: u64, next: &Next) -> bool {
        let Some(told) = self.readings.iter_mut().find(|told| told.name == reading) else {
            return false;
        };
        for reader in &told.readers {
            // Who is gone has left, or is about to.
            let _ = reader.send.send(next.clone());
        }
        let Ok(batch) = next else {
            self.close(reading);
            return false;
        };
        (told.position, told.goes) = (batch.end(), true);
        let position = told.position;
        let mut others = self
            .readings
            .iter()
            .filter(|other| other.name != reading && other.goes);
        let Some(behind) = others
            .find(|other| other.is_close_behind(position))
            .map(|other| other.name)
        else {
            return true;
        };
        let readers = self.close(reading);
        if let Some(behind) = self.readings.iter_mut().find(|other| other.name == behind) {
            behind.readers.extend(readers);
        }
        false
    }

    /// Whoever has a name reads no more. With nobody left, the reading ends.
    pub(super) fn leave(&mut self, name: u64) {
        let mut readings = self.readings.iter_mut();
        let Some(left) = readings.find(|of| of.readers.iter().any(|reader| reader.name == name))
        else {
            return;
        };
        left.readers.retain(|reader| reader.name != name);
        if left.readers.is_empty() {
            let left = left.name;
            self.close(left);
        }
    }

    #[cfg(test)]
    pub(super) fn passes(&self) -> usize {
        self.readings.len()
    }

    /// Ends a reading: who read along.
    pub(super) fn close(&mut self, reading: u64) -> Vec<Reader> {
        let Some(at) = self.readings.iter().position(|found| found.name == reading) else {
            return vec![];
        };
        let Reading { readers, ended, .. } = self.readings.swap_remove(at);
        ended.cancel();
        readers
    }
}

#[cfg(test)]
mod tests {
    use jejak_projections::Applicable;

    use super::*;
    use crate::{
        readings::{
            Batch,
            tests::{batch, passed},
        },
        trouble::Trouble,
    };

    /// The positions of everything someone was told.
    fn told(next: &mut mpsc::UnboundedReceiver<Next>) -> Vec<(u64, u64)> {
        let batches = std::iter::from_fn(|| next.try_recv().ok());
        batches
            .map(|batch| batch.unwrap())
            .map(|batch| (begin(&batch), batch.end()))
            .collect()
    }

    fn begin(batch: &Batch) -> u64 {
        batch.entries()[0].position()
    }

    fn up_to(after: u64, end: u64) -> Next {
        Ok(batch(passed(after + 1..=end)))
    }

    #[test]
    fn who_stands_close_to_each_other_is_told_by_one_reading() {
        let mut shared = Shared::default();
        let (_, mut first, begins) = shared.join(100);
        let (reading, ended) = begins.unwrap();
        let (_, mut second, begins) = shared.join(100 + CLOSE);
        assert!(begins.is_none());
        assert!(
            shared.join(101 + CLOSE).2.is_some(),
            "it would wait for long"
        );
        assert!(shared.tell(reading, &up_to(100, 110)));
        assert_eq!(
            (told(&mut first), told(&mut second)),
            (vec![(101, 110)], vec![(101, 110)])
        );
        assert!(!ended.is_cancelled());
        assert!(shared.join(109).2.is_some(), "it would miss an event");
    }

    #[test]
    fn a_reading_that_has_caught_up_goes_on_with_the_other() {
        let mut shared = Shared::default();
        let (_, mut early, begins) = shared.join(0);
        let (catching_up, ended) = begins.unwrap();
        let (_, mut late, begins) = shared.join(5_000);
        let (current, still) = begins.unwrap();
        assert!(shared.tell(catching_up, &up_to(0, 3_000)));
        assert!(shared.tell(current, &up_to(5_000, 5_010)));
        assert!(
            shared.tell(catching_up, &up_to(3_000, 5_000)),
            "the other is ahead of it"
        );
        assert!(
            !shared.tell(catching_up, &up_to(5_000, 5_020)),
            "now it is behind"
        );
        assert!(ended.is_cancelled() && !still.is_cancelled());
        assert!(shared.tell(current, &up_to(5_010, 5_030)));
        assert_eq!(
            told(&mut early),
            [(1, 3_000), (3_001, 5_000), (5_001, 5_020), (5_011, 5_030)]
        );
        assert_eq!(told(&mut late), [(5_001, 5_010), (5_011, 5_030)]);
        assert!(!shared.tell(catching_up, &up_to(5_020, 5_040)));
        assert!(told(&mut early).is_empty());
    }

    #[test]
    fn nobody_goes_on_with_a_reading_that_has_told_nothing_yet() {
        let mut shared = Shared::default();
        let (current, _) = shared.join(5_000).2.unwrap();
        let (begun, _) = shared.join(4_990).2.unwrap();
        assert!(shared.tell(current, &up_to(5_000, 5_010)));
        assert!(
            shared.tell(begun, &up_to(4_990, 5_005)),
            "the other is ahead"
        );
        assert!(
            !shared.tell(current, &up_to(5_010, 5_020)),
            "now it goes, close behind"
        );
        assert!(shared.tell(begun, &up_to(5_005, 5_030)));
    }

    #[test]
    fn a_reading_ends_with_the_last_who_reads() {
        let mut shared = Shared::default();
        let (first, mut gone, begins) = shared.join(0);
        let (reading, ended) = begins.unwrap();
        let (second, mut stays, _) = shared.join(0);
        shared.leave(first);
        assert!(shared.tell(reading, &up_to(0, 1)));
        assert_eq!((told(&mut gone), told(&mut stays)), (vec![], vec![(1, 1)]));
        shared.leave(second);
        assert!(ended.is_cancelled());
        assert!(!shared.tell(reading, &up_to(1, 2)));
        assert!(shared.join(1).2.is_some(), "nobody joins one that is over");
    }

    #[test]
    fn an_error_is_everyones_and_the_last_they_are_told() {
        let mut shared = Shared::default();
        let (_, mut first, begins) = shared.join(0);
        let (reading, ended) = begins.unwrap();
        let (_, mut second, _) = shared.join(0);
        assert!(!shared.tell(reading, &Err(Trouble::Final("a gap".to_owned()))));
        for next in [&mut first, &mut second] {
            assert_eq!(next.try_recv().unwrap().err().unwrap().to_string(), "a gap");
            assert_eq!(
                next.try_recv().err(),
                Some(mpsc::error::TryRecvError::Disconnected)
            );
        }
        assert!(ended.is_cancelled());
    }
}
