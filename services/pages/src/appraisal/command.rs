//! A row that was sent, as a command.

use serde_json::{Map, Value, json};

use super::rows::score_field;
use crate::{change::values::day, form::Form};

/// The commands of a row: the value of its field `perintah`, and the command's name.
const COMMANDS: [(&str, &str); 3] = [
    ("submit", "submit-monthly-appraisal"),
    ("correct", "correct-monthly-appraisal"),
    ("waive", "waive-month"),
];

/// The name and the body of the command. None for a row without a known command.
pub(super) fn of(typed: &Form, month: &str) -> Option<(&'static str, Value)> {
    let (_, name) = COMMANDS
        .iter()
        .find(|(known, _)| *known == typed.get("perintah"))?;
    let mut body = Map::new();
    let mut put = |member: &str, text: &str| {
        if !text.trim().is_empty() {
            body.insert(member.to_owned(), json!(text.trim()));
        }
    };
    put("operator_id", typed.get("operator"));
    put("contract_id", typed.get("contract"));
    put("month", month);
    put("reason", typed.get("reason"));
    if *name != "waive-month" {
        put("note", typed.get("note"));
        put("signed_on", &day(typed.get("tanggal").trim()));
        body.insert("scores".to_owned(), scores(typed));
    }
    Some((name, Value::Object(body)))
}

/// The scores that were filled in. What is no number goes on as it is, so the API refuses it.
fn scores(typed: &Form) -> Value {
    let filled = typed.fields().filter_map(|(name, value)| {
        let code = name.strip_prefix(&score_field(""))?;
        let value = value.trim();
        let number = value
            .parse::<i64>()
            .map_or(json!(value), |number| json!(number));
        (!value.is_empty()).then(|| (code.to_owned(), number))
    });
    Value::Object(filled.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_command_that_the_api_takes() {
        let typed = Form::of(&[
            ("perintah", "submit"),
            ("operator", "o"),
            ("contract", "c"),
            ("scores.attendance", " 4 "),
            ("scores.quality", "baik"),
            ("scores.roll_call", ""),
            ("tanggal", "3/12/2020"),
            ("note", " "),
        ]);
        let (name, body) = of(&typed, "2020-11").unwrap();
        assert_eq!(name, "submit-monthly-appraisal");
        assert_eq!(
            body,
            json!({"operator_id": "o", "contract_id": "c", "month": "2020-11",
                "signed_on": "2020-12-03", "scores": {"attendance": 4, "quality": "baik"}})
        );
        let typed = Form::of(&[("perintah", "waive"), ("reason", "cuti"), ("tanggal", "x")]);
        let (name, body) = of(&typed, "2020-11").unwrap();
        assert_eq!(
            (name, body),
            ("waive-month", json!({"month": "2020-11", "reason": "cuti"}))
        );
        assert!(of(&Form::of(&[("perintah", "erase")]), "2020-11").is_none());
    }
}
