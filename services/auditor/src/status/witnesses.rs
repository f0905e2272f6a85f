//! What is known of each witness elsewhere.

use std::{collections::BTreeMap, time::Instant};

use jejak_bus::health::WitnessHealth;

use crate::note;

/// What the last attempt at a witness showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WitnessNews {
    /// It has the checkpoint of so many entries.
    Has(u64),
    /// It cannot be reached, or does not answer as a witness of this log.
    Away(String),
    /// It has a checkpoint that the tree does not extend.
    Contradicts(String),
}

/// The witnesses by name.
#[derive(Debug, Clone, Default)]
pub(super) struct WitnessStatuses {
    known: BTreeMap<String, WitnessStatus>,
}

#[derive(Debug, Clone, Default)]
struct WitnessStatus {
    position: u64,
    away: Option<(Instant, String)>,
    contradicts: Option<String>,
    /// The last cosigned text, and the line of the cosignature.
    cosignature: Option<(Vec<u8>, Vec<u8>)>,
}

impl WitnessStatuses {
    pub(super) fn note(&mut self, witness: &str, news: WitnessNews) {
        let known = self.known.entry(witness.to_owned()).or_default();
        match news {
            WitnessNews::Has(position) => {
                if known.away.is_some() || known.contradicts.is_some() {
                    tracing::info!(witness, position, "the witness has the checkpoint again");
                }
                known.position = position;
                (known.away, known.contradicts) = (None, None);
            }
            WitnessNews::Away(reason) => {
                if known.away.is_none() {
                    tracing::warn!(witness, %reason, "a witness gets no checkpoint, trying again");
                }
                let since = known.away.as_ref().map(|(since, _)| *since);
                known.away = Some((since.unwrap_or_else(Instant::now), reason));
            }
            WitnessNews::Contradicts(reason) => {
                if known.contradicts.is_none() {
                    tracing::error!(witness, %reason, "a witness contradicts the signed tree; see docs/operating/audit.md, Witnesses");
                }
                (known.contradicts, known.away) = (Some(reason), None);
            }
        }
    }

    pub(super) fn cosigned(&mut self, witness: &str, text: Vec<u8>, line: Vec<u8>) {
        let known = self.known.entry(witness.to_owned()).or_default();
        known.cosignature = Some((text, line));
    }

    /// Whether anything is known of a witness.
    pub(super) fn has_news_of(&self, witness: &str) -> bool {
        self.known.contains_key(witness)
    }

    /// Whether each witness has the checkpoint of this position. One that is away or contradicts will
    /// not have it soon.
    pub(super) fn have(&self, position: u64) -> bool {
        self.known.values().all(|known| {
            known.position >= position || known.away.is_some() || known.contradicts.is_some()
        })
    }

    /// A checkpoint with the cosignatures of exactly this checkpoint.
    pub(super) fn with_cosignatures(&self, checkpoint: &[u8]) -> Vec<u8> {
        let mut shown = checkpoint.to_vec();
        let text = note::text(checkpoint);
        let all = self
            .known
            .values()
            .filter_map(|known| known.cosignature.as_ref());
        for (cosigned, line) in all {
            if text.as_ref() == Some(cosigned) {
                shown.extend(line);
            }
        }
        shown
    }

    pub(super) fn health(&self) -> Vec<WitnessHealth> {
        let all = self.known.iter();
        all.map(|(name, known)| WitnessHealth {
            name: name.clone(),
            position: known.position,
            away: super::obstacle(known.away.as_ref()),
            contradicts: known.contradicts.clone(),
        })
        .collect()
    }
}
