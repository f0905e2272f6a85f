//! The history of a package or of a calendar: events in plain words.

use jejak_words::Language;

use crate::{answer::Asker, records::HistoryItem};

/// An event with its time in the office's zone.
pub(crate) struct HistoryLine {
    pub(crate) item: HistoryItem,
    pub(crate) when: String,
}

impl HistoryLine {
    /// The lines of events, which come in their order in the log.
    pub(crate) fn latest_first(
        asker: Asker<'_>,
        language: Language,
        items: Vec<HistoryItem>,
    ) -> Vec<Self> {
        let lines = items.into_iter().rev().map(|item| Self {
            when: asker.local_time(item.time, language),
            item,
        });
        lines.collect()
    }
}
