//! An answer of the API as it would be typed: the reverse of `values.rs`.

use chrono::NaiveDate;
use jejak_events::money::Rupiah;
use serde_json::Value;

use super::{
    forms::{CommandForm, FieldKind},
    values::{typed_day, typed_money},
};
use crate::form::Form;

/// The fields of a form that an answer has, each as it would be typed.
pub(super) fn typed(form: &CommandForm, answer: &Value) -> Form {
    let fields = form.fields().filter_map(|field| {
        let at = format!("/{}", field.path.replace('.', "/"));
        Some((field.path, text(field.kind, answer.pointer(&at)?)?))
    });
    Form::of(
        &fields
            .collect::<Vec<_>>()
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect::<Vec<_>>(),
    )
}

/// A value as it would be typed; none for an absent one, and for one of another kind.
fn text(kind: FieldKind, value: &Value) -> Option<String> {
    let plain = || match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match kind {
        FieldKind::Day => {
            let day: NaiveDate = serde_json::from_value(value.clone()).ok()?;
            Some(typed_day(&day))
        }
        FieldKind::Money => {
            let amount: Rupiah = serde_json::from_value(value.clone()).ok()?;
            Some(typed_money(&amount))
        }
        FieldKind::Decimal => Some(plain()?.replace('.', ",")),
        FieldKind::Truth => Some(if value.as_bool()? { "1" } else { "" }.to_owned()),
        FieldKind::Lines => Some(list(value)?.join("\n")),
        FieldKind::Elements => {
            let elements = value.as_object()?.iter();
            let lines = elements.map(|(name, indicators)| {
                Some(format!("{name}: {}", list(indicators)?.join(", ")))
            });
            Some(lines.collect::<Option<Vec<_>>>()?.join("\n"))
        }
        FieldKind::Line
        | FieldKind::Digits
        | FieldKind::Text
        | FieldKind::Number(_)
        | FieldKind::Choice(_)
        | FieldKind::Package
        | FieldKind::Whole => plain(),
    }
}

fn list(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use jejak_events::package::policy::{
        AppraisalPolicy, Eligibility, EvaluationPolicy, LeavePolicy, WarningPolicy,
    };
    use serde_json::json;

    use super::{
        super::{forms::AMEND_TERMS, ids::Ids, values::body},
        *,
    };

    /// Goal: amending terms without a change sends the terms as they are. Method: terms of every kind of
    /// field, typed and read again.
    #[test]
    fn what_is_typed_of_an_answer_is_read_as_that_answer() {
        let terms = json!({
            "title": "Tenaga IT", "agency": "BKPSDM", "fiscal_year": 2020, "fund_source": "APBD",
            "budget_ceiling": "24750000.5", "quota": 3,
            "period": {"start": "2020-10-01", "end": "2020-12-31"},
            "eligibility": Eligibility::default(), "leave": LeavePolicy::default(),
            "appraisal": AppraisalPolicy::default(), "evaluation": EvaluationPolicy::default(),
            "warnings": WarningPolicy::default(), "officers_may": "any",
        });
        let sent = body(&AMEND_TERMS, &typed(&AMEND_TERMS, &terms), &Ids::default());
        let mut expected = terms;
        // There is one unit, which nobody chooses.
        expected["leave"].as_object_mut().unwrap().remove("unit");
        assert_eq!(sent, expected);
    }

    #[test]
    fn an_empty_list_is_sent_as_a_list() {
        let typed = Form::of(&[("eligibility.majors", " \r\n")]);
        let sent = body(&AMEND_TERMS, &typed, &Ids::default());
        assert_eq!(sent["eligibility"]["majors"], json!([]));
    }

    #[test]
    fn elements_are_read_line_by_line() {
        let typed = Form::of(&[("appraisal.elements", "a : x , y\r\n\r\nb\r\nc:")]);
        let sent = body(&AMEND_TERMS, &typed, &Ids::default());
        assert_eq!(
            sent["appraisal"]["elements"],
            json!({"a": ["x", "y"], "b": [], "c": []})
        );
    }
}
