//! The labels of codes that a field can hold, such as `annual`.

use jejak_events::{
    calendar::holiday::HolidayKind,
    kinds::{LeaveKind, OfficerRole},
    operator::{contract::TerminationCause, facility::FacilityKind, identity::Sex},
    package::policy::{Category, LeaveUnit, OfficersMay},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{context, contract, facility, holiday, leave, officer};
use crate::{Language, changes, language::list};

/// The codes that a field takes. Indonesian says each by its label, with the code to send in brackets.
pub(crate) fn options(language: Language, codes: &[&str]) -> String {
    let labels = match language {
        Language::Indonesian => labels(codes, language),
        Language::English => None,
    };
    let Some(labels) = labels else {
        return list(codes);
    };
    let labelled = labels.iter().zip(codes);
    list(labelled.map(|(label, code)| format!("{} ({code})", inside_a_sentence(label))))
}

/// The label with a small letter first, unless it is letters alone, such as `PPK`.
fn inside_a_sentence(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

/// The label of each of these codes, in order. None where they are not the codes of one known list.
pub fn labels(codes: &[&str], language: Language) -> Option<Vec<&'static str>> {
    of::<LeaveKind>(codes, |kind| leave::kind(kind, language))
        .or_else(|| of::<FacilityKind>(codes, |kind| facility::kind(kind, language)))
        .or_else(|| of::<OfficerRole>(codes, |role| officer::role(role, language)))
        .or_else(|| of::<HolidayKind>(codes, |kind| holiday::kind(kind, language)))
        .or_else(|| of::<TerminationCause>(codes, |cause| contract::cause(cause, language)))
        .or_else(|| of::<Sex>(codes, |sex| changes::sex(sex, language)))
        .or_else(|| of::<OfficersMay>(codes, |may| officers_may(may, language)))
        .or_else(|| of::<LeaveUnit>(codes, |unit| leave_unit(unit, language)))
        .or_else(|| codes.iter().map(|code| status(code, language)).collect())
}

fn of<T: DeserializeOwned>(
    codes: &[&str],
    label: impl Fn(T) -> &'static str,
) -> Option<Vec<&'static str>> {
    let value = |code: &&str| serde_json::from_value(Value::String((*code).to_owned())).ok();
    codes.iter().map(|code| value(code).map(&label)).collect()
}

fn officers_may(may: OfficersMay, language: Language) -> &'static str {
    match may {
        OfficersMay::Assigned => language.pick("pejabat paket itu", "officers of the package"),
        OfficersMay::Any => language.pick("semua pejabat", "every officer"),
    }
}

fn leave_unit(unit: LeaveUnit, language: Language) -> &'static str {
    match unit {
        LeaveUnit::WorkingDay => language.pick("hari kerja", "working days"),
    }
}

/// The label of a code in a cell of a column.
pub(crate) fn in_a_cell(column: &str, code: &str, language: Language) -> Option<&'static str> {
    let one = &[code];
    let labels = match column {
        "status" => return status(code, language),
        "category" => of::<Category>(one, |held| context::category(held, language)),
        "kind" => of::<FacilityKind>(one, |kind| facility::kind(kind, language))
            .or_else(|| of::<LeaveKind>(one, |kind| leave::kind(kind, language)))
            .or_else(|| work(code, language).map(|label| vec![label])),
        "sex" => of::<Sex>(one, |sex| changes::sex(sex, language)),
        _ => None,
    };
    labels?.first().copied()
}

/// A kind of work. The view has the type.
fn work(code: &str, language: Language) -> Option<&'static str> {
    Some(match code {
        "appraisal_late" => language.pick("penilaian terlambat", "appraisal late"),
        "appraisal_due" => language.pick("penilaian bulanan", "appraisal due"),
        "evaluation_to_propose" => {
            language.pick("evaluasi perlu diusulkan", "evaluation to propose")
        }
        "evaluation_to_finalize" => {
            language.pick("evaluasi perlu ditetapkan", "evaluation to finalize")
        }
        "pool_overdrawn" => language.pick("cuti melebihi jatah", "leave overdrawn"),
        "facility_out" => language.pick("fasilitas belum kembali", "facility not returned"),
        "contract_ending" => language.pick("kontrak segera berakhir", "contract ends soon"),
        "warning_running" => {
            language.pick("surat peringatan segera berakhir", "warning runs out soon")
        }
        _ => return None,
    })
}

/// A status that a list is asked by. The views have the types.
fn status(code: &str, language: Language) -> Option<&'static str> {
    Some(match code {
        "upcoming" => language.pick("akan datang", "upcoming"),
        "active" => language.pick("berjalan", "active"),
        "ended" => language.pick("selesai", "ended"),
        "terminated" => language.pick("diputus", "terminated"),
        "voided" => language.pick("dibatalkan", "voided"),
        "out" => language.pick("belum kembali", "out"),
        "returned" => language.pick("sudah kembali", "returned"),
        "open" => language.pick("belum dinilai", "open"),
        "appraised" => language.pick("sudah dinilai", "appraised"),
        "waived" => language.pick("dikecualikan", "waived"),
        "provisional" => language.pick("sementara", "provisional"),
        "proposed" => language.pick("diusulkan", "proposed"),
        "final" => language.pick("final", "final"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_list_have_labels() {
        let labels = |codes: &[&str]| labels(codes, Language::Indonesian);
        assert_eq!(labels(&["annual"]), Some(vec!["Cuti tahunan"]));
        assert_eq!(
            labels(&["death", "other"]),
            Some(vec!["meninggal dunia", "sebab lain"])
        );
        assert_eq!(labels(&["badge", "other"]).unwrap()[1], "Fasilitas");
        assert_eq!(labels(&["out"]), Some(vec!["belum kembali"]));
        assert_eq!(labels(&["D3", "S1"]), None);
        assert_eq!(labels(&["annual", "colour"]), None);
    }
}
