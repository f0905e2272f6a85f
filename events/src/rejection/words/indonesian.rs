//! The words in Indonesian, as a personnel office writes them; the terms are those of the glossary.

use super::{Said, day, list, month, named, rp};
use crate::{
    operator::{identity::EducationLevel, leave::Kind},
    package::officer::Role,
    rejection::{Fault, Rejection, Violation},
};

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Pa => "PA",
        Role::Ppk => "PPKom",
        Role::Pptk => "PPTK",
    }
}

/// Levels as the civil registry writes them.
pub(super) fn level(level: EducationLevel) -> String {
    format!("{level:?}").to_uppercase()
}

fn leave(kind: Kind) -> &'static str {
    match kind {
        Kind::Annual => "Cuti tahunan",
        Kind::Special => "Cuti alasan tertentu",
        Kind::Maternity => "Cuti persalinan",
        Kind::WorkAccident => "Cuti kecelakaan kerja",
    }
}

fn violation(violation: &Violation) -> String {
    match violation {
        Violation::Citizenship { required } => format!("kewarganegaraan bukan {required}"),
        Violation::Age {
            age_min,
            age_max,
            age,
        } => {
            format!("usia {age} tahun, syaratnya {age_min} sampai {age_max} tahun")
        }
        Violation::Education { required } => format!("pendidikan di bawah {}", level(*required)),
        Violation::Accreditation => "program studi tidak terakreditasi".to_owned(),
        Violation::Major { accepted } => format!("jurusan tidak termasuk {}", list(accepted)),
        Violation::Gpa { required } => format!("IPK di bawah {required}"),
        Violation::IntegrityPact => "pakta integritas belum ditandatangani".to_owned(),
    }
}

/// What a field of the terms may be, from what the rule says of it.
pub(super) fn expected(fault: &Fault) -> Option<&'static str> {
    let told = match fault.expected.as_str() {
        "1 or more" => "1 atau lebih",
        "more than 0" => "lebih dari 0",
        "a year from 1900 to 2200" => "tahun 1900 sampai 2200",
        "an end that is not before its start" => "berakhir tidak sebelum mulainya",
        "days of the fiscal year" => "seluruhnya dalam tahun anggaran",
        "at most age_max" => "paling tinggi age_max",
        "a citizenship" => "kewarganegaraan",
        "a major each" => "setiap jurusan bernama",
        "a domicile code" => "kode domisili",
        "a name and indicators in each" => "setiap unsur bernama dan berisi indikator yang bernama",
        "0 to 366" => "0 sampai 366",
        "at most annual_days" => "paling banyak annual_days",
        "0 to 12" => "0 sampai 12",
        "less than scale_max" => "kurang dari scale_max",
        "at least one indicator" => "paling sedikit satu indikator",
        "at most 100 indicators" => "paling banyak 100 indikator",
        "every indicator in one element only" => "setiap indikator dalam satu unsur saja",
        "a total the scale can reach" => "jumlah yang dapat dicapai skala",
        "0 to 31" => "0 sampai 31",
        "0 to 28" => "0 sampai 28",
        "1 to 3" => "1 sampai 3",
        "as it is once contracts are signed" => "tetap karena sudah ada kontrak",
        _ => return None,
    };
    Some(told)
}

fn faults(faults: &[Fault]) -> String {
    list(faults.iter().map(|fault| match expected(fault) {
        Some(expected) => format!("{} ({expected})", fault.field),
        None => fault.field.clone(),
    }))
}

fn disagreeing(field: &str) -> &str {
    match field {
        "birth_date" => "tanggal lahir",
        "sex" => "jenis kelamin",
        other => other,
    }
}

