//! The words in English.

use super::{Said, indonesian::level, list, named, rp};
use crate::{
    operator::leave::Kind,
    package::officer::Role,
    rejection::{Rejection, Violation},
};

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Pa => "budget user (PA)",
        Role::Ppk => "commitment officer (PPKom)",
        Role::Pptk => "technical officer (PPTK)",
    }
}

fn leave(kind: Kind) -> &'static str {
    match kind {
        Kind::Annual => "Annual leave",
        Kind::Special => "Special leave",
        Kind::Maternity => "Maternity leave",
        Kind::WorkAccident => "Work-accident leave",
    }
}

fn violation(violation: &Violation) -> String {
    match violation {
        Violation::Citizenship { required } => format!("citizenship is not {required}"),
        Violation::Age {
            age_min,
            age_max,
            age,
        } => format!("age {age}, required {age_min} to {age_max}"),
        Violation::Education { required } => format!("education below {}", level(*required)),
        Violation::Accreditation => "programme not accredited".to_owned(),
        Violation::Major { accepted } => format!("major is none of {}", list(accepted)),
        Violation::Gpa { required } => format!("GPA below {required}"),
        Violation::IntegrityPact => "integrity pact not signed".to_owned(),
    }
}

/// What is said of a rejection.
pub(super) fn said(rejection: &Rejection) -> Said {
    use Rejection as R;
    match rejection {
        R::PackageUnknown { package_id } => Said::new(
            "No such package",
            format!("No terms are published for package {package_id}."),
            "Check the id, or publish its terms first.",
        ),
        R::PackageAlreadyPublished { package_id } => Said::new(
            "Terms already published",
            format!("Package {package_id} already has other terms."),
            "Amend the terms instead.",
        ),
        R::TermsInvalid { faults } => Said::new(
            "Invalid terms",
            format!(
                "These fields are wrong, and may be: {}.",
                list(
                    faults
                        .iter()
                        .map(|fault| format!("{} ({})", fault.field, fault.expected))
                )
            ),
            "Correct all of them and send again.",
        ),
        R::PackageBelowCommitments {
            filled, committed, ..
        } => Said::new(
            "Below commitments",
            format!("{filled} contracts worth {} are committed.", rp(committed)),
            "Set quota and ceiling to at least that.",
        ),
        R::PackageQuotaExceeded { quota, filled } => Said::new(
            "Package quota exceeded",
            format!("The quota is {quota}, {filled} are filled."),
            "End another contract or amend the quota.",
        ),
        R::PackageBudgetExceeded {
            ceiling,
            committed,
            requested,
        } => Said::new(
            "Budget ceiling exceeded",
            format!(
                "The ceiling is {}, committed {}, requested {}.",
                rp(ceiling),
                rp(committed),
                rp(requested)
            ),
            "Lower the value or amend the ceiling.",
        ),
        R::OfficerNotAssigned { role: wanted, on } => Said::new(
            "Officer not assigned",
            format!(
                "Only the {} assigned to this package on {on} may do this.",
                role(*wanted)
            ),
            "Ask that officer to do it, or correct the officer assignments.",
        ),
        R::OfficerNotServing { role: wanted, on } => Said::new(
            "Officer not in office",
            format!(
                "That officer is not the {} of this package on {on}.",
                role(*wanted)
            ),
            "Check the NIP, the office and the last day; to take an assignment back, give the day before it begins.",
        ),
        R::OfficerOwnCase { .. } => Said::new(
            "One's own case",
            "Nobody may appraise himself.",
            "Ask another commitment officer who is assigned to appraise.",
        ),
        R::OfficerOverlaps {
            role: held,
            from,
            to,
        } => {
            let until = to
                .as_ref()
                .map_or_else(|| "further notice".to_owned(), ToString::to_string);
            Said::new(
                "Assignments overlap",
                format!("There is a {} from {from} until {until}.", role(*held)),
                "Release that assignment first, or choose other days.",
            )
        }
        R::OfficerPeriodInvalid { from, to } => Said::new(
            "Invalid assignment period",
            format!("It begins on {from} and ends on {to}."),
            "Correct the dates.",
        ),
        R::OperatorUnknown { operator_id } => Said::new(
            "No such operator",
            format!("Nobody is registered as {operator_id}."),
            "Check the id, or register the person first.",
        ),
        R::OperatorAlreadyRegistered { operator_id } => Said::new(
            "Already registered",
            format!("This NIK belongs to operator {operator_id}."),
            "Use that id; use correct-operator if something is wrong.",
        ),
        R::OperatorErased { operator_id } => Said::new(
            "Erased",
            format!(
                "The personal data of operator {operator_id} was erased under UU 27/2022 and cannot be used again."
            ),
            "Check the id, or choose another operator.",
        ),
        R::OperatorEngaged { contract_id, end } => Said::new(
            "Still under contract",
            format!("Contract {contract_id} runs until {end}."),
            "Erase after it has ended or is terminated.",
        ),
        R::OperatorNikMismatch { fields } => Said::new(
            "NIK mismatch",
            format!("The NIK disagrees with: {}.", list(fields)),
            "Correct them, or give nik_mismatch_evidence.",
        ),
        R::OperatorBirthDateInFuture { today } => Said::new(
            "Invalid birth date",
            format!("The birth date is after today ({today})."),
            "Correct the date.",
        ),
        R::OperatorNotEligible { violations } => Said::new(
            "Not eligible",
            format!(
                "Qualifications not met: {}.",
                list(violations.iter().map(violation))
            ),
            "Correct or complete the particulars if they are wrong; choose another operator if not.",
        ),
        R::OperatorPoorEvaluation {
            fiscal_year,
            months,
            total,
            ..
        } => Said::new(
            "Poor evaluation",
            format!("The evaluation of {fiscal_year} is poor (total {total} in {months} months)."),
            "Choose another operator, or give a justification to hire nevertheless.",
        ),
        R::ContractUnknown { contract_id } => Said::new(
            "No such contract",
            format!("This operator has no contract {contract_id}."),
            "Check the ids of contract and operator.",
        ),
        R::ContractOverlaps {
            contract_id,
            start,
            end,
        } => Said::new(
            "Contracts overlap",
            format!("Contract {contract_id} runs from {start} to {end}."),
            "Choose days outside of it.",
        ),
        R::ContractOutsidePeriod {
            start,
            end,
            fiscal_year,
        } => Said::new(
            "Outside the package period",
            format!(
                "A contract ends no sooner than it begins, and lies inside the package's days, {start} to {end}, fiscal year {fiscal_year}."
            ),
            "Adjust the contract's days.",
        ),
        R::ContractSpkNumberTaken { spk_number } => Said::new(
            "SPK number taken",
            format!("The number {spk_number} is used in this package already."),
            "Use another one.",
        ),
        R::ContractValueRequired { start, end } => Said::new(
            "Value required",
            format!("{start} to {end} is not whole months."),
            "Give a value.",
        ),
        R::ContractValueMismatch { expected, given } => Said::new(
            "Value mismatch",
            format!(
                "Whole months are worth {}, given {}.",
                rp(expected),
                rp(given)
            ),
            "Leave value out or correct it.",
        ),
        R::ContractHasLaterFacts {
            leave_ids,
            months,
            absences,
            warnings,
        } => Said::new(
            "DecisionContext stand in the way",
            format!(
                "In the way stand: {}.",
                named([
                    ("leave", leave_ids.iter().map(ToString::to_string).collect()),
                    (
                        "the appraisals of",
                        months.iter().map(ToString::to_string).collect()
                    ),
                    (
                        "absences on",
                        absences.iter().map(ToString::to_string).collect()
                    ),
                    (
                        "warnings of",
                        warnings.iter().map(ToString::to_string).collect()
                    ),
                ])
            ),
            "Choose a last day after all of them, or cancel leave that is wrong. A contract that was served is terminated, not voided.",
        ),
        R::ContractClosed { contract_id } => Said::new(
            "Contract closed",
            format!("Contract {contract_id} was terminated or voided and cannot change any more."),
            "Check the id, or hire under a new contract if the work goes on.",
        ),
        R::ContractNotInForce { on, start, end } => Said::new(
            "Not in force",
            format!("{on} is not within {start} to {end}."),
            "Correct the day.",
        ),
        R::ContractWarningOutOfOrder {
            expected: Some(expected),
            requested,
        } => Said::new(
            "Warning out of order",
            format!("The next warning is SP{expected}, not SP{requested}."),
            format!("Issue SP{expected}."),
        ),
        R::ContractWarningOutOfOrder {
            expected: None,
            requested,
        } => Said::new(
            "Warning out of order",
            format!("SP{requested} cannot be issued: the highest warning still stands."),
            "Consider termination.",
        ),
        R::ContractWarningBackDated { on, latest } => Said::new(
            "Warning back-dated",
            format!("The warning of {on} is before the one of {latest}."),
            "Choose a day that is not before it.",
        ),
        R::FactInFuture { on, today } => Said::new(
            "Day in the future",
            format!("{on} is after today ({today})."),
            "Correct the day, or send it again on that day.",
        ),
        R::LeaveUnknown { leave_id } => Said::new(
            "No such leave",
            format!("There is no leave {leave_id} with days left to cancel."),
            "Check the id.",
        ),
        R::LeaveAlreadyExists { leave_id } => Said::new(
            "Leave exists",
            format!("The id {leave_id} is taken."),
            "Use another one or leave it out.",
        ),
        R::LeaveOutsideContract { from, to } => Said::new(
            "Leave outside a contract",
            format!(
                "{from} to {to} is not all within one standing contract; voided ones do not count."
            ),
            "Adjust the days.",
        ),
        R::LeavePeriodInvalid { from, to } => Said::new(
            "Invalid leave period",
            format!("It begins on {from} and ends on {to}."),
            "Correct the dates.",
        ),
        R::LeaveOverlaps { leave_id, from, to } => Said::new(
            "Leave overlaps",
            format!("Leave {leave_id} covers {from} to {to}."),
            "Cancel it or choose other days.",
        ),
        R::LeaveNoWorkingDays { from, to } => Said::new(
            "No working days",
            format!("There is no working day from {from} to {to}, so there is nothing to record."),
            "Choose other days if this is a mistake.",
        ),
        R::LeaveBalanceExceeded {
            kind,
            year,
            remaining,
            requested,
        } => Said::new(
            "Leave balance exceeded",
            format!(
                "{}: {remaining} days can still be taken in {year}, {requested} were asked for.",
                leave(*kind)
            ),
            "Ask for fewer; a sick day past them can be recorded as an absence.",
        ),
        R::LeaveNotApplicable { .. } => Said::new(
            "Leave not applicable",
            "Maternity leave is for women only.",
            "Choose another kind.",
        ),
        R::LeaveTooLong { latest, months } => Said::new(
            "Leave too long",
            format!("At most {months} months a case, until {latest}."),
            "Shorten it.",
        ),
        R::LeaveOutsideLeave { leave_id, from, to } => Said::new(
            "Day outside the leave",
            format!("Leave {leave_id} covers {from} to {to}."),
            "Choose a day of it.",
        ),
        R::LeaveAbsenceExists { on } => Said::new(
            "Absence exists",
            format!(
                "An absence on {on} is recorded already; the day cannot be recorded again, nor as leave."
            ),
            "Check the day, or record the other days only.",
        ),
        R::SignatureInFuture { signed_on, today } => Said::new(
            "Signature in the future",
            format!("Signed on {signed_on}, after today ({today})."),
            "Correct the day.",
        ),
        R::AppraisalInvalidScores {
            missing,
            unknown,
            outside_scale,
            scale_min,
            scale_max,
        } => Said::new(
            "Invalid scores",
            format!(
                "Every indicator is scored once, {scale_min} to {scale_max}. Wrong are: {}.",
                named([
                    ("missing", missing.iter().collect()),
                    ("unknown", unknown.iter().collect()),
                    ("outside the scale", outside_scale.iter().collect()),
                ])
            ),
            "Correct these scores and send again.",
        ),
        R::AppraisalOutsideContract { month, start, end } => Said::new(
            "Month outside the contract",
            format!("{month} is not within {start} to {end}."),
            "Check month and contract.",
        ),
        R::AppraisalTooEarly {
            month, earliest, ..
        } => Said::new(
            "Appraisal too early",
            format!("{month} may be appraised or waived from {earliest} on."),
            "Sign and send it on that day or later.",
        ),
        R::AppraisalAlreadySubmitted { month, .. } => Said::new(
            "Already submitted",
            format!("{month} is appraised already."),
            "Correct the appraisal instead.",
        ),
        R::AppraisalUnknown { month } => Said::new(
            "No such appraisal",
            format!("{month} is not appraised yet."),
            "Submit its appraisal first.",
        ),
        R::AppraisalMonthWaived { month } => Said::new(
            "Month waived",
            format!("{month} is waived and takes no appraisal."),
            "Check the month, or use a correction if it was waived by mistake.",
        ),
        R::EvaluationMonthsMissing { months } => Said::new(
            "Months missing",
            format!("Neither appraised nor waived: {}.", list(months)),
            "Appraise or waive these months first.",
        ),
        R::EvaluationNothingAssessed { .. } => Said::new(
            "Nothing assessed",
            "Every month is waived, so there is nothing to evaluate.",
            "Leave it without an evaluation; selection counts the person as not yet evaluated.",
        ),
        R::EvaluationNotProposed { .. } => Said::new(
            "Evaluation not proposed",
            "No proposal stands.",
            "Let the technical officer propose it first.",
        ),
        R::EvaluationSignedBefore {
            signed_on,
            earliest,
        } => Said::new(
            "Signed before what it rests on",
            format!("{signed_on} is before {earliest}, when what it rests on was signed."),
            "Correct the date, or first correct the date of what it rests on.",
        ),
        R::EvaluationNotFinal { .. } => Said::new(
            "Evaluation not final",
            "There is no final evaluation to reopen.",
            "Check the contract; until it is final, appraisals can be corrected as they are.",
        ),
        R::EvaluationFinal { revision, .. } => Said::new(
            "Evaluation is final",
            format!("Revision {revision} is final."),
            "Ask the commitment officer to reopen it with a reason.",
        ),
        R::EvaluationSameSigner { .. } => Said::new(
            "Same signer",
            "Proposer and finalizer must be two people.",
            "Ask another officer to finalize.",
        ),
        R::HolidayUnknown { date } => Said::new(
            "No such holiday",
            format!("{date} is not declared as that kind of holiday."),
            "Check the day and the kind.",
        ),
        R::HolidayAlreadyDeclared { date } => Said::new(
            "Holiday already declared",
            format!("{date} is declared under another name or decree."),
            "Revoke that first.",
        ),
        R::CommandKeyReused { command_id } => Said::new(
            "Key reused",
            format!("The Idempotency-Key {command_id} was used with another body."),
            "Use a new key.",
        ),
    }
}
