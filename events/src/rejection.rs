//! Refusals: a stable code with its numbers, as data. Words and HTTP status are not here.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    date::Month,
    ids::{CommandId, ContractId, LeaveId, OperatorId, PackageId},
    kinds::{EducationLevel, LeaveKind, OfficerRole},
    money::{Gpa, Rupiah},
};

/// The refusal of a command by a rule. It changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code")]
#[expect(
    missing_docs,
    reason = "each field is the number its name says; the variants are documented"
)]
pub enum Rejection {
    /// No terms were published under this id.
    #[serde(rename = "package.unknown")]
    PackageUnknown { package_id: PackageId },
    /// Other terms were published under this id.
    #[serde(rename = "package.already_published")]
    PackageAlreadyPublished { package_id: PackageId },
    /// The terms have faults. All of them are listed.
    #[serde(rename = "terms.invalid")]
    TermsInvalid { faults: Vec<TermsFault> },
    /// The amended quota or ceiling is below the commitments (rule 40).
    #[serde(rename = "package.below_commitments")]
    PackageBelowCommitments {
        filled: u32,
        committed: Rupiah,
        quota: u32,
        ceiling: Rupiah,
    },
    /// All places of the quota are taken (rules 1 and 2).
    #[serde(rename = "package.quota_exceeded")]
    PackageQuotaExceeded { quota: u32, filled: u32 },
    /// The ceiling does not leave this money (rule 3).
    #[serde(rename = "package.budget_exceeded")]
    PackageBudgetExceeded {
        ceiling: Rupiah,
        committed: Rupiah,
        #[serde(deserialize_with = "crate::money::worked_out")]
        #[schema(value_type = String)]
        requested: Rupiah,
    },
    /// The sender does not hold the role on the day (rules 26, 32 and 33), or none in the package (rule 49).
    #[serde(rename = "officer.not_assigned")]
    OfficerNotAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<OfficerRole>,
        on: NaiveDate,
    },
    /// The officer does not hold the role on the day of release (rule 37).
    #[serde(rename = "officer.not_serving")]
    OfficerNotServing { role: OfficerRole, on: NaiveDate },
    /// The signer is the person appraised (rule 26).
    #[serde(rename = "officer.own_case")]
    OfficerOwnCase { operator_id: OperatorId },
    /// Another assignment to the role has one of these days (rule 37).
    #[serde(rename = "officer.overlaps")]
    OfficerOverlaps {
        role: OfficerRole,
        from: NaiveDate,
        to: Option<NaiveDate>,
    },
    /// The assignment ends before it begins.
    #[serde(rename = "officer.period_invalid")]
    OfficerPeriodInvalid { from: NaiveDate, to: NaiveDate },
    /// Nobody is registered under this id.
    #[serde(rename = "operator.unknown")]
    OperatorUnknown { operator_id: OperatorId },
    /// The NIK is registered already; the same NIK is the same person (rule 39).
    #[serde(rename = "operator.already_registered")]
    OperatorAlreadyRegistered { operator_id: OperatorId },
    /// The person's data was erased.
    #[serde(rename = "operator.erased")]
    OperatorErased { operator_id: OperatorId },
    /// The person has a running contract, so the data cannot be erased.
    #[serde(rename = "operator.engaged")]
    OperatorEngaged {
        contract_id: ContractId,
        end: NaiveDate,
    },
    /// The NIK spells another birth date or sex (rule 39).
    #[serde(rename = "operator.nik_mismatch")]
    OperatorNikMismatch { fields: BTreeSet<String> },
    /// The birth date is after today.
    #[serde(rename = "operator.birth_date_in_future")]
    OperatorBirthDateInFuture { today: NaiveDate },
    /// The person does not meet the qualifications; all violations are listed (rules 4, 5 and 10).
    #[serde(rename = "operator.not_eligible")]
    OperatorNotEligible { violations: Vec<Violation> },
    /// The last final evaluation is poor and no justification is given (rule 9).
    #[serde(rename = "operator.poor_evaluation")]
    OperatorPoorEvaluation {
        contract_id: ContractId,
        fiscal_year: i32,
        months: u32,
        total: u32,
    },
    /// The person has no such contract.
    #[serde(rename = "contract.unknown")]
    ContractUnknown { contract_id: ContractId },
    /// The person has another contract on one of these days (rule 6).
    #[serde(rename = "contract.overlaps")]
    ContractOverlaps {
        contract_id: ContractId,
        start: NaiveDate,
        end: NaiveDate,
    },
    /// The days are not all in the period and the fiscal year of the package (rule 7).
    #[serde(rename = "contract.outside_period")]
    ContractOutsidePeriod {
        start: NaiveDate,
        end: NaiveDate,
        fiscal_year: i32,
    },
    /// Another contract of the package has the SPK number (rule 8).
    #[serde(rename = "contract.spk_number_taken")]
    ContractSpkNumberTaken { spk_number: String },
    /// A period that is not of whole months needs an explicit value (rule 12).
    #[serde(rename = "contract.value_required")]
    ContractValueRequired { start: NaiveDate, end: NaiveDate },
    /// The value of whole months is not the monthly sum times the months (rule 12).
    #[serde(rename = "contract.value_mismatch")]
    ContractValueMismatch {
        #[serde(deserialize_with = "crate::money::worked_out")]
        #[schema(value_type = String)]
        expected: Rupiah,
        given: Rupiah,
    },
    /// Leave, appraisals, absences or warnings stand in the way (rules 12 to 14). Absences and warnings come by their
    /// days.
    #[serde(rename = "contract.has_later_facts")]
    ContractHasLaterFacts {
        leave_ids: Vec<LeaveId>,
        months: Vec<Month>,
        absences: Vec<NaiveDate>,
        warnings: Vec<NaiveDate>,
    },
    /// The contract was terminated or voided.
    #[serde(rename = "contract.closed")]
    ContractClosed { contract_id: ContractId },
    /// The day is outside the contract.
    #[serde(rename = "contract.not_in_force")]
    ContractNotInForce {
        on: NaiveDate,
        start: NaiveDate,
        end: NaiveDate,
    },
    /// The next warning on the ladder has another level.
    #[serde(rename = "contract.warning_out_of_order")]
    ContractWarningOutOfOrder { expected: Option<u8>, requested: u8 },
    /// The warning is dated before another one of the same ladder.
    #[serde(rename = "contract.warning_back_dated")]
    ContractWarningBackDated { on: NaiveDate, latest: NaiveDate },
    /// The absence or the warning is dated after today.
    #[serde(rename = "fact.in_future")]
    FactInFuture { on: NaiveDate, today: NaiveDate },
    /// The person has no such leave, or nothing of it is left to cancel (rule 22).
    #[serde(rename = "leave.unknown")]
    LeaveUnknown { leave_id: LeaveId },
    /// Another leave has the id.
    #[serde(rename = "leave.already_exists")]
    LeaveAlreadyExists { leave_id: LeaveId },
    /// The days are not all inside one contract (rule 15).
    #[serde(rename = "leave.outside_contract")]
    LeaveOutsideContract { from: NaiveDate, to: NaiveDate },
    /// The leave ends before it begins.
    #[serde(rename = "leave.period_invalid")]
    LeavePeriodInvalid { from: NaiveDate, to: NaiveDate },
    /// Another leave has one of these days (rule 16).
    #[serde(rename = "leave.overlaps")]
    LeaveOverlaps {
        leave_id: LeaveId,
        from: NaiveDate,
        to: NaiveDate,
    },
    /// No day of the leave is a working day (rule 17).
    #[serde(rename = "leave.no_working_days")]
    LeaveNoWorkingDays { from: NaiveDate, to: NaiveDate },
    /// The pool of the year has too few days (rules 18 and 19). The remaining days may be below zero.
    #[serde(rename = "leave.balance_exceeded")]
    LeaveBalanceExceeded {
        kind: LeaveKind,
        year: i32,
        remaining: i32,
        requested: u32,
    },
    /// Maternity leave is not for a man (rule 21).
    #[serde(rename = "leave.not_applicable")]
    LeaveNotApplicable { kind: LeaveKind },
    /// The case of long leave takes more calendar months than the policy allows (rule 21).
    #[serde(rename = "leave.too_long")]
    LeaveTooLong { latest: NaiveDate, months: u8 },
    /// The day is outside the leave (rule 22).
    #[serde(rename = "leave.outside_leave")]
    LeaveOutsideLeave {
        leave_id: LeaveId,
        from: NaiveDate,
        to: NaiveDate,
    },
    /// An absence is recorded on the day already.
    #[serde(rename = "leave.absence_exists")]
    LeaveAbsenceExists { on: NaiveDate },
    /// The signature is dated after today (rules 26, 32 and 33).
    #[serde(rename = "signature.in_future")]
    SignatureInFuture {
        signed_on: NaiveDate,
        today: NaiveDate,
    },
    /// Scores are missing, unknown or outside the scale (rule 27).
    #[serde(rename = "appraisal.invalid_scores")]
    AppraisalInvalidScores {
        missing: BTreeSet<String>,
        unknown: BTreeSet<String>,
        outside_scale: BTreeSet<String>,
        scale_min: u8,
        scale_max: u8,
    },
    /// The month has no day of the contract (rule 28).
    #[serde(rename = "appraisal.outside_contract")]
    AppraisalOutsideContract {
        month: Month,
        start: NaiveDate,
        end: NaiveDate,
    },
    /// The month is signed too early (rule 28).
    #[serde(rename = "appraisal.too_early")]
    AppraisalTooEarly {
        month: Month,
        earliest: NaiveDate,
        signed_on: NaiveDate,
    },
    /// The month is appraised already; a correction is the way (rule 29).
    #[serde(rename = "appraisal.already_submitted")]
    AppraisalAlreadySubmitted { month: Month, revision: u32 },
    /// The month has no appraisal to correct.
    #[serde(rename = "appraisal.unknown")]
    AppraisalUnknown { month: Month },
    /// The month is waived (rule 31).
    #[serde(rename = "appraisal.month_waived")]
    AppraisalMonthWaived { month: Month },
    /// Months are neither appraised nor waived (rule 32).
    #[serde(rename = "evaluation.months_missing")]
    EvaluationMonthsMissing { months: Vec<Month> },
    /// All months are waived, so nothing is assessed (rule 32).
    #[serde(rename = "evaluation.nothing_assessed")]
    EvaluationNothingAssessed { waived: Vec<Month> },
    /// No proposal waits for the PPK, or a correction withdrew it (rule 33).
    #[serde(rename = "evaluation.not_proposed")]
    EvaluationNotProposed { contract_id: ContractId },
    /// The signature is older than the paper it rests on (rules 32, 33 and 35).
    #[serde(rename = "evaluation.signed_before")]
    EvaluationSignedBefore {
        signed_on: NaiveDate,
        earliest: NaiveDate,
    },
    /// The person got no such facility (rule 47).
    #[serde(rename = "facility.unknown")]
    FacilityUnknown,
    /// The facility was given back already, with another day or note (rule 47).
    #[serde(rename = "facility.already_returned")]
    FacilityAlreadyReturned { on: NaiveDate },
    /// The facility was handed out after the day of its return (rule 47).
    #[serde(rename = "facility.not_yet_issued")]
    FacilityNotYetIssued { on: NaiveDate, issued_on: NaiveDate },
    /// No final evaluation is there to reopen (rule 33).
    #[serde(rename = "evaluation.not_final")]
    EvaluationNotFinal { contract_id: ContractId },
    /// The evaluation is final until it is reopened (rule 30).
    #[serde(rename = "evaluation.final")]
    EvaluationFinal {
        contract_id: ContractId,
        revision: u32,
    },
    /// Proposer and finalizer are the same person (rule 33).
    #[serde(rename = "evaluation.same_signer")]
    EvaluationSameSigner { contract_id: ContractId },
    /// No such day is declared.
    #[serde(rename = "holiday.unknown")]
    HolidayUnknown { date: NaiveDate },
    /// The day is declared under another name or decree.
    #[serde(rename = "holiday.already_declared")]
    HolidayAlreadyDeclared { date: NaiveDate },
    /// The command id was used before with another body (rule 36).
    #[serde(rename = "command.key_reused")]
    CommandKeyReused { command_id: CommandId },
}

/// A fault of terms of reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TermsFault {
    /// The path of the field, such as `leave.annual_days`.
    pub field: String,
    /// The values that the field may have, in English.
    pub expected: String,
}

/// A qualification that a person does not meet (rules 4, 5 and 10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "violation", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each field is the number its name says; the variants are documented"
)]
pub enum Violation {
    /// The citizenship is another one.
    Citizenship { required: String },
    /// The person is too young or too old on the first day.
    Age { age_min: u8, age_max: u8, age: i32 },
    /// The level of education is too low.
    Education { required: EducationLevel },
    /// The programme is not accredited.
    Accreditation,
    /// The major is not an accepted one.
    Major { accepted: Vec<String> },
    /// The grade point average is too low.
    Gpa { required: Gpa },
    /// The integrity pact is not signed.
    IntegrityPact,
}

impl Rejection {
    /// The stable code, such as `leave.overlaps`, as in problem documents.
    pub fn code(&self) -> String {
        let value = serde_json::to_value(self).expect("rejections are plain data");
        value["code"]
            .as_str()
            .expect("the tag is a string")
            .to_owned()
    }

    /// Whether the command names an item that does not exist.
    pub fn is_unknown(&self) -> bool {
        self.code().ends_with(".unknown")
    }
}
