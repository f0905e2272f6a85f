//! The mistakes of people: one field of a good command, or its giver.

use chrono::Days;
use serde_json::{Value, json};

use super::*;

const NOBODY: &str = "00000000-0000-8000-8000-000000000000";
/// Fields that hold a day.
const DAYS: [&str; 7] = ["signed_on", "end", "on", "to", "start", "from", "date"];

impl History {
    /// Spoils the command; a few of them stay good all the same.
    pub(super) fn spoil(&self, body: &mut Value, sub: &mut String, step: &Step) {
        let &(_, who, a, b) = step;
        match (a ^ b) % 12 {
            0 => replace(body, "operator_id", json!(NOBODY)),
            1 => replace(body, "contract_id", json!(NOBODY)),
            2 => replace(body, "leave_id", json!(NOBODY)),
            3 => replace(body, "package_id", json!("tidak-ada")),
            4 => *sub = [PPTK, PLH, ADMIN, PPK][usize::from(b % 4)].to_owned(),
            5 => *sub = self.people[usize::from(who) % self.people.len()].to_string(),
            6 => replace(
                body,
                "signed_on",
                json!(self.today + Days::new(u64::from(b % 3))),
            ),
            7 => replace(
                body,
                "month",
                json!(format!("20{}-{:02}", 19 + a % 4, 1 + b % 12)),
            ),
            8 | 9 => misscore(body, b),
            _ => misdate(body, a, b),
        }
    }
}

fn replace(body: &mut Value, field: &str, with: Value) {
    if body.get(field).is_some() {
        body[field] = with;
    }
}

/// Leaves an indicator out, makes one up, or leaves the scale.
fn misscore(body: &mut Value, b: u16) {
    let Some(scores) = body.get_mut("scores").and_then(Value::as_object_mut) else {
        return;
    };
    let first = scores.keys().next().cloned();
    match (b % 4, first) {
        (0, Some(first)) => _ = scores.remove(&first),
        (1, _) => _ = scores.insert("kerapian".to_owned(), json!(3)),
        (_, Some(first)) => _ = scores.insert(first, json!(if b % 4 == 2 { 0 } else { 5 })),
        (_, None) => {}
    }
}

/// Moves one day, often out of its bounds.
fn misdate(body: &mut Value, a: u16, b: u16) {
    let given: Vec<_> = DAYS
        .into_iter()
        .filter(|field| body.get(field).is_some_and(Value::is_string))
        .collect();
    let Some(field) = given.get(usize::from(a) % given.len().max(1)) else {
        return;
    };
    let Some(day) = body[field]
        .as_str()
        .and_then(|day| day.parse::<NaiveDate>().ok())
    else {
        return;
    };
    let by = Days::new([1, 2, 30, 200][usize::from(b % 4)]);
    body[field] = json!(if b % 8 < 4 { day + by } else { day - by });
}
