//! Specs of the terms that bind a new contract: those in force on the day it is decided (rule 40).

use super::*;

#[test]
fn rule_40_a_contract_is_signed_under_the_version_in_force() {
    let mut second = terms();
    (second.leave.annual_days, second.leave.special_max_days) = (10, 6);
    (
        second.appraisal.good_from,
        second.evaluation.different_signers,
    ) = (20, false);
    second.warnings.levels = 2;
    let signed = Hired {
        terms_version: 2,
        leave: second.leave.clone(),
        appraisal: second.appraisal.clone(),
        evaluation: second.evaluation.clone(),
        warnings: second.warnings.clone(),
        ..contract()
    };
    open(person(), [terms_amended(2, second)])
        .when(hire(contract()))
        .then(made("8250000", signed));
}
