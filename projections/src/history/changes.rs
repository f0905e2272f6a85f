//! What differs between two versions of the same thing, field by field, in words.

use jejak_events::rejection::words::Language;
use serde::Serialize;
use serde_json::Value;

/// Names of fields, as people say them: path, Indonesian, English.
pub(super) type Labels = [(&'static str, &'static str, &'static str)];

/// The fields of particulars.
pub(super) const PROFILE: &Labels = &[
    ("nik", "NIK", "NIK"),
    ("full_name", "nama", "name"),
    ("birth_date", "tanggal lahir", "date of birth"),
    ("sex", "jenis kelamin", "sex"),
    ("birth_place", "tempat lahir", "place of birth"),
    ("address", "alamat", "address"),
    ("domicile_code", "kode domisili", "domicile code"),
    ("citizenship", "kewarganegaraan", "citizenship"),
    (
        "education.level",
        "jenjang pendidikan",
        "level of education",
    ),
    ("education.major", "jurusan", "major"),
    ("education.institution", "perguruan tinggi", "institution"),
    ("education.accredited", "akreditasi", "accreditation"),
    ("education.gpa", "IPK", "GPA"),
    ("phone", "telepon", "telephone"),
    ("email", "surel", "e-mail"),
    ("npwp", "NPWP", "NPWP"),
    ("nik_mismatch_evidence", "bukti NIK", "evidence for the NIK"),
];

/// The fields of terms of reference. A policy is one field: its parts are in the terms themselves.
pub(super) const TERMS: &Labels = &[
    ("title", "judul", "title"),
    ("agency", "perangkat daerah", "agency"),
    ("fiscal_year", "tahun anggaran", "fiscal year"),
    ("fund_source", "sumber dana", "source of funds"),
    ("budget_ceiling", "pagu", "budget ceiling"),
    ("quota", "kuota", "quota"),
    ("period.start", "awal masa", "first day"),
    ("period.end", "akhir masa", "last day"),
    ("eligibility", "syarat penyedia", "qualifications"),
    ("leave", "ketentuan cuti", "leave policy"),
    ("appraisal", "ketentuan penilaian", "appraisal policy"),
    ("evaluation", "ketentuan evaluasi", "evaluation policy"),
    ("warnings", "ketentuan peringatan", "warning policy"),
];

/// `label: old → new` of every field that differs, in the order of the labels. A field the labels do not
/// name would be left out, which `tests` forbids.
pub(super) fn between<T: Serialize>(
    old: &T,
    new: &T,
    labels: &Labels,
    language: Language,
) -> String {
    let (old, new) = (json(old), json(new));
    let differing = labels.iter().filter_map(|(path, id, en)| {
        let pointer = format!("/{}", path.replace('.', "/"));
        let at = |value: &Value| value.pointer(&pointer).cloned().unwrap_or(Value::Null);
        let (old, new) = (at(&old), at(&new));
        let label = if language == Language::Id { id } else { en };
        (old != new).then(|| match (plain(&old, language), plain(&new, language)) {
            (Some(old), Some(new)) => format!("{label} {old} → {new}"),
            _ => (*label).to_owned(),
        })
    });
    differing.collect::<Vec<_>>().join("; ")
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A value people can read; none for one that is made of others.
fn plain(value: &Value, language: Language) -> Option<String> {
    match value {
        Value::Null => Some("-".to_owned()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => {
            let (id, en) = if *yes { ("ya", "yes") } else { ("tidak", "no") };
            Some(if language == Language::Id { id } else { en }.to_owned())
        }
        Value::Array(_) | Value::Object(_) => None,
    }
}
