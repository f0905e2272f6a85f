//! The differences between two versions of one thing, field by field, in words.

use jejak_events::{money::Rupiah, operator::identity::Sex};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Language,
    language::{joined, rupiah},
};

/// A field, with the label that people know it by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// The path in JSON, with dots: `period.start`.
    pub(crate) path: &'static str,
    indonesian: &'static str,
    english: &'static str,
    format: ValueFormat,
}

/// The way to write a field's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ValueFormat {
    /// The text or number as it stands.
    Plain,
    /// A day of the calendar, `1 Oktober 2020`.
    Day,
    /// An amount of money, `Rp 24.750.000`.
    Rupiah,
    /// `male` or `female`, in the words of the language.
    Sex,
}

impl Field {
    pub(crate) const fn new(
        path: &'static str,
        indonesian: &'static str,
        english: &'static str,
    ) -> Self {
        Self {
            path,
            indonesian,
            english,
            format: ValueFormat::Plain,
        }
    }

    pub(crate) const fn format(self, format: ValueFormat) -> Self {
        Self { format, ..self }
    }

    pub(crate) fn label(&self, language: Language) -> &'static str {
        language.pick(self.indonesian, self.english)
    }

    /// The field's value in words; none for a value that is made of others.
    fn value(&self, value: &Value, language: Language) -> Option<String> {
        match value {
            Value::Null => Some("-".to_owned()),
            Value::String(text) => Some(self.text(text, language)),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(true) => Some(language.pick("ya", "yes").to_owned()),
            Value::Bool(false) => Some(language.pick("tidak", "no").to_owned()),
            Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn text(&self, text: &str, language: Language) -> String {
        let formatted = match self.format {
            ValueFormat::Plain => None,
            ValueFormat::Day => text.parse().ok().map(|day| language.day(&day)),
            ValueFormat::Rupiah => text.parse::<Rupiah>().ok().map(|amount| rupiah(&amount)),
            ValueFormat::Sex => serde_json::from_value(text.into())
                .ok()
                .map(|value| sex(value, language).to_owned()),
        };
        formatted.unwrap_or_else(|| text.to_owned())
    }
}

/// The sex as in the civil registry.
pub(crate) fn sex(sex: Sex, language: Language) -> &'static str {
    match sex {
        Sex::Male => language.pick("laki-laki", "male"),
        Sex::Female => language.pick("perempuan", "female"),
    }
}

/// `label: old → new` of each field that differs, in the order of the fields.
pub(crate) fn between<T: Serialize>(
    old: &T,
    new: &T,
    fields: &[Field],
    language: Language,
) -> String {
    let (old, new) = (json(old), json(new));
    let changes = fields.iter().filter_map(|field| {
        let pointer = format!("/{}", field.path.replace('.', "/"));
        let at = |value: &Value| value.pointer(&pointer).cloned().unwrap_or(Value::Null);
        let (old, new) = (at(&old), at(&new));
        let label = field.label(language);
        (old != new).then(
            || match (field.value(&old, language), field.value(&new, language)) {
                (Some(old), Some(new)) => format!("{label} {old} → {new}"),
                _ => label.to_owned(),
            },
        )
    });
    joined("; ", changes)
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jejak_events::Command;
    use serde_json::json;

    use super::*;
    use crate::topics::{PROFILE_FIELDS, TERMS_FIELDS};

    fn paths(value: &Value, prefix: &str, fields: &[Field], found: &mut Vec<String>) {
        for (name, value) in value.as_object().unwrap() {
            let path = format!("{prefix}{name}");
            let is_field = fields.iter().any(|field| field.path == path);
            if value.is_object() && !is_field {
                paths(value, &format!("{path}."), fields, found);
            } else {
                found.push(path);
            }
        }
    }

    /// Goal: each field that changes is named. Method: the bodies that set all fields of a person and of
    /// terms are compared with the labels.
    #[test]
    fn every_change_of_a_person_and_of_terms_is_named() {
        let person = json!({"nik": "6171010101900001", "full_name": "a", "birth_date": "1990-01-01",
            "sex": "male", "birth_place": "a", "address": "a", "domicile_code": "6171",
            "citizenship": "WNI", "phone": "a", "email": "a@b.id", "npwp": "a", "nik_mismatch_evidence": "a",
            "education": {"level": "D3", "major": "a", "institution": "a", "accredited": true, "gpa": "3"}});
        let terms = json!({"package_id": "p", "title": "a", "agency": "a", "fiscal_year": 2020,
            "fund_source": "a", "budget_ceiling": "1", "quota": 1,
            "period": {"start": "2020-10-01", "end": "2020-12-31"}});
        for (name, body, fields) in [
            ("register-operator", person, PROFILE_FIELDS),
            ("publish-terms", terms, TERMS_FIELDS),
        ] {
            let command = Command::parse(name, body.to_string().as_bytes());
            let command = serde_json::to_value(command.unwrap().unwrap()).unwrap();
            let mut found = Vec::new();
            paths(&command, "", fields, &mut found);
            found.retain(|path| path != "package_id");
            found.sort_unstable();
            let mut known: Vec<_> = fields.iter().map(|field| field.path.to_owned()).collect();
            known.sort_unstable();
            assert_eq!(found, known);
        }
    }
}
