//! The form of a decree of many days. Each row is a command of its own, under a key that follows from the
//! key of the form and the day. So the same form sent twice declares each day once.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use super::RECORDED;
use crate::{
    answer::{Asker, POSITION, Refused},
    change::{KEY, day, new_key, role_missing},
    context::Context,
    form::Form,
    frame::{Frame, Section},
    html,
    office::Person,
    session::Pages,
};

const COMMAND: &str = "declare-holiday";
/// Rows of a new form. A joint decree has about 24 days.
const ROWS: usize = 12;
/// The most rows of one form.
const MOST_ROWS: usize = 60;
/// The field with the number of rows, and the name of the button for more of them.
const COUNT: &str = "baris";
const MORE: &str = "lagi";

#[derive(Template)]
#[template(path = "decree.html")]
struct DecreePage {
    f: Frame,
    key: String,
    decree: String,
    /// The refusal of the decree itself, which each row has.
    decree_error: Option<String>,
    rows: Vec<Row>,
    /// The numbers of rows that were recorded, and refused.
    recorded: usize,
    refused: usize,
    may_have_more: bool,
}

/// A row of the form.
#[derive(Default)]
struct Row {
    number: usize,
    date: String,
    kind: String,
    name: String,
    outcome: Outcome,
}

/// What became of a row.
#[derive(Default)]
enum Outcome {
    /// It is empty, or was not sent.
    #[default]
    None,
    Recorded {
        position: u64,
    },
    Refused {
        /// The field that the refusal is about.
        field: RowField,
        words: String,
    },
}

/// A field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowField {
    Date,
    Kind,
    Name,
    /// The decree stands once, above all rows.
    Decree,
}

impl Row {
    fn typed(form: &Form, number: usize) -> Self {
        let field = |name: &str| form.get(&format!("{name}-{number}")).trim().to_owned();
        Self {
            number,
            date: field("date"),
            kind: field("kind"),
            name: field("name"),
            outcome: Outcome::None,
        }
    }

    fn is_empty(&self) -> bool {
        self.date.is_empty() && self.name.is_empty()
    }

    fn is_recorded(&self) -> bool {
        matches!(self.outcome, Outcome::Recorded { .. })
    }

    fn position(&self) -> Option<u64> {
        match self.outcome {
            Outcome::Recorded { position } => Some(position),
            Outcome::None | Outcome::Refused { .. } => None,
        }
    }

    /// The words of the row's refusal.
    fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Refused { words, .. } => Some(words),
            Outcome::None | Outcome::Recorded { .. } => None,
        }
    }

    fn is_about(&self, at: RowField) -> bool {
        matches!(&self.outcome, Outcome::Refused { field, .. } if *field == at)
    }

    fn is_wrong_date(&self) -> bool {
        self.is_about(RowField::Date)
    }

    fn is_wrong_kind(&self) -> bool {
        self.is_about(RowField::Kind)
    }

    fn is_wrong_name(&self) -> bool {
        self.is_about(RowField::Name)
    }

    /// The key of the row's command. It follows from the day, so rows may change their places.
    fn key(&self, form_key: &str) -> String {
        let date = day(&self.date);
        match date.parse::<NaiveDate>() {
            Ok(date) if self.kind.len() <= 15 => format!("{form_key}-{date}{}", self.kind),
            Ok(_) | Err(_) => format!("{form_key}-{}", self.number),
        }
    }

    fn command(&self, decree: &str) -> Value {
        let fields = [
            ("date", day(&self.date)),
            ("kind", self.kind.clone()),
            ("name", self.name.clone()),
            ("decree", decree.to_owned()),
        ];
        let filled = fields.into_iter().filter(|(_, value)| !value.is_empty());
        Value::Object(
            filled
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect(),
        )
    }
}

impl DecreePage {
    fn new(context: &Context, person: &Person, form: &Form, rows: usize, key: String) -> Self {
        Self {
            f: Frame::new(context, Some(person), Section::Calendar),
            key,
            decree: form.get("decree").trim().to_owned(),
            decree_error: None,
            rows: (1..=rows).map(|number| Row::typed(form, number)).collect(),
            recorded: 0,
            refused: 0,
            may_have_more: rows < MOST_ROWS,
        }
    }

