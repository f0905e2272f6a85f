//! A business no: a stable code and its numbers, as data. It has no words and no HTTP status.

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

pub mod thing;

/// Why a command was refused. Nothing changes by it.
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
    /// Other terms stand under this id already.
    #[serde(rename = "package.already_published")]
    PackageAlreadyPublished { package_id: PackageId },
    /// The terms could not be worked with; every fault is listed.
    #[serde(rename = "terms.invalid")]
    TermsInvalid { faults: Vec<Fault> },
    /// Rule 40.
    #[serde(rename = "package.below_commitments")]
    PackageBelowCommitments {
        filled: u32,
        committed: Rupiah,
        quota: u32,
        ceiling: Rupiah,
    },
    /// Rules 1 and 2.
    #[serde(rename = "package.quota_exceeded")]
    PackageQuotaExceeded { quota: u32, filled: u32 },
    /// Rule 3.
    #[serde(rename = "package.budget_exceeded")]
    PackageBudgetExceeded {
        ceiling: Rupiah,
        committed: Rupiah,
        #[serde(deserialize_with = "crate::money::worked_out")]
        #[schema(value_type = String)]
        requested: Rupiah,
    },
    /// Rules 26, 32 and 33.
    #[serde(rename = "officer.not_assigned")]
    OfficerNotAssigned { role: OfficerRole, on: NaiveDate },
    /// Rule 37: the officer to be released does not hold the office.
    #[serde(rename = "officer.not_serving")]
    OfficerNotServing { role: OfficerRole, on: NaiveDate },
    /// Rule 26: nobody appraises himself.
    #[serde(rename = "officer.own_case")]
    OfficerOwnCase { operator_id: OperatorId },
    /// Rule 37.
    #[serde(rename = "officer.overlaps")]
    OfficerOverlaps {
        role: OfficerRole,
        from: NaiveDate,
        to: Option<NaiveDate>,
    },
    /// An assignment that ends before it begins.
    #[serde(rename = "officer.period_invalid")]
    OfficerPeriodInvalid { from: NaiveDate, to: NaiveDate },
    /// Nobody is registered under this id.
    #[serde(rename = "operator.unknown")]
    OperatorUnknown { operator_id: OperatorId },
    /// Rule 39: the same NIK is the same person.
    #[serde(rename = "operator.already_registered")]
    OperatorAlreadyRegistered { operator_id: OperatorId },
    /// The person's data was erased.
    #[serde(rename = "operator.erased")]
    OperatorErased { operator_id: OperatorId },
    /// A person under contract cannot be erased.
    #[serde(rename = "operator.engaged")]
    OperatorEngaged {
        contract_id: ContractId,
        end: NaiveDate,
    },
    /// Rule 39: the NIK spells another birth date or sex.
    #[serde(rename = "operator.nik_mismatch")]
    OperatorNikMismatch { fields: BTreeSet<String> },
    /// A birth date after today.
    #[serde(rename = "operator.birth_date_in_future")]
    OperatorBirthDateInFuture { today: NaiveDate },
    /// Rules 4, 5 and 10, all at once.
    #[serde(rename = "operator.not_eligible")]
    OperatorNotEligible { violations: Vec<Violation> },
    /// Rule 9.
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
    /// Rule 6.
    #[serde(rename = "contract.overlaps")]
    ContractOverlaps {
        contract_id: ContractId,
        start: NaiveDate,
        end: NaiveDate,
    },
    /// Rule 7.
    #[serde(rename = "contract.outside_period")]
    ContractOutsidePeriod {
        start: NaiveDate,
        end: NaiveDate,
        fiscal_year: i32,
    },
    /// Rule 8.
    #[serde(rename = "contract.spk_number_taken")]
    ContractSpkNumberTaken { spk_number: String },
    /// Rule 12: a period that is not of whole months needs an explicit value.
    #[serde(rename = "contract.value_required")]
    ContractValueRequired { start: NaiveDate, end: NaiveDate },
    /// Rule 12: a contract of whole months is worth its monthly sum times the months.
    #[serde(rename = "contract.value_mismatch")]
    ContractValueMismatch {
        #[serde(deserialize_with = "crate::money::worked_out")]
        #[schema(value_type = String)]
        expected: Rupiah,
        given: Rupiah,
    },
    /// Rules 12, 13 and 14: leave, appraisals, absences or warnings (their days) stand in the way.
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
    /// The day is not one of the contract's.
    #[serde(rename = "contract.not_in_force")]
    ContractNotInForce {
        on: NaiveDate,
        start: NaiveDate,
        end: NaiveDate,
    },
    /// The next warning on the ladder is another one.
    #[serde(rename = "contract.warning_out_of_order")]
    ContractWarningOutOfOrder { expected: Option<u8>, requested: u8 },
    /// A warning dated before one of the same ladder.
    #[serde(rename = "contract.warning_back_dated")]
    ContractWarningBackDated { on: NaiveDate, latest: NaiveDate },
    /// An absence or a warning dated after today.
    #[serde(rename = "fact.in_future")]
    FactInFuture { on: NaiveDate, today: NaiveDate },
    /// The person has no such leave, or nothing of it is left to cancel (rule 22).
    #[serde(rename = "leave.unknown")]
    LeaveUnknown { leave_id: LeaveId },
    /// The id is taken by another leave.
    #[serde(rename = "leave.already_exists")]
    LeaveAlreadyExists { leave_id: LeaveId },
    /// Rule 15.
    #[serde(rename = "leave.outside_contract")]
    LeaveOutsideContract { from: NaiveDate, to: NaiveDate },
    /// A leave that ends before it begins.
    #[serde(rename = "leave.period_invalid")]
    LeavePeriodInvalid { from: NaiveDate, to: NaiveDate },
    /// Rule 16.
    #[serde(rename = "leave.overlaps")]
    LeaveOverlaps {
        leave_id: LeaveId,
        from: NaiveDate,
        to: NaiveDate,
    },
    /// Rule 17.
    #[serde(rename = "leave.no_working_days")]
    LeaveNoWorkingDays { from: NaiveDate, to: NaiveDate },
    /// Rules 18 and 19. The remaining days may be below zero.
    #[serde(rename = "leave.balance_exceeded")]
    LeaveBalanceExceeded {
        kind: LeaveKind,
        year: i32,
        remaining: i32,
        requested: u32,
    },
    /// Rule 21.
    #[serde(rename = "leave.not_applicable")]
    LeaveNotApplicable { kind: LeaveKind },
    /// Rule 21.
    #[serde(rename = "leave.too_long")]
    LeaveTooLong { latest: NaiveDate, months: u8 },
    /// Rule 22: the day is not one of the leave's.
    #[serde(rename = "leave.outside_leave")]
    LeaveOutsideLeave {
        leave_id: LeaveId,
        from: NaiveDate,
        to: NaiveDate,
    },
    /// The absence of that day is recorded already.
    #[serde(rename = "leave.absence_exists")]
    LeaveAbsenceExists { on: NaiveDate },
    /// A signature dated after today (rules 26, 32 and 33).
    #[serde(rename = "signature.in_future")]
    SignatureInFuture {
        signed_on: NaiveDate,
        today: NaiveDate,
    },
    /// Rule 27.
    #[serde(rename = "appraisal.invalid_scores")]
    AppraisalInvalidScores {
        missing: BTreeSet<String>,
        unknown: BTreeSet<String>,
        outside_scale: BTreeSet<String>,
        scale_min: u8,
        scale_max: u8,
    },
    /// Rule 28.
    #[serde(rename = "appraisal.outside_contract")]
    AppraisalOutsideContract {
        month: Month,
        start: NaiveDate,
        end: NaiveDate,
    },
    /// Rule 28.
    #[serde(rename = "appraisal.too_early")]
    AppraisalTooEarly {
        month: Month,
        earliest: NaiveDate,
        signed_on: NaiveDate,
    },
    /// Rule 29.
    #[serde(rename = "appraisal.already_submitted")]
    AppraisalAlreadySubmitted { month: Month, revision: u32 },
    /// Nothing was submitted for the month.
    #[serde(rename = "appraisal.unknown")]
    AppraisalUnknown { month: Month },
    /// Rule 31: the month is waived.
    #[serde(rename = "appraisal.month_waived")]
    AppraisalMonthWaived { month: Month },
    /// Rule 32.
    #[serde(rename = "evaluation.months_missing")]
    EvaluationMonthsMissing { months: Vec<Month> },
    /// Rule 32.
    #[serde(rename = "evaluation.nothing_assessed")]
    EvaluationNothingAssessed { waived: Vec<Month> },
    /// Rule 33: there is no proposal to finalize, or a correction withdrew it.
    #[serde(rename = "evaluation.not_proposed")]
    EvaluationNotProposed { contract_id: ContractId },
    /// Rules 32, 33 and 35: signed before what it rests on.
    #[serde(rename = "evaluation.signed_before")]
    EvaluationSignedBefore {
        signed_on: NaiveDate,
        earliest: NaiveDate,
    },
    /// Rule 33: there is nothing final to reopen.
    #[serde(rename = "evaluation.not_final")]
    EvaluationNotFinal { contract_id: ContractId },
    /// Rule 30.
    #[serde(rename = "evaluation.final")]
    EvaluationFinal {
        contract_id: ContractId,
        revision: u32,
    },
    /// Rule 33.
    #[serde(rename = "evaluation.same_signer")]
    EvaluationSameSigner { contract_id: ContractId },
    /// No such day is declared.
    #[serde(rename = "holiday.unknown")]
    HolidayUnknown { date: NaiveDate },
    /// The day is declared under another name or decree.
    #[serde(rename = "holiday.already_declared")]
    HolidayAlreadyDeclared { date: NaiveDate },
    /// The command id was used before with another body.
    #[serde(rename = "command.key_reused")]
    CommandKeyReused { command_id: CommandId },
}

