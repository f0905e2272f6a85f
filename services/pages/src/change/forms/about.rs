//! The fields that refusals are about.

/// The fields that a refusal is about, by its code. The first one that a form has shows it.
pub(super) const ABOUT: &[(&str, &[&str])] = &[
    ("operator.already_registered", &["nik"]),
    ("operator.nik_mismatch", &["nik", "birth_date"]),
    ("operator.birth_date_in_future", &["birth_date"]),
    ("operator.poor_evaluation", &["justification"]),
    ("contract.spk_number_taken", &["spk_number"]),
    ("contract.overlaps", &["start", "end"]),
    ("contract.outside_period", &["start", "end"]),
    ("contract.value_required", &["value"]),
    ("contract.value_mismatch", &["value"]),
    ("contract.not_in_force", &["on"]),
    ("contract.has_later_facts", &["on", "end"]),
    ("contract.warning_out_of_order", &["level"]),
    ("contract.warning_back_dated", &["on"]),
    ("signature.in_future", &["spk_date"]),
    ("fact.in_future", &["on"]),
    ("package.unknown", &["package_id"]),
    ("package.quota_exceeded", &["package_id"]),
    ("package.budget_exceeded", &["monthly.wage"]),
    ("officer.not_assigned", &["package_id"]),
];
