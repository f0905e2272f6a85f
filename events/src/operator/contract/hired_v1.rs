//! Version 1 of a hire: the number of the contract stood in the clear.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{HireParticulars, Hired, Monthly, PriorEvaluation};
use crate::{
    ids::{ContractId, PackageId},
    money::Rupiah,
    package::policy::{AppraisalPolicy, EvaluationPolicy, LeavePolicy, WarningPolicy},
    personal::Personal,
    version::Superseded,
};

/// A contract was signed. Its number is in the clear.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HiredV1 {
    /// The id of the contract, a UUID.
    contract_id: ContractId,
    /// The short name of the package, such as `2020-tenaga-it`.
    package_id: PackageId,
    /// The number of the contract (SPK), without white space around it.
    spk_number: String,
    /// The day on which the contract was signed, `YYYY-MM-DD`.
    spk_date: NaiveDate,
    /// The first day of work, `YYYY-MM-DD`.
    start: NaiveDate,
    /// The last day of work, `YYYY-MM-DD`.
    end: NaiveDate,
    /// The money of one whole month.
    monthly: Monthly,
    /// The money of the whole contract, in Rupiah.
    value: Rupiah,
    /// The fiscal year that pays, such as 2020.
    fiscal_year: i32,
    /// The version of the package's terms that binds the contract, 1 or more.
    terms_version: u32,
    /// The leave policy of that version.
    leave: LeavePolicy,
    /// The appraisal policy of that version.
    appraisal: AppraisalPolicy,
    /// The evaluation policy of that version.
    evaluation: EvaluationPolicy,
    /// The warning policy of that version.
    warnings: WarningPolicy,
    /// Whether the integrity pact was signed.
    integrity_pact: bool,
    /// The last final evaluation of the person. Null if there was none.
    prior_evaluation: Option<PriorEvaluation>,
    /// The justification for hiring after a poor evaluation, sealed. Absent where none was given.
    #[serde(default)]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    personal: Option<Personal<HireParticulars>>,
}

impl Superseded for HiredV1 {
    const TYPE: &'static str = "operator.contract.hired.v1";
    const NEXT_TYPE: &'static str = "operator.contract.hired.v2";
    type Next = Hired;

    fn upcast(self) -> Hired {
        Hired {
            contract_id: self.contract_id,
            package_id: self.package_id,
            spk_number: Some(self.spk_number),
            spk_date: self.spk_date,
            start: self.start,
            end: self.end,
            monthly: self.monthly,
            value: self.value,
            fiscal_year: self.fiscal_year,
            terms_version: self.terms_version,
            leave: self.leave,
            appraisal: self.appraisal,
            evaluation: self.evaluation,
            warnings: self.warnings,
            integrity_pact: self.integrity_pact,
            prior_evaluation: self.prior_evaluation,
            personal: self.personal,
        }
    }
}
