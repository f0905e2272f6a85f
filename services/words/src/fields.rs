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

/// The label of the field at a path such as `officer.nip`: the whole path's, else its last name's. A field
/// without a label has none.
pub(crate) fn label(path: &str, language: Language) -> Option<&'static str> {
    let find = |path: &str| {
        let mut fields = topics::FIELDS.iter().copied().chain([SHARED]).flatten();
        fields.find(|field| field.path == path)
    };
    let field = find(path).or_else(|| find(path.rsplit('.').next()?))?;
    Some(field.label(language))
}