    /// Gives the command of each row that is filled in, one after the other: all days of a year are in one
    /// stream.
    async fn give(&mut self, asker: Asker<'_>) {
        for row in self.rows.iter_mut().filter(|row| !row.is_empty()) {
            let (key, command) = (row.key(&self.key), row.command(&self.decree));
            row.outcome = match asker.give(COMMAND, &key, &command).await {
                Ok(given) => Outcome::Recorded {
                    position: given.position,
                },
                Err(refused) => Outcome::Refused {
                    field: field_of(&refused),
                    words: format!("{}. {}", refused.text("title"), refused.text("detail")),
                },
            };
        }
        let about_decree = self.rows.iter().find(|row| row.is_about(RowField::Decree));
        self.decree_error = about_decree.and_then(Row::error).map(str::to_owned);
        self.recorded = self.rows.iter().filter(|row| row.is_recorded()).count();
        self.refused = self.rows.iter().filter_map(Row::error).count();
    }

    /// The page of the year after all rows were recorded.
    fn done(&self) -> Option<String> {
        let last = self.rows.iter().filter_map(Row::position).max()?;
        let first = self.rows.iter().find(|row| row.is_recorded())?;
        let year = day(&first.date).parse::<NaiveDate>().ok()?.year();
        let count = self.recorded;
        (self.refused == 0)
            .then(|| format!("/kalender/{year}?{POSITION}={last}&{RECORDED}={count}"))
    }
}

/// The field that a refusal is about.
fn field_of(refused: &Refused) -> RowField {
    let missing = refused.document["missing"][0].as_str();
    match missing.unwrap_or_else(|| refused.text("path")) {
        "decree" => RowField::Decree,
        "kind" => RowField::Kind,
        "name" => RowField::Name,
        _ => RowField::Date,
    }
}

/// The empty form.
pub(super) async fn form(State(pages): State<Pages>, context: Context) -> Response {
    answer(&pages, &context, None).await
}

/// Declares the days of a decree.
pub(super) async fn declare(State(pages): State<Pages>, context: Context, typed: Form) -> Response {
    answer(&pages, &context, Some(typed)).await
}

async fn answer(pages: &Pages, context: &Context, sent: Option<Form>) -> Response {
    let person = match pages.person(context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(pages, context, &person);
    if sent.is_none() && !person.actor.may_command(COMMAND) {
        return asker.refusal(&role_missing(context, COMMAND));
    }
    let Some(typed) = sent else {
        let page = DecreePage::new(context, &person, &Form::default(), ROWS, new_key());
        return html::page(context, StatusCode::OK, &page);
    };
    let rows = typed.get(COUNT).parse().unwrap_or(ROWS).min(MOST_ROWS);
    let key = typed.get(KEY).to_owned();
    if !typed.get(MORE).is_empty() {
        let rows = (rows + ROWS).min(MOST_ROWS);
        let page = DecreePage::new(context, &person, &typed, rows, key);
        return html::page(context, StatusCode::OK, &page);
    }
    let mut page = DecreePage::new(context, &person, &typed, rows, key);
    page.give(asker).await;
    if let Some(path) = page.done() {
        return html::see_other(&path);
    }
    html::page(context, StatusCode::UNPROCESSABLE_ENTITY, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(date: &str, kind: &str) -> Row {
        Row {
            number: 3,
            date: date.to_owned(),
            kind: kind.to_owned(),
            name: "Natal".to_owned(),
            outcome: Outcome::None,
        }
    }

    /// Goal: a key is one that the API takes, and the same day has the same one in any row.
    #[test]
    fn the_key_of_a_row_follows_from_form_and_day() {
        let form = "8c7bb8e0-44b1-4a5e-9d11-1f7a1b2c3d4e";
        let key = row("25/12/2020", "public_holiday").key(form);
        assert_eq!(key, format!("{form}-2020-12-25public_holiday"));
        assert!(key.len() <= 64, "{}", key.len());
        assert_ne!(row("25/12/2020", "joint_leave").key(form), key);
        for wrong in ["Natal / 25", "31/02/2020", ""] {
            assert_eq!(row(wrong, "joint_leave").key(form), format!("{form}-3"));
        }
        assert_eq!(
            row("25/12/2020", &"x".repeat(16)).key(form),
            format!("{form}-3")
        );
    }

    #[test]
    fn a_row_sends_what_was_filled_in() {
        let sent = row("1/5/2020", "").command("SKB");
        let expected = json!({"date": "2020-05-01", "name": "Natal", "decree": "SKB"});
        assert_eq!(sent, expected);
    }
}
