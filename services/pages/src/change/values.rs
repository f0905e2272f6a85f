//! What was typed, as the API reads it. A text in no known form goes on as it is, so the API refuses it.

use serde_json::{Map, Value, json};

use super::{
    forms::{CommandForm, Field, FieldKind},
    ids::Ids,
};
use crate::form::Form;

/// The command's body: the fields that were filled in, each at its place.
pub(super) fn body(form: &CommandForm, typed: &Form, ids: &Ids) -> Value {
    let mut body = Map::new();
    for (name, id) in &ids.0 {
        body.insert(name.clone(), json!(id));
    }
    for field in form.fields() {
        if let Some(value) = value(field, typed.get(field.path)) {
            insert(&mut body, field.path, value);
        }
    }
    Value::Object(body)
}

fn insert(body: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            body.insert(path.to_owned(), value);
        }
        Some((outer, inner)) => {
            let outer = body.entry(outer).or_insert_with(|| json!({}));
            if let Value::Object(outer) = outer {
                insert(outer, inner, value);
            }
        }
    }
}

/// The value of a field; none for one that was left empty.
fn value(field: &Field, typed: &str) -> Option<Value> {
    let typed = typed.trim();
    match field.kind {
        FieldKind::Truth => return Some(json!(!typed.is_empty())),
        // An empty list is a list.
        FieldKind::Lines => return Some(json!(lines(typed))),
        _ => {}
    }
    if typed.is_empty() {
        return None;
    }
    Some(match field.kind {
        FieldKind::Day => json!(day(typed)),
        FieldKind::Money => json!(money(typed)),
        FieldKind::Decimal => json!(typed.replace(',', ".")),
        FieldKind::Number(_) => typed
            .parse::<u8>()
            .map_or(json!(typed), |number| json!(number)),
        FieldKind::Whole => typed
            .parse::<i64>()
            .map_or(json!(typed), |number| json!(number)),
        FieldKind::Lines => json!(lines(typed)),
        FieldKind::Elements => elements(typed),
        // A browser sends line ends as CR LF.
        FieldKind::Text => json!(typed.replace("\r\n", "\n")),
        FieldKind::Line
        | FieldKind::Digits
        | FieldKind::Choice(_)
        | FieldKind::Package
        | FieldKind::Truth => json!(typed),
    })
}

/// The lines that are not empty.
fn lines(typed: &str) -> Vec<&str> {
    let lines = typed.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

/// `discipline: attendance, roll_call`, one a line, as an object of lists.
fn elements(typed: &str) -> Value {
    let elements = lines(typed).into_iter().map(|line| {
        let (name, list) = line.split_once(':').unwrap_or((line, ""));
        let list = list.split(',').map(str::trim);
        let list = list.filter(|code| !code.is_empty()).map(|code| json!(code));
        (name.trim().to_owned(), list.collect())
    });
    Value::Object(elements.collect())
}

/// `31/12/2020` as `2020-12-31`. Whether there is such a day is not judged here.
pub(crate) fn day(typed: &str) -> String {
    let parts: Vec<_> = typed.split('/').map(str::trim).collect();
    let is_number = |text: &str, most| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    match parts[..] {
        [day, month, year]
            if is_number(day, 2)
                && is_number(month, 2)
                && year.len() == 4
                && is_number(year, 4) =>
        {
            format!("{year}-{month:0>2}-{day:0>2}")
        }
        _ => typed.to_owned(),
    }
}

/// `2020-12-31` as `31/12/2020`.
pub(crate) fn typed_day(day: &chrono::NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// `Rp 2.601.875,50` as `2601875.50`. Dots count only where each of them parts three digits.
pub(super) fn money(typed: &str) -> String {
    let amount = typed.strip_prefix("Rp").unwrap_or(typed).trim();
    let (whole, cents) = amount.split_once(',').unwrap_or((amount, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    let is_grouped = (1..=3).contains(&first.len())
        && is_number(first)
        && groups
            .clone()
            .all(|group| group.len() == 3 && is_number(group));
    let is_plain = !whole.is_empty() && is_number(whole);
    if !(is_grouped || is_plain) || !is_number(cents) {
        return amount.to_owned();
    }
    let whole = whole.replace('.', "");
    match cents {
        "" => whole,
        cents => format!("{whole}.{cents}"),
    }
}

/// `2601875` as `2.601.875`.
pub(super) fn typed_money(amount: &jejak_events::money::Rupiah) -> String {
    jejak_words::rupiah(amount).replace("Rp ", "")
}

#[cfg(test)]
mod tests {
    use super::{
        super::forms::{AMEND, HIRE, WARN},
        *,
    };

    #[test]
    fn days_and_amounts_are_read_as_an_office_writes_them() {
        for (typed, read) in [
            ("31/12/2020", "2020-12-31"),
            ("1/2/2020", "2020-02-01"),
            ("31/02/2020", "2020-02-31"),
            ("2020-12-31", "2020-12-31"),
            ("31/12/20", "31/12/20"),
            ("kemarin", "kemarin"),
        ] {
            assert_eq!(day(typed), read);
        }
        for (typed, read) in [
            ("2.601.875", "2601875"),
            ("2601875", "2601875"),
            ("Rp 24.750.000,50", "24750000.50"),
            ("2.60", "2.60"),
            ("1.5000", "1.5000"),
            ("-5", "-5"),
            ("", ""),
            ("dua juta", "dua juta"),
        ] {
            assert_eq!(money(typed), read, "{typed}");
        }
        let amount = "2601875".parse().unwrap();
        assert_eq!(money(&typed_money(&amount)), "2601875");
    }

    #[test]
    fn a_body_has_the_filled_fields_at_their_places() {
        let typed = Form::of(&[
            ("spk_number", " 800/1 "),
            ("monthly.wage", "1.000"),
            ("start", "1/10/2020"),
        ]);
        let mut ids = Ids::default();
        ids.add("operator_id", "x".to_owned());
        assert_eq!(
            body(&HIRE, &typed, &ids),
            json!({"operator_id": "x", "spk_number": "800/1", "start": "2020-10-01",
                "monthly": {"wage": "1000"}, "integrity_pact": false})
        );
        assert_eq!(body(&AMEND, &Form::default(), &Ids::default()), json!({}));
        let typed = Form::of(&[("level", "2"), ("reason", "a\r\nb")]);
        assert_eq!(
            body(&WARN, &typed, &Ids::default()),
            json!({"level": 2, "reason": "a\nb"})
        );
    }
}
