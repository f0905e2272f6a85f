//! The labels of fields: the words that people know a field of a request by.

use crate::{Language, changes::Field, topics};

/// Fields that many commands share.
const SHARED: &[Field] = &[
    Field::new("operator_id", "nomor penyedia", "operator id"),
    Field::new("contract_id", "nomor kontrak", "contract id"),
    Field::new("package_id", "kode paket", "package id"),
    Field::new("reason", "alasan", "reason"),
    Field::new("note", "catatan", "note"),
    Field::new("legal_basis", "dasar hukum", "legal basis"),
    Field::new("role", "jabatan", "role"),
    Field::new("officer", "pejabat", "officer"),
    Field::new("nip", "NIP", "NIP"),
    Field::new("officer.name", "nama pejabat", "officer's name"),
    Field::new("name", "nama", "name"),
    Field::new("decree", "dasar keputusan", "decree"),
    Field::new("acting", "pelaksana tugas", "acting"),
    Field::new("kind", "jenis", "kind"),
    Field::new("month", "bulan", "month"),
    Field::new("date", "tanggal", "date"),
    Field::new("on", "tanggal", "day"),
    Field::new("from", "tanggal mulai", "first day"),
    Field::new("to", "tanggal akhir", "last day"),
    Field::new("start", "tanggal mulai", "first day"),
    Field::new("end", "tanggal akhir", "last day"),
    Field::new("education", "pendidikan", "education"),
];

/// The label of the field at a path such as `officer.nip`: the whole path's, else its last name's. An item of a
/// list has the label of the list. A field without a label has none.
pub fn label(path: &str, language: Language) -> Option<&'static str> {
    let path = path.split_once('[').map_or(path, |(list, _)| list);
    if let Some(code) = path.strip_prefix("scores.") {
        return topics::indicator(code, language);
    }
    let find = |path: &str| {
        let mut fields = topics::FIELDS.iter().copied().chain([SHARED]).flatten();
        fields.find(|field| field.path == path)
    };
    let field = find(path).or_else(|| find(path.rsplit('.').next()?))?;
    Some(field.label(language))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jejak_events::Command;
    use serde_json::Value;

    use super::*;

    /// Adds the path of each property of a schema.
    fn paths(
        schema: &Value,
        around: &str,
        named: &BTreeMap<String, Value>,
        found: &mut BTreeSet<String>,
    ) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return paths(&named[name], around, named, found);
        }
        for choices in ["oneOf", "anyOf", "allOf"] {
            for choice in schema[choices].as_array().into_iter().flatten() {
                paths(choice, around, named, found);
            }
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let path = match around {
                "" => name.clone(),
                around => format!("{around}.{name}"),
            };
            paths(member, &path, named, found);
            found.insert(path);
        }
    }

    /// Goal: a refusal never shows a path. Method: the fields of every command's schema are looked up.
    #[test]
    fn every_field_of_every_command_has_a_label() {
        let json = |schema| serde_json::to_value(schema).unwrap();
        let named: BTreeMap<_, _> = Command::referenced_schemas()
            .into_iter()
            .map(|(name, schema)| (name, json(schema)))
            .collect();
        let mut found = BTreeSet::new();
        for (_, body) in Command::schemas() {
            paths(&json(body), "", &named, &mut found);
        }
        assert!(found.len() > 90, "{}", found.len());
        let unlabelled: Vec<_> = found
            .iter()
            .filter(|path| label(path, Language::Indonesian).is_none())
            .collect();
        assert!(unlabelled.is_empty(), "{unlabelled:?}");
    }

    #[test]
    fn an_item_and_a_score_have_labels() {
        let label = |path| label(path, Language::Indonesian);
        assert_eq!(label("eligibility.majors[2]"), Some("jurusan"));
        assert_eq!(label("scores.roll_call"), Some("apel"));
        assert_eq!(label("scores.of_another_scheme"), None);
    }
}
