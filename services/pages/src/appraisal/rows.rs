//! The rows of a month: what the API says of each person, and what was typed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use jejak_words::place_on_form;
use serde::Deserialize;

use crate::{answer::Refused, change::handlers::new_key, sent::Sent};

/// A month of a contract, appraised or not.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Appraisal {
    pub(super) operator_id: String,
    /// None once erased.
    pub(super) operator_name: Option<String>,
    pub(super) contract_id: String,
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    pub(super) elements: BTreeMap<String, Vec<String>>,
    pub(super) scale_min: u8,
    pub(super) scale_max: u8,
    pub(super) since: NaiveDate,
    pub(super) due: NaiveDate,
    pub(super) status: Status,
    pub(super) late: bool,
    pub(super) scores: Option<BTreeMap<String, u8>>,
    pub(super) total: Option<u32>,
    pub(super) category: Option<String>,
    pub(super) revision: u32,
    pub(super) signed_on: Option<NaiveDate>,
    pub(super) note: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) evaluation: String,
}

/// The status of a month on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Upcoming,
    Open,
    Appraised,
    Waived,
}

/// An element with its indicators, in the order of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) code: String,
    pub(super) indicators: Vec<String>,
}

/// The elements of all months together. Contracts of one package may have different terms.
pub(super) fn elements(appraisals: &[Appraisal]) -> Vec<Element> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (element, indicators) in appraisals.iter().flat_map(|appraisal| &appraisal.elements) {
        let known = all.entry(element).or_default();
        known.extend(indicators.iter().map(String::as_str));
    }
    let mut elements: Vec<_> = all
        .into_iter()
        .map(|(code, indicators)| {
            let mut indicators: Vec<_> = indicators.into_iter().map(str::to_owned).collect();
            indicators.sort_by_key(|indicator| place_on_form(indicator));
            Element {
                code: code.to_owned(),
                indicators,
            }
        })
        .collect();
    let first = |element: &Element| element.indicators.first().map(|code| place_on_form(code));
    elements.sort_by_key(first);
    elements
}

/// The command that a row gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The row is to be read only.
    Shown,
    Submit,
    Correct,
}

/// A score as it is drawn.
pub(super) struct Cell {
    pub(super) code: String,
    pub(super) value: String,
    /// Whether the contract's terms have the indicator.
    pub(super) is_asked: bool,
    /// Whether the first of its element.
    pub(super) starts: bool,
    pub(super) is_wrong: bool,
}

/// A row as it is drawn.
pub(super) struct Row {
    pub(super) appraisal: Appraisal,
    pub(super) spk_number: Option<String>,
    pub(super) mode: Mode,
    pub(super) may_waive: bool,
    pub(super) cells: Vec<Cell>,
    pub(super) key: String,
    pub(super) waiver_key: String,
    pub(super) note: String,
    pub(super) reason: String,
    /// The API's refusal of what was typed.
    pub(super) problem: Option<String>,
    /// The fields that the refusal is about.
    wrong: BTreeSet<String>,
    /// Whether the refusal is of a waiver.
    pub(super) is_waiver_refused: bool,
    /// Whether the row is begun next.
    pub(super) is_next: bool,
}

impl Row {
    pub(super) fn of(
        appraisal: Appraisal,
        mode: Mode,
        elements: &[Element],
        sent: Option<&Sent>,
    ) -> Self {
        let wrong = sent.map(|sent| wrong(&sent.refused)).unwrap_or_default();
        let is_waiver_refused = sent.is_some_and(|sent| sent.gave("waive"));
        // A refused waiver has typed no scores.
        let sent_scores = sent.filter(|_| !is_waiver_refused);
        let sent_waiver = sent.filter(|_| is_waiver_refused);
        let typed = sent_scores.map(|sent| &sent.typed);
        let key = |sent: Option<&Sent>| sent.map_or_else(new_key, |sent| sent.key.clone());
        let cells = elements.iter().flat_map(|element| {
            let cell = |(n, code): (usize, &String)| Cell {
                value: match typed {
                    Some(typed) => typed.get(&score_field(code)).to_owned(),
                    None => appraisal.score(code),
                },
                is_asked: appraisal.has(code),
                starts: n == 0,
                is_wrong: wrong.contains(code),
                code: code.clone(),
            };
            element.indicators.iter().enumerate().map(cell)
        });
        let kept = appraisal.note.clone().unwrap_or_default();
        Self {
            cells: cells.collect(),
            key: key(sent_scores),
            waiver_key: key(sent_waiver),
            note: typed.map_or(kept, |typed| typed.get("note").to_owned()),
            reason: sent.map_or_else(String::new, |sent| sent.typed.get("reason").to_owned()),
            problem: sent.map(Sent::problem),
            wrong,
            is_waiver_refused,
            is_next: false,
            may_waive: false,
            spk_number: None,
            mode,
            appraisal,
        }
    }

    pub(super) fn is_form(&self) -> bool {
        self.mode != Mode::Shown
    }

    pub(super) fn is_correction(&self) -> bool {
        self.mode == Mode::Correct
    }

