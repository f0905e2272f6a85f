//! The words of tables: headings of columns, and the codes in their cells.

use crate::{Language, changes::Field, fields, topics};

/// The headings that no field of a command has, or that are said otherwise there.
const COLUMNS: &[Field] = &[
    Field::new("operator_id", "ID penyedia", "operator id"),
    Field::new("contract_id", "ID kontrak", "contract id"),
    Field::new("facility_id", "ID fasilitas", "facility id"),
    Field::new("operator_name", "nama penyedia", "operator"),
    Field::new("package_title", "nama paket", "package"),
    Field::new("status", "status", "status"),
    Field::new("terminated_on", "diputus per", "terminated on"),
    Field::new("earned", "nilai terbayar", "earned"),
    Field::new("warnings", "surat peringatan", "warnings"),
    Field::new("contracts", "jumlah kontrak", "contracts"),
    Field::new(
        "prior_evaluation.fiscal_year",
        "tahun evaluasi terakhir",
        "year of last evaluation",
    ),
    Field::new(
        "prior_evaluation.months",
        "bulan dinilai",
        "assessed months",
    ),
    Field::new("prior_evaluation.total", "jumlah nilai", "total"),
    Field::new(
        "prior_evaluation.mean",
        "rata-rata evaluasi terakhir",
        "mean of last evaluation",
    ),
    Field::new(
        "prior_evaluation.category",
        "kategori evaluasi terakhir",
        "category of last evaluation",
    ),
    Field::new("year", "tahun", "year"),
    Field::new("entitlement", "jatah cuti", "entitlement"),
    Field::new("annual_used", "cuti tahunan terpakai", "annual leave used"),
    Field::new(
        "special_used",
        "cuti alasan tertentu terpakai",
        "special leave used",
    ),
    Field::new("used", "terpakai", "used"),
    Field::new("remaining", "sisa cuti", "remaining"),
    Field::new(
        "special_remaining",
        "sisa cuti alasan tertentu",
        "special leave remaining",
    ),
    Field::new("overdrawn", "melebihi jatah", "overdrawn"),
    Field::new("absences", "hari tidak masuk", "absences"),
    Field::new("charged_days", "hari cuti yang dihitung", "charged days"),
    Field::new("entries", "jumlah cuti", "leaves"),
    Field::new("rank", "peringkat", "rank"),
    Field::new("months_assessed", "bulan dinilai", "months assessed"),
    Field::new("months_expected", "bulan kontrak", "months expected"),
    Field::new("total", "jumlah nilai", "total"),
    Field::new("mean", "rata-rata", "mean"),
    Field::new("category", "kategori", "category"),
    Field::new("late", "terlambat", "late"),
    Field::new("revision", "revisi", "revision"),
    Field::new("fiscal_year", "tahun anggaran", "fiscal year"),
    Field::new("quota.total", "kuota", "quota"),
    Field::new("quota.filled", "terisi", "filled"),
    Field::new("quota.free", "lowong", "free places"),
    Field::new("budget.ceiling", "pagu", "budget ceiling"),
    Field::new("budget.committed", "terikat kontrak", "committed"),
    Field::new("budget.free", "sisa pagu", "budget left"),
    Field::new("terms_version", "versi KAK", "version of the terms"),
    Field::new("eligible", "memenuhi syarat", "eligible"),
    Field::new(
        "violations",
        "syarat tidak terpenuhi",
        "requirements not met",
    ),
    Field::new(
        "preferred_domicile",
        "domisili diutamakan",
        "preferred domicile",
    ),
    Field::new("engaged", "sudah dikontrak", "engaged"),
    Field::new("label", "nama fasilitas", "label"),
    Field::new("issued_on", "diserahkan", "issued on"),
    Field::new("returned_on", "dikembalikan", "returned on"),
    Field::new("since", "sejak", "since"),
    Field::new("due", "paling lambat", "due"),
    Field::new("position", "posisi", "position"),
    Field::new("time", "waktu (UTC)", "time (UTC)"),
    Field::new("text", "peristiwa", "event"),
    Field::new("effective_from", "berlaku mulai", "effective from"),
    Field::new("effective_to", "berlaku sampai", "effective to"),
    Field::new("actor", "kode pelaku", "actor's pseudonym"),
    Field::new("actor_name", "pelaku", "actor"),
    Field::new("actor_nip", "NIP pelaku", "actor's NIP"),
    Field::new("command", "perintah", "command"),
    Field::new("type", "jenis peristiwa", "type"),
];

/// The heading of the column at a path such as `budget.ceiling`, with a capital first. None for an unknown path.
pub fn column_heading(path: &str, language: Language) -> Option<String> {
    let own = |path: &str| COLUMNS.iter().find(|field| field.path == path);
    let own = own(path).map(|field| field.label(language));
    let Some(label) = own.or_else(|| fields::label(path, language)) else {
        // A member of a particular has the label that it has in a command.
        return column_heading(path.split_once('.')?.1, language);
    };
    let mut letters = label.chars();
    let first = letters.next()?;
    Some(first.to_uppercase().chain(letters).collect())
}

/// The label of a code in the column at a path, such as `active` in `status`. None for an unknown one.
pub fn cell_code(path: &str, code: &str, language: Language) -> Option<&'static str> {
    topics::cell_code(path.rsplit('.').next()?, code, language)
}

/// Yes or no.
pub fn yes_no(yes: bool, language: Language) -> &'static str {
    match yes {
        true => language.pick("ya", "yes"),
        false => language.pick("tidak", "no"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_codes_have_words() {
        let heading = |path| column_heading(path, Language::Indonesian);
        assert_eq!(heading("spk_number").as_deref(), Some("Nomor SPK"));
        assert_eq!(
            heading("profile.birth_date").as_deref(),
            Some("Tanggal lahir")
        );
        assert_eq!(heading("budget.ceiling").as_deref(), Some("Pagu"));
        assert_eq!(heading("colour"), None);
        assert_eq!(
            cell_code("status", "active", Language::Indonesian),
            Some("berjalan")
        );
        assert_eq!(
            cell_code("kind", "badge", Language::English),
            Some("A badge")
        );
        assert_eq!(
            cell_code("prior_evaluation.category", "poor", Language::Indonesian),
            Some("buruk")
        );
        assert_eq!(cell_code("status", "blue", Language::Indonesian), None);
    }
}