/// What is said of a rejection.
pub(super) fn said(rejection: &Rejection) -> Said {
    use Rejection as R;
    match rejection {
        R::PackageUnknown { package_id } => Said::new(
            "Paket pekerjaan tidak ditemukan",
            format!("Paket {package_id} belum memiliki KAK."),
            "Periksa kode paket atau terbitkan KAK-nya lebih dahulu.",
        ),
        R::PackageAlreadyPublished { package_id } => Said::new(
            "KAK sudah terbit",
            format!("KAK paket {package_id} sudah diterbitkan dengan isi lain."),
            "Gunakan perubahan KAK.",
        ),
        R::TermsInvalid { faults: found } => Said::new(
            "KAK tidak sah",
            format!("Isian yang keliru, dan yang semestinya: {}.", faults(found)),
            "Perbaiki semuanya, lalu kirim lagi.",
        ),
        R::PackageBelowCommitments {
            filled, committed, ..
        } => Said::new(
            "Di bawah yang sudah terikat",
            format!("Sudah ada {filled} kontrak senilai {}.", rp(committed)),
            "Tetapkan kuota dan pagu paling sedikit sebesar itu.",
        ),
        R::PackageQuotaExceeded { quota, filled } => Said::new(
            "Kuota paket sudah penuh",
            format!("Kuota {quota} orang, terisi {filled}."),
            "Akhiri kontrak lain atau ubah kuota dalam KAK.",
        ),
        R::PackageBudgetExceeded {
            ceiling,
            committed,
            requested,
        } => Said::new(
            "Pagu terlampaui",
            format!(
                "Pagu {}, terikat {}, diminta {}.",
                rp(ceiling),
                rp(committed),
                rp(requested)
            ),
            "Kurangi nilai kontrak atau ubah pagu dalam KAK.",
        ),
        R::OfficerNotAssigned { role: wanted, on } => Said::new(
            "Pejabat tidak ditugaskan",
            format!(
                "Hanya {} paket ini yang bertugas pada {} yang berwenang.",
                role(*wanted),
                day(on)
            ),
            "Minta pejabat itu melakukannya, atau perbaiki penugasan pejabat.",
        ),
        R::OfficerNotServing { role: wanted, on } => Said::new(
            "Pejabat tidak sedang bertugas",
            format!(
                "Pejabat itu bukan {} paket ini pada {}.",
                role(*wanted),
                day(on)
            ),
            "Periksa NIP, jabatan dan hari terakhirnya; untuk membatalkan penugasan, isi hari sebelum penugasan itu mulai.",
        ),
        R::OfficerOwnCase { .. } => Said::new(
            "Perkara sendiri",
            "Tidak seorang pun boleh menilai dirinya sendiri.",
            "Minta PPKom lain yang ditugaskan untuk menilainya.",
        ),
        R::OfficerOverlaps {
            role: held,
            from,
            to,
        } => {
            let until = to
                .as_ref()
                .map_or_else(|| "waktu yang belum ditentukan".to_owned(), day);
            Said::new(
                "Penugasan bertumpang tindih",
                format!(
                    "Sudah ada {} sejak {} sampai {until}.",
                    role(*held),
                    day(from)
                ),
                "Akhiri penugasan itu lebih dahulu atau pilih tanggal lain.",
            )
        }
        R::OfficerPeriodInvalid { from, to } => Said::new(
            "Masa tugas tidak sah",
            format!("Penugasan mulai {} berakhir {}.", day(from), day(to)),
            "Perbaiki tanggalnya.",
        ),
        R::OperatorUnknown { operator_id } => Said::new(
            "Penyedia tidak ditemukan",
            format!("Belum ada penyedia dengan nomor {operator_id}."),
            "Periksa nomornya, atau daftarkan penyedia itu lebih dahulu.",
        ),
        R::OperatorAlreadyRegistered { operator_id } => Said::new(
            "NIK sudah terdaftar",
            format!("NIK ini milik penyedia {operator_id}."),
            "Pakai nomor penyedia itu; gunakan koreksi data bila ada yang salah.",
        ),
        R::OperatorErased { operator_id } => Said::new(
            "Data sudah dihapus",
            format!(
                "Data pribadi penyedia {operator_id} telah dihapus menurut UU 27/2022 dan tidak dapat dipakai lagi."
            ),
            "Periksa nomornya, atau pilih penyedia lain.",
        ),
        R::OperatorEngaged { contract_id, end } => Said::new(
            "Masih terikat kontrak",
            format!("Kontrak {contract_id} berjalan sampai {}.", day(end)),
            "Hapus datanya setelah kontrak itu berakhir atau diputus.",
        ),
        R::OperatorNikMismatch { fields } => Said::new(
            "NIK tidak cocok",
            format!(
                "NIK berbeda dengan isian {}.",
                list(fields.iter().map(|field| disagreeing(field)))
            ),
            "Perbaiki isian itu, atau isi bukti pada nik_mismatch_evidence.",
        ),
        R::OperatorBirthDateInFuture { today } => Said::new(
            "Tanggal lahir tidak sah",
            format!("Tanggal lahir setelah hari ini ({}).", day(today)),
            "Perbaiki tanggalnya.",
        ),
        R::OperatorNotEligible { violations } => Said::new(
            "Tidak memenuhi syarat",
            format!(
                "Syarat KAK yang tidak terpenuhi: {}.",
                list(violations.iter().map(violation))
            ),
            "Koreksi atau lengkapi datanya bila keliru; bila tidak, pilih penyedia lain.",
        ),
        R::OperatorPoorEvaluation {
            fiscal_year,
            months,
            total,
            ..
        } => Said::new(
            "Evaluasi terakhir buruk",
            format!(
                "Evaluasi tahun {fiscal_year} berkategori buruk (jumlah {total} dalam {months} bulan)."
            ),
            "Pilih penyedia lain, atau isi justification bila tetap akan dikontrak.",
        ),
        R::ContractUnknown { contract_id } => Said::new(
            "Kontrak tidak ditemukan",
            format!("Penyedia ini tidak memiliki kontrak {contract_id}."),
            "Periksa nomor kontrak dan penyedianya.",
        ),
        R::ContractOverlaps {
            contract_id,
            start,
            end,
        } => Said::new(
            "Kontrak bertumpang tindih",
            format!(
                "Kontrak {contract_id} berlaku {} sampai {}.",
                day(start),
                day(end)
            ),
            "Pilih tanggal di luar masa itu.",
        ),
        R::ContractOutsidePeriod {
            start,
            end,
            fiscal_year,
        } => Said::new(
            "Di luar masa paket",
            format!(
                "Kontrak berakhir tidak sebelum mulainya, dan seluruhnya dalam masa paket, {} sampai {}, tahun anggaran {fiscal_year}.",
                day(start),
                day(end)
            ),
            "Sesuaikan tanggal kontrak.",
        ),
        R::ContractSpkNumberTaken { spk_number } => Said::new(
            "Nomor SPK sudah dipakai",
            format!("Nomor {spk_number} sudah dipakai dalam paket ini."),
            "Gunakan nomor lain.",
        ),
        R::ContractValueRequired { start, end } => Said::new(
            "Nilai kontrak wajib diisi",
            format!("{} sampai {} bukan bulan penuh.", day(start), day(end)),
            "Isi value.",
        ),
        R::ContractValueMismatch { expected, given } => Said::new(
            "Nilai kontrak tidak cocok",
            format!(
                "Bulan penuh bernilai {}, diisi {}.",
                rp(expected),
                rp(given)
            ),
            "Kosongkan value atau samakan.",
        ),
        R::ContractHasLaterFacts {
            leave_ids,
            months,
            absences,
            warnings,
        } => Said::new(
            "Ada catatan yang menghalangi",
            format!(
                "Yang menghalangi: {}.",
                named([
                    ("cuti", leave_ids.iter().map(ToString::to_string).collect()),
                    ("penilaian bulan", months.iter().map(month).collect()),
                    ("ketidakhadiran", absences.iter().map(day).collect()),
                    ("surat peringatan", warnings.iter().map(day).collect()),
                ])
            ),
            "Pilih hari terakhir sesudah semua itu, atau batalkan cuti yang keliru. Kontrak yang sudah dijalani tidak dibatalkan, melainkan diputus.",
        ),
        R::ContractClosed { contract_id } => Said::new(
            "Kontrak sudah berakhir",
            format!(
                "Kontrak {contract_id} sudah diputus atau dibatalkan, tidak dapat diubah lagi."
            ),
            "Periksa nomornya, atau buat kontrak baru bila pekerjaannya berlanjut.",
        ),
        R::ContractNotInForce { on, start, end } => Said::new(
            "Di luar masa kontrak",
            format!(
                "{} tidak dalam masa kontrak {} sampai {}.",
                day(on),
                day(start),
                day(end)
            ),
            "Perbaiki tanggalnya.",
        ),
        R::ContractWarningOutOfOrder {
            expected: Some(expected),
            requested,
        } => Said::new(
            "Urutan surat peringatan",
            format!("Surat peringatan berikutnya SP{expected}, bukan SP{requested}."),
            format!("Terbitkan SP{expected}."),
        ),
        R::ContractWarningOutOfOrder {
            expected: None,
            requested,
        } => Said::new(
            "Urutan surat peringatan",
            format!("SP{requested} tidak dapat terbit: peringatan tertinggi masih berlaku."),
            "Pertimbangkan pemutusan kontrak.",
        ),
        R::ContractWarningBackDated { on, latest } => Said::new(
            "Tanggal surat peringatan",
            format!(
                "Surat peringatan {} mendahului yang terbit {}.",
                day(on),
                day(latest)
            ),
            "Pilih tanggal yang tidak mendahuluinya.",
        ),
        R::FactInFuture { on, today } => Said::new(
            "Tanggal belum tiba",
            format!("Tanggal {} setelah hari ini ({}).", day(on), day(today)),
            "Perbaiki tanggalnya, atau kirim lagi pada hari itu.",
        ),
        R::LeaveUnknown { leave_id } => Said::new(
            "Cuti tidak ditemukan",
            format!("Tidak ada cuti {leave_id} yang masih dapat dibatalkan."),
            "Periksa nomornya.",
        ),
        R::LeaveAlreadyExists { leave_id } => Said::new(
            "Cuti sudah ada",
            format!("Nomor cuti {leave_id} sudah dipakai."),
            "Gunakan nomor lain atau kosongkan.",
        ),
        R::LeaveOutsideContract { from, to } => Said::new(
            "Cuti di luar kontrak",
            format!(
                "{} sampai {} tidak seluruhnya dalam satu kontrak yang berlaku; kontrak yang dibatalkan tidak dihitung.",
                day(from),
                day(to)
            ),
            "Sesuaikan tanggal cuti.",
        ),
        R::LeavePeriodInvalid { from, to } => Said::new(
            "Tanggal cuti tidak sah",
            format!("Cuti mulai {} berakhir {}.", day(from), day(to)),
            "Perbaiki tanggalnya.",
        ),
        R::LeaveOverlaps { leave_id, from, to } => Said::new(
            "Cuti bertumpang tindih",
            format!(
                "Sudah ada cuti {leave_id} dari {} sampai {}.",
                day(from),
                day(to)
            ),
            "Batalkan cuti itu atau pilih tanggal lain.",
        ),
        R::LeaveNoWorkingDays { from, to } => Said::new(
            "Tidak ada hari kerja",
            format!(
                "Tidak ada hari kerja dari {} sampai {}, jadi tidak ada yang perlu dicatat.",
                day(from),
                day(to)
            ),
            "Pilih tanggal lain bila ini keliru.",
        ),
        R::LeaveBalanceExceeded {
            kind,
            year,
            remaining,
            requested,
        } => Said::new(
            "Sisa cuti tidak cukup",
            format!(
                "{}: tahun {year} masih dapat diambil {remaining} hari, diminta {requested} hari.",
                leave(*kind)
            ),
            "Kurangi harinya; hari sakit di luar sisa itu dapat dicatat sebagai ketidakhadiran.",
        ),
        R::LeaveNotApplicable { .. } => Said::new(
            "Jenis cuti tidak berlaku",
            "Cuti persalinan hanya untuk perempuan.",
            "Pilih jenis cuti lain.",
        ),
        R::LeaveTooLong { latest, months } => Said::new(
            "Cuti terlalu lama",
            format!(
                "Paling lama {months} bulan untuk satu kejadian, sampai {}.",
                day(latest)
            ),
            "Perpendek cutinya.",
        ),
        R::LeaveOutsideLeave { leave_id, from, to } => Said::new(
            "Tanggal di luar cuti",
            format!(
                "Cuti {leave_id} berlangsung {} sampai {}.",
                day(from),
                day(to)
            ),
            "Pilih hari di dalamnya.",
        ),
        R::LeaveAbsenceExists { on } => Said::new(
            "Ketidakhadiran sudah tercatat",
            format!(
                "Pada {} sudah tercatat ketidakhadiran; hari itu tidak dapat dicatat lagi, juga tidak sebagai cuti.",
                day(on)
            ),
            "Periksa tanggalnya, atau catat hari lainnya saja.",
        ),
        R::SignatureInFuture { signed_on, today } => Said::new(
            "Tanggal tanda tangan",
            format!(
                "Tanggal tanda tangan {} setelah hari ini ({}).",
                day(signed_on),
                day(today)
            ),
            "Perbaiki tanggalnya.",
        ),
        R::AppraisalInvalidScores {
            missing,
            unknown,
            outside_scale,
            scale_min,
            scale_max,
        } => Said::new(
            "Nilai tidak sah",
            format!(
                "Setiap indikator dinilai sekali, {scale_min} sampai {scale_max}. Yang keliru: {}.",
                named([
                    ("belum dinilai", missing.iter().collect()),
                    ("tidak dikenal", unknown.iter().collect()),
                    ("di luar skala", outside_scale.iter().collect()),
                ])
            ),
            "Perbaiki nilai itu, lalu kirim lagi.",
        ),
        R::AppraisalOutsideContract {
            month: of,
            start,
            end,
        } => Said::new(
            "Bulan di luar kontrak",
            format!(
                "{} tidak dalam masa kontrak {} sampai {}.",
                month(of),
                day(start),
                day(end)
            ),
            "Periksa bulan atau kontraknya.",
        ),
        R::AppraisalTooEarly {
            month: of,
            earliest,
            ..
        } => Said::new(
            "Penilaian terlalu dini",
            format!(
                "Bulan {} baru boleh dinilai atau dikecualikan mulai {}.",
                month(of),
                day(earliest)
            ),
            "Tandatangani dan kirim pada hari itu atau sesudahnya.",
        ),
        R::AppraisalAlreadySubmitted { month: of, .. } => Said::new(
            "Penilaian sudah ada",
            format!("Bulan {} sudah dinilai.", month(of)),
            "Gunakan koreksi penilaian.",
        ),
        R::AppraisalUnknown { month: of } => Said::new(
            "Penilaian tidak ditemukan",
            format!("Bulan {} belum dinilai.", month(of)),
            "Kirim penilaiannya lebih dahulu.",
        ),
        R::AppraisalMonthWaived { month: of } => Said::new(
            "Bulan dikecualikan",
            format!("Bulan {} sudah dikecualikan dari penilaian.", month(of)),
            "Periksa bulannya, atau gunakan koreksi penilaian bila pengecualian itu keliru.",
        ),
        R::EvaluationMonthsMissing { months } => Said::new(
            "Bulan belum dinilai",
            format!(
                "Belum dinilai atau dikecualikan: {}.",
                list(months.iter().map(month))
            ),
            "Nilai atau kecualikan bulan itu lebih dahulu.",
        ),
        R::EvaluationNothingAssessed { .. } => Said::new(
            "Tidak ada yang dinilai",
            "Semua bulan dikecualikan, sehingga tidak ada evaluasi.",
            "Biarkan tanpa evaluasi; dalam seleksi, penyedia ini dihitung belum dievaluasi.",
        ),
        R::EvaluationNotProposed { .. } => Said::new(
            "Evaluasi belum diusulkan",
            "Belum ada usulan PPTK yang berlaku.",
            "Minta PPTK mengusulkan evaluasi lebih dahulu.",
        ),
        R::EvaluationSignedBefore {
            signed_on,
            earliest,
        } => Said::new(
            "Tanda tangan mendahului dasarnya",
            format!(
                "Tanggal tanda tangan {} mendahului berkas yang menjadi dasarnya, yang ditandatangani {}.",
                day(signed_on),
                day(earliest)
            ),
            "Perbaiki tanggalnya, atau koreksi dahulu tanggal berkas yang menjadi dasarnya.",
        ),
        R::EvaluationNotFinal { .. } => Said::new(
            "Evaluasi belum final",
            "Tidak ada evaluasi final yang dapat dibuka kembali.",
            "Periksa kontraknya; selama belum final, penilaian dapat langsung dikoreksi.",
        ),
        R::EvaluationFinal { revision, .. } => Said::new(
            "Evaluasi sudah final",
            format!("Evaluasi revisi {revision} sudah final."),
            "Minta PPKom membukanya kembali dengan alasan.",
        ),
        R::EvaluationSameSigner { .. } => Said::new(
            "Penanda tangan sama",
            "Pengusul dan pengesah harus dua orang.",
            "Minta pejabat lain mengesahkannya.",
        ),
        R::HolidayUnknown { date } => Said::new(
            "Hari libur tidak ditemukan",
            format!("{} tidak ditetapkan sebagai libur jenis itu.", day(date)),
            "Periksa tanggal dan jenis liburnya.",
        ),
        R::HolidayAlreadyDeclared { date } => Said::new(
            "Hari libur sudah ditetapkan",
            format!(
                "{} sudah ditetapkan dengan nama atau keputusan lain.",
                day(date)
            ),
            "Cabut penetapan itu lebih dahulu.",
        ),
        R::CommandKeyReused { command_id } => Said::new(
            "Kunci sudah dipakai",
            format!("Idempotency-Key {command_id} sudah dipakai untuk isi lain."),
            "Gunakan kunci baru.",
        ),
    }
}
