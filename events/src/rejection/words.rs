//! What a rejection says, in Indonesian and English: a title, and a detail that tells what to do
//! next. One table, so that a new rejection without words does not compile.

use std::fmt::Display;

use chrono::{Datelike, NaiveDate};

use super::{Rejection, Violation};
use crate::{money::Rupiah, package::officer::Role};

/// The languages answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Bahasa Indonesia.
    Id,
    /// English.
    En,
}

/// A title and a detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Names the case; the same for every occurrence.
    pub title: String,
    /// Says what happened here, and what to do next.
    pub detail: String,
}

const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

/// A day as an Indonesian office writes it: `28 Desember 2020`.
pub fn day(date: &NaiveDate) -> String {
    let month = MONTHS[usize::try_from(date.month0()).unwrap_or(0).min(11)];
    format!("{} {month} {}", date.day(), date.year())
}

/// Rupiah as an office writes it: `Rp 24.750.000`.
pub fn rp(amount: &Rupiah) -> String {
    let text = amount.to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    let cents = if cents.is_empty() { String::new() } else { format!(",{cents}") };
    format!("Rp {sign}{}{cents}", groups.join("."))
}

/// A role by the letters everyone knows it by.
pub fn role(role: &Role) -> &'static str {
    match role {
        Role::Pa => "PA",
        Role::Ppk => "PPK",
        Role::Pptk => "PPTK",
    }
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

fn violation(violation: &Violation, language: Language) -> String {
    let (id, en) = match violation {
        Violation::Citizenship { required } => {
            (format!("kewarganegaraan bukan {required}"), format!("citizenship is not {required}"))
        }
        Violation::Age { age_min, age_max, age } => (
            format!("usia {age} tahun, syaratnya {age_min} sampai {age_max} tahun"),
            format!("age {age}, required {age_min} to {age_max}"),
        ),
        Violation::Education { required } => {
            (format!("pendidikan di bawah {required:?}"), format!("education below {required:?}"))
        }
        Violation::Accreditation => {
            ("program studi tidak terakreditasi".into(), "programme not accredited".into())
        }
        Violation::Major { accepted } => (
            format!("jurusan tidak termasuk {}", list(accepted)),
            format!("major is none of {}", list(accepted)),
        ),
        Violation::Gpa { required } => (format!("IPK di bawah {required}"), format!("GPA below {required}")),
        Violation::IntegrityPact => {
            ("pakta integritas belum ditandatangani".into(), "integrity pact not signed".into())
        }
    };
    if language == Language::Id { id } else { en }
}