    /// Whether the row has a field for a note: the reason of a late signature, or what was noted before.
    pub(super) fn has_note(&self) -> bool {
        match self.mode {
            Mode::Shown => false,
            Mode::Submit => self.appraisal.late || !self.note.is_empty(),
            Mode::Correct => !self.note.is_empty(),
        }
    }

    pub(super) fn is_wrong(&self, field: &str) -> bool {
        self.wrong.contains(field)
    }

    /// Whether the contract has less than the whole month.
    pub(super) fn is_broken(&self) -> bool {
        let month = jejak_events::date::Month::of(self.appraisal.from);
        (self.appraisal.from, self.appraisal.to) != (month.first(), month.last())
    }

    /// The most digits of a score.
    pub(super) fn digits(&self) -> usize {
        self.appraisal.scale_max.to_string().len()
    }
}

impl Appraisal {
    pub(super) fn is(&self, status: Status) -> bool {
        self.status == status
    }

    pub(super) fn is_open(&self) -> bool {
        self.is(Status::Open)
    }

    pub(super) fn is_upcoming(&self) -> bool {
        self.is(Status::Upcoming)
    }

    pub(super) fn is_waived(&self) -> bool {
        self.is(Status::Waived)
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.status, Status::Appraised | Status::Waived)
    }

    pub(super) fn is_final(&self) -> bool {
        self.evaluation == "final"
    }

    fn has(&self, indicator: &str) -> bool {
        let mut all = self.elements.values().flatten();
        all.any(|code| code == indicator)
    }

    fn score(&self, indicator: &str) -> String {
        let score = self
            .scores
            .as_ref()
            .and_then(|scores| scores.get(indicator));
        score.map_or_else(String::new, u8::to_string)
    }
}

/// The name of the field with the score of an indicator.
pub(super) fn score_field(indicator: &str) -> String {
    format!("scores.{indicator}")
}

/// The fields that a refusal is about: indicators by their codes, `reason` or `note`.
fn wrong(refused: &Refused) -> BTreeSet<String> {
    let lists = ["missing", "unknown", "outside_scale"];
    let listed = lists
        .iter()
        .filter_map(|list| refused.document[*list].as_array())
        .flatten()
        .filter_map(|name| name.as_str());
    let fields = listed.chain([refused.text("path")]);
    fields
        .map(|field| field.strip_prefix("scores.").unwrap_or(field).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::form::Form;

    fn appraisal(elements: serde_json::Value) -> Appraisal {
        serde_json::from_value(json!({
            "operator_id": "o", "operator_name": "Sari", "contract_id": "c", "from": "2020-11-16",
            "to": "2020-11-30", "elements": elements, "scale_min": 1, "scale_max": 4,
            "since": "2020-11-25", "due": "2020-12-05", "status": "open", "late": true, "scores": null,
            "total": null, "category": null, "revision": 0, "signed_on": null,
            "evaluation": "provisional",
        }))
        .unwrap()
    }

    #[test]
    fn columns_stand_in_the_order_of_the_form_and_others_follow() {
        let kak = json!({"compliance": ["obligations", "prohibitions"],
            "discipline": ["attendance", "roll_call"],
            "responsibility": ["completion", "quality", "timeliness"]});
        let other = json!({"art": ["zeal", "craft"]});
        let elements = elements(&[appraisal(kak), appraisal(other)]);
        let codes: Vec<_> = elements
            .iter()
            .map(|element| (element.code.as_str(), element.indicators.join(" ")))
            .collect();
        assert_eq!(
            codes,
            [
                ("discipline", "attendance roll_call".to_owned()),
                ("responsibility", "completion timeliness quality".to_owned()),
                ("compliance", "obligations prohibitions".to_owned()),
                ("art", "craft zeal".to_owned()),
            ]
        );
    }

    #[test]
    fn a_refused_row_keeps_what_was_typed_and_marks_its_fields() {
        let november = appraisal(json!({"discipline": ["attendance", "roll_call"]}));
        let elements = elements(std::slice::from_ref(&november));
        let refused = Refused {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            document: json!({"title": "Nilai salah", "detail": "Periksa.",
                "missing": ["roll_call"], "outside_scale": ["attendance"]}),
            may_retry: false,
        };
        let typed = Form::of(&[
            ("perintah", "submit"),
            ("contract", "c"),
            ("scores.attendance", "5"),
            ("note", "telat"),
        ]);
        let sent = Sent {
            typed,
            key: "k".to_owned(),
            refused,
        };
        let row = Row::of(november, Mode::Submit, &elements, Some(&sent));
        let cells: Vec<_> = row
            .cells
            .iter()
            .map(|cell| (cell.value.as_str(), cell.is_wrong))
            .collect();
        assert_eq!(cells, [("5", true), ("", true)]);
        assert_eq!((row.key.as_str(), row.note.as_str()), ("k", "telat"));
        assert_eq!(row.problem.as_deref(), Some("Nilai salah. Periksa."));
        assert!(row.is_broken() && row.has_note() && row.digits() == 1);
    }
}