/// One fault of terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Path of the field.
    pub field: String,
    /// What it may be.
    pub expected: String,
}

/// One qualification not met (rules 4, 5 and 10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "violation", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each field is the number its name says; the variants are documented"
)]
pub enum Violation {
    /// Another citizenship.
    Citizenship { required: String },
    /// Too young or too old on the first day.
    Age { age_min: u8, age_max: u8, age: i32 },
    /// Too little education.
    Education { required: EducationLevel },
    /// The programme is not accredited.
    Accreditation,
    /// Another major.
    Major { accepted: Vec<String> },
    /// Too low a grade point average.
    Gpa { required: Gpa },
    /// The integrity pact is not signed.
    IntegrityPact,
}

impl Rejection {
    /// The stable code, as it stands in problem documents.
    pub fn code(&self) -> String {
        let value = serde_json::to_value(self).expect("rejections are plain data");
        value["code"]
            .as_str()
            .expect("the tag is a string")
            .to_owned()
    }

    /// Whether the thing asked for does not exist.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::PackageUnknown { .. }
                | Self::OperatorUnknown { .. }
                | Self::ContractUnknown { .. }
                | Self::LeaveUnknown { .. }
                | Self::AppraisalUnknown { .. }
                | Self::HolidayUnknown { .. }
        )
    }
}