/// The words of a rejection.
pub fn words(rejection: &Rejection, language: Language) -> Words {
    let id = language == Language::Id;
    macro_rules! say {
        ($id_title:literal, $id:literal; $en_title:literal, $en:literal) => {
            if id { ($id_title, format!($id)) } else { ($en_title, format!($en)) }
        };
    }
    let date = |date: &NaiveDate| if id { day(date) } else { date.to_string() };
    use Rejection as R;
    let (title, detail) = match rejection {
        R::PackageUnknown { package_id } => say!(
            "Paket pekerjaan tidak ditemukan", "Paket {package_id} belum memiliki KAK. Periksa kode paket atau terbitkan KAK-nya lebih dahulu.";
            "No such package", "No terms are published for package {package_id}. Check the id, or publish its terms first."),
        R::PackageAlreadyPublished { package_id } => say!(
            "KAK sudah terbit", "KAK paket {package_id} sudah diterbitkan dengan isi lain. Gunakan perubahan KAK.";
            "Terms already published", "Package {package_id} already has other terms. Amend the terms instead."),
        R::TermsInvalid { faults } => {
            let faults = list(faults.iter().map(|fault| format!("{} ({})", fault.field, fault.expected)));
            say!("KAK tidak sah", "Perbaiki isian berikut: {faults}."; "Invalid terms", "Correct these fields: {faults}.")
        }
        R::PackageBelowCommitments { filled, committed, .. } => {
            let committed = rp(committed);
            say!("Di bawah komitmen", "Sudah ada {filled} kontrak senilai {committed}. Kuota dan pagu tidak boleh lebih kecil dari itu.";
                "Below commitments", "{filled} contracts worth {committed} are committed. Quota and ceiling cannot go below that.")
        }
        R::PackageQuotaExceeded { quota, filled } => say!(
            "Kuota paket sudah penuh", "Kuota {quota} orang, terisi {filled}. Akhiri kontrak lain atau ubah kuota dalam KAK.";
            "Package quota exceeded", "The quota is {quota}, {filled} are filled. End another contract or amend the quota."),
        R::PackageBudgetExceeded { ceiling, committed, requested } => {
            let (ceiling, committed, requested) = (rp(ceiling), rp(committed), rp(requested));
            say!("Pagu terlampaui", "Pagu {ceiling}, terikat {committed}, diminta {requested}. Kurangi nilai kontrak atau ubah pagu dalam KAK.";
                "Budget ceiling exceeded", "The ceiling is {ceiling}, committed {committed}, requested {requested}. Lower the value or amend the ceiling.")
        }
        R::OfficerNotAssigned { role: wanted, on } => {
            let (wanted, on) = (role(wanted), date(on));
            say!("Pejabat tidak ditugaskan", "Hanya {wanted} paket ini yang bertugas pada {on} yang berwenang. Periksa penugasan pejabat.";
                "Officer not assigned", "Only the {wanted} assigned to this package on {on} may do this. Check the officer assignments.")
        }
        R::OfficerOwnCase { .. } => say!(
            "Perkara sendiri", "Tidak seorang pun boleh menilai dirinya sendiri. Minta PPK yang bertugas menilainya.";
            "One's own case", "Nobody may appraise himself. Ask the assigned commitment officer."),
        R::OfficerOverlaps { role: held, from, to } => {
            let (held, from, to) =
                (role(held), date(from), to.as_ref().map_or_else(|| "...".to_owned(), date));
            say!("Penugasan bertumpang tindih", "Sudah ada {held} dari {from} sampai {to}. Akhiri penugasan itu lebih dahulu.";
                "Assignments overlap", "There is a {held} from {from} to {to}. Release that assignment first.")
        }
        R::OfficerPeriodInvalid { from, to } => {
            let (from, to) = (date(from), date(to));
            say!("Masa tugas tidak sah", "Penugasan mulai {from} berakhir {to}. Perbaiki tanggalnya.";
                "Invalid assignment period", "It begins on {from} and ends on {to}. Correct the dates.")
        }
        R::OperatorUnknown { operator_id } => say!(
            "Penyedia tidak ditemukan", "Belum ada penyedia dengan nomor {operator_id}. Daftarkan lebih dahulu.";
            "No such operator", "Nobody is registered as {operator_id}. Register the person first."),
        R::OperatorAlreadyRegistered { operator_id } => say!(
            "NIK sudah terdaftar", "NIK ini milik penyedia {operator_id}. Gunakan koreksi data bila ada yang salah.";
            "Already registered", "This NIK belongs to operator {operator_id}. Use correct-operator if something is wrong."),
        R::OperatorErased { operator_id } => say!(
            "Data sudah dihapus", "Data pribadi penyedia {operator_id} telah dihapus menurut UU 27/2022 dan tidak dapat dipakai lagi.";
            "Erased", "The personal data of operator {operator_id} was erased under UU 27/2022 and cannot be used again."),
        R::OperatorEngaged { contract_id, end } => {
            let end = date(end);
            say!("Masih terikat kontrak", "Kontrak {contract_id} berjalan sampai {end}. Penghapusan menunggu kontrak berakhir.";
                "Still under contract", "Contract {contract_id} runs until {end}. Erase after it ends.")
        }
        R::OperatorNikMismatch { fields } => {
            let fields = list(fields);
            say!("NIK tidak cocok", "NIK berbeda dengan isian: {fields}. Perbaiki isian, atau lampirkan bukti pada nik_mismatch_evidence.";
                "NIK mismatch", "The NIK disagrees with: {fields}. Correct them, or give nik_mismatch_evidence.")
        }
        R::OperatorBirthDateInFuture { today } => {
            let today = date(today);
            say!("Tanggal lahir tidak sah", "Tanggal lahir setelah hari ini ({today}). Perbaiki tanggalnya.";
                "Invalid birth date", "The birth date is after today ({today}). Correct it.")
        }
        R::OperatorNotEligible { violations } => {
            let violations = list(violations.iter().map(|found| violation(found, language)));
            say!("Tidak memenuhi syarat", "Syarat KAK yang tidak terpenuhi: {violations}.";
                "Not eligible", "Qualifications not met: {violations}.")
        }
        R::OperatorPoorEvaluation { fiscal_year, months, total, .. } => say!(
            "Evaluasi terakhir buruk", "Evaluasi tahun {fiscal_year} berkategori buruk (jumlah {total} dalam {months} bulan). Isi justification bila tetap akan dikontrak.";
            "Poor evaluation", "The evaluation of {fiscal_year} is poor (total {total} in {months} months). Give a justification to hire nevertheless."),
        R::ContractUnknown { contract_id } => say!(
            "Kontrak tidak ditemukan", "Penyedia ini tidak memiliki kontrak {contract_id}. Periksa nomornya.";
            "No such contract", "This operator has no contract {contract_id}. Check the id."),
        R::ContractAlreadyExists { contract_id } => say!(
            "Kontrak sudah ada", "Nomor kontrak {contract_id} sudah dipakai. Gunakan nomor lain atau kosongkan.";
            "Contract exists", "The id {contract_id} is taken. Use another one or leave it out."),
        R::ContractOverlaps { contract_id, start, end } => {
            let (start, end) = (date(start), date(end));
            say!("Kontrak bertumpang tindih", "Kontrak {contract_id} berlaku {start} sampai {end}. Pilih tanggal di luar masa itu.";
                "Contracts overlap", "Contract {contract_id} runs from {start} to {end}. Choose days outside of it.")
        }
        R::ContractOutsidePeriod { start, end, fiscal_year } => {
            let (start, end) = (date(start), date(end));
            say!("Di luar masa paket", "Paket berlangsung {start} sampai {end}, tahun anggaran {fiscal_year}. Sesuaikan tanggal kontrak.";
                "Outside the package period", "The package runs from {start} to {end}, fiscal year {fiscal_year}. Adjust the contract's days.")
        }
        R::ContractSpkNumberTaken { spk_number } => say!(
            "Nomor SPK sudah dipakai", "Nomor {spk_number} sudah dipakai dalam paket ini. Gunakan nomor lain.";
            "SPK number taken", "The number {spk_number} is used in this package already. Use another one."),
        R::ContractValueRequired { start, end } => {
            let (start, end) = (date(start), date(end));
            say!("Nilai kontrak wajib diisi", "{start} sampai {end} bukan bulan penuh. Isi value.";
                "Value required", "{start} to {end} is not whole months. Give a value.")
        }
        R::ContractValueMismatch { expected, given } => {
            let (expected, given) = (rp(expected), rp(given));
            say!("Nilai kontrak tidak cocok", "Bulan penuh bernilai {expected}, diisi {given}. Kosongkan value atau samakan.";
                "Value mismatch", "Whole months are worth {expected}, given {given}. Leave value out or correct it.")
        }
        R::ContractHasLaterFacts { leave_ids, months } => {
            let (leave, months) = (leave_ids.len(), list(months));
            say!("Ada cuti atau penilaian", "Ada {leave} cuti dan penilaian bulan [{months}] yang menghalangi. Batalkan cuti itu atau pilih tanggal lain.";
                "Later facts exist", "{leave} leaves and the appraisals of [{months}] stand in the way. Cancel the leave or choose another day.")
        }
        R::ContractClosed { contract_id } => say!(
            "Kontrak sudah berakhir", "Kontrak {contract_id} sudah diputus atau dibatalkan, tidak dapat diubah lagi.";
            "Contract closed", "Contract {contract_id} was terminated or voided and cannot change any more."),
        R::ContractNotInForce { on, start, end } => {
            let (on, start, end) = (date(on), date(start), date(end));
            say!("Di luar masa kontrak", "{on} tidak dalam masa kontrak {start} sampai {end}. Perbaiki tanggalnya.";
                "Not in force", "{on} is not within {start} to {end}. Correct the day.")
        }
        R::ContractWarningOutOfOrder { expected: Some(expected), requested } => say!(
            "Urutan surat peringatan", "Surat peringatan berikutnya SP{expected}, bukan SP{requested}.";
            "Warning out of order", "The next warning is SP{expected}, not SP{requested}."),
        R::ContractWarningOutOfOrder { expected: None, requested } => say!(
            "Urutan surat peringatan", "SP{requested} tidak dapat terbit: peringatan tertinggi masih berlaku. Pertimbangkan pemutusan kontrak.";
            "Warning out of order", "SP{requested} cannot be issued: the highest warning still stands. Consider termination."),
        R::LeaveUnknown { leave_id } => say!(
            "Cuti tidak ditemukan", "Tidak ada cuti {leave_id} yang masih dapat dibatalkan. Periksa nomornya.";
            "No such leave", "There is no leave {leave_id} with days left to cancel. Check the id."),
        R::LeaveAlreadyExists { leave_id } => say!(
            "Cuti sudah ada", "Nomor cuti {leave_id} sudah dipakai. Gunakan nomor lain atau kosongkan.";
            "Leave exists", "The id {leave_id} is taken. Use another one or leave it out."),
        R::LeaveOutsideContract { from, to } => {
            let (from, to) = (date(from), date(to));
            say!("Cuti di luar kontrak", "{from} sampai {to} tidak seluruhnya dalam satu kontrak. Sesuaikan tanggal cuti.";
                "Leave outside a contract", "{from} to {to} is not all within one contract. Adjust the days.")
        }
        R::LeavePeriodInvalid { from, to } => {
            let (from, to) = (date(from), date(to));
            say!("Tanggal cuti tidak sah", "Cuti mulai {from} berakhir {to}. Perbaiki tanggalnya.";
                "Invalid leave period", "It begins on {from} and ends on {to}. Correct the dates.")
        }
        R::LeaveOverlaps { leave_id, from, to } => {
            let (from, to) = (date(from), date(to));
            say!("Cuti bertumpang tindih", "Sudah ada cuti {leave_id} dari {from} sampai {to}. Batalkan cuti itu atau pilih tanggal lain.";
                "Leave overlaps", "Leave {leave_id} covers {from} to {to}. Cancel it or choose other days.")
        }
        R::LeaveNoWorkingDays { from, to } => {
            let (from, to) = (date(from), date(to));
            say!("Tidak ada hari kerja", "Tidak ada hari kerja antara {from} dan {to}; cuti tidak diperlukan.";
                "No working days", "There is no working day from {from} to {to}; no leave is needed.")
        }
        R::LeaveBalanceExceeded { year, remaining, requested } => say!(
            "Sisa cuti tidak cukup", "Sisa cuti tahun {year} adalah {remaining} hari, diminta {requested} hari. Kurangi harinya, atau catat ketidakhadiran.";
            "Leave balance exceeded", "{remaining} days are left in {year}, {requested} were asked for. Ask for fewer, or record an absence."),
        R::LeaveNotApplicable { .. } => say!(
            "Jenis cuti tidak berlaku", "Cuti persalinan hanya untuk perempuan. Pilih jenis cuti lain.";
            "Leave not applicable", "Maternity leave is for women only. Choose another kind."),
        R::LeaveTooLong { latest, months } => {
            let latest = date(latest);
            say!("Cuti terlalu lama", "Paling lama {months} bulan untuk satu kejadian, sampai {latest}. Perpendek cutinya.";
                "Leave too long", "At most {months} months a case, until {latest}. Shorten it.")
        }
        R::LeaveOutsideLeave { leave_id, from, to } => {
            let (from, to) = (date(from), date(to));
            say!("Tanggal di luar cuti", "Cuti {leave_id} berlangsung {from} sampai {to}. Pilih hari di dalamnya.";
                "Day outside the leave", "Leave {leave_id} covers {from} to {to}. Choose a day of it.")
        }
        R::LeaveAbsenceExists { on } => {
            let on = date(on);
            say!("Ketidakhadiran sudah tercatat", "Ketidakhadiran pada {on} sudah dicatat; cuti tidak dapat mencakup hari itu. Catat cuti untuk hari lainnya saja.";
                "Absence exists", "The absence on {on} is recorded already, and leave cannot cover that day. Record leave for the other days only.")
        }
        R::SignatureInFuture { signed_on, today } => {
            let (signed_on, today) = (date(signed_on), date(today));
            say!("Tanggal tanda tangan", "Tanggal tanda tangan {signed_on} setelah hari ini ({today}). Perbaiki tanggalnya.";
                "Signature in the future", "Signed on {signed_on}, after today ({today}). Correct the day.")
        }
        R::AppraisalInvalidScores { missing, unknown, outside_scale, scale_min, scale_max } => {
            let (missing, unknown, outside) = (list(missing), list(unknown), list(outside_scale));
            say!("Nilai tidak sah", "Setiap indikator dinilai sekali, {scale_min} sampai {scale_max}. Kurang: [{missing}]; tidak dikenal: [{unknown}]; di luar skala: [{outside}].";
                "Invalid scores", "Every indicator is scored once, {scale_min} to {scale_max}. Missing: [{missing}]; unknown: [{unknown}]; outside the scale: [{outside}].")
        }
        R::AppraisalOutsideContract { month, start, end } => {
            let (start, end) = (date(start), date(end));
            say!("Bulan di luar kontrak", "{month} tidak dalam masa kontrak {start} sampai {end}. Periksa bulan atau kontraknya.";
                "Month outside the contract", "{month} is not within {start} to {end}. Check month and contract.")
        }
        R::AppraisalTooEarly { month, earliest, .. } => {
            let earliest = date(earliest);
            say!("Penilaian terlalu dini", "Penilaian {month} boleh ditandatangani mulai {earliest}.";
                "Appraisal too early", "The appraisal of {month} may be signed from {earliest} on.")
        }
        R::AppraisalAlreadySubmitted { month, .. } => say!(
            "Penilaian sudah ada", "Bulan {month} sudah dinilai. Gunakan koreksi penilaian.";
            "Already submitted", "{month} is appraised already. Correct the appraisal instead."),
        R::AppraisalUnknown { month } => say!(
            "Penilaian tidak ditemukan", "Bulan {month} belum dinilai. Kirim penilaiannya lebih dahulu.";
            "No such appraisal", "{month} is not appraised yet. Submit it first."),
        R::AppraisalMonthWaived { month } => say!(
            "Bulan dikecualikan", "Bulan {month} sudah dikecualikan dari penilaian.";
            "Month waived", "{month} is waived and takes no appraisal."),
        R::EvaluationMonthsMissing { months } => {
            let months = list(months);
            say!("Bulan belum dinilai", "Nilai atau kecualikan lebih dahulu: {months}.";
                "Months missing", "Appraise or waive first: {months}.")
        }
        R::EvaluationNothingAssessed { .. } => say!(
            "Tidak ada yang dinilai", "Semua bulan dikecualikan, sehingga tidak ada evaluasi.";
            "Nothing assessed", "Every month is waived, so there is nothing to evaluate."),
        R::EvaluationNotProposed { .. } => say!(
            "Evaluasi belum diusulkan", "Belum ada usulan PPTK yang berlaku. Usulkan evaluasi lebih dahulu.";
            "Evaluation not proposed", "No proposal stands. Let the technical officer propose it first."),
        R::EvaluationNotFinal { .. } => say!(
            "Evaluasi belum final", "Tidak ada evaluasi final yang dapat dibuka kembali.";
            "Evaluation not final", "There is no final evaluation to reopen."),
        R::EvaluationFinal { revision, .. } => say!(
            "Evaluasi sudah final", "Evaluasi revisi {revision} sudah final. PPK dapat membukanya kembali dengan alasan.";
            "Evaluation is final", "Revision {revision} is final. The commitment officer can reopen it with a reason."),
        R::EvaluationSameSigner { .. } => say!(
            "Penanda tangan sama", "Pengusul dan pengesah harus dua orang. Mintakan pengesahan pejabat lain.";
            "Same signer", "Proposer and finalizer must be two people. Ask another officer to finalize."),
        R::HolidayUnknown { date: on } => {
            let on = date(on);
            say!("Hari libur tidak ditemukan", "{on} tidak ditetapkan sebagai libur jenis itu.";
                "No such holiday", "{on} is not declared as that kind of holiday.")
        }
        R::HolidayAlreadyDeclared { date: on } => {
            let on = date(on);
            say!("Hari libur sudah ditetapkan", "{on} sudah ditetapkan dengan nama atau keputusan lain. Cabut lebih dahulu.";
                "Holiday already declared", "{on} is declared under another name or decree. Revoke that first.")
        }
        R::CommandKeyReused { command_id } => say!(
            "Kunci sudah dipakai", "Idempotency-Key {command_id} sudah dipakai untuk isi lain. Gunakan kunci baru.";
            "Key reused", "The Idempotency-Key {command_id} was used with another body. Use a new key."),
    };
    Words { title: title.to_owned(), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_numbers() {
        let rejection = Rejection::PackageBudgetExceeded {
            ceiling: Rupiah::new(24_750_000),
            committed: Rupiah::new(0),
            requested: Rupiah::new(24_750_001),
        };
        let id = words(&rejection, Language::Id);
        assert_eq!(id.title, "Pagu terlampaui");
        assert!(id.detail.contains("Rp 24.750.000") && id.detail.contains("Rp 24.750.001"), "{}", id.detail);
        assert!(words(&rejection, Language::En).detail.contains("Rp 24.750.000"));
    }

    #[test]
    fn indonesian_dates_are_written_out() {
        let on = "2020-12-28".parse().unwrap();
        assert!(
            words(&Rejection::HolidayUnknown { date: on }, Language::Id)
                .detail
                .starts_with("28 Desember 2020")
        );
    }
}
