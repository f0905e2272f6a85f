//! The words of each topic. This file leads events, refusals and pages to the files of their topics.

mod appraisal;
mod claim;
mod codes;
mod context;
mod contract;
mod evaluation;
mod facility;
mod holiday;
mod identity;
mod leave;
mod officer;
mod shared;
mod slot;
mod terms;

use jejak_events::{Event, Rejection, calendar, nik, operator, package};

pub use appraisal::{by_indicator, element, indicator, place_on_form};
pub use codes::labels as code_labels;
pub(crate) use codes::{in_a_cell as cell_code, options as code_options};
pub use context::EventContext;
pub use contract::hire::violation;
pub use terms::bound as terms_bound;

use crate::{Language, changes::Field, pages::ErrorPage, problem_text::ProblemText};

#[cfg(test)]
pub(crate) use {identity::FIELDS as PROFILE_FIELDS, terms::FIELDS as TERMS_FIELDS};

/// The pages of each topic's refusals.
pub(crate) const PAGES: [&[ErrorPage]; 11] = [
    terms::PAGES,
    slot::PAGES,
    officer::PAGES,
    identity::PAGES,
    contract::PAGES,
    leave::PAGES,
    facility::PAGES,
    appraisal::PAGES,
    evaluation::PAGES,
    holiday::PAGES,
    shared::PAGES,
];

/// The labelled fields of each topic.
pub(crate) const FIELDS: [&[Field]; 7] = [
    terms::FIELDS,
    terms::POLICY_FIELDS,
    identity::FIELDS,
    contract::FIELDS,
    leave::FIELDS,
    facility::FIELDS,
    appraisal::FIELDS,
];

/// The sentence of an event. Reasons and notes are no part of it.
///
/// `erased` adds that the event's personal data is gone.
pub fn event_sentence(
    context: &EventContext<'_>,
    event: &Event,
    erased: bool,
    language: Language,
) -> String {
    let sentence = match event {
        Event::Package(event) => match event {
            package::Event::Terms(event) => terms::sentence(context, event, language),
            package::Event::Officer(event) => officer::sentence(context, event, language),
            package::Event::Slot(event) => slot::sentence(context, event, language),
        },
        Event::Operator(event) => match event {
            operator::Event::Identity(event) => identity::sentence(context, event, language),
            operator::Event::Contract(event) => contract::sentence(context, event, language),
            operator::Event::Leave(event) => leave::sentence(context, event, language),
            operator::Event::Facility(event) => facility::sentence(context, event, language),
            operator::Event::Appraisal(event) => appraisal::sentence(context, event, language),
            operator::Event::Evaluation(event) => evaluation::sentence(context, event, language),
        },
        Event::Nik(nik::Event::Claim(event)) => claim::sentence(event, language),
        Event::Calendar(calendar::Event::Holiday(event)) => {
            holiday::sentence(context, event, language)
        }
    };
    let addition = match erased {
        true => language.pick(" Data pribadi telah dihapus.", " Personal data was erased."),
        false => "",
    };
    format!("{sentence}{addition}")
}

/// The text of a refusal.
pub fn refusal_text(rejection: &Rejection, l: Language) -> ProblemText {
    use Rejection as R;
    use contract::{change, hire};
    match rejection {
        R::PackageUnknown { package_id } => terms::unknown(l, package_id),
        R::PackageAlreadyPublished { package_id } => terms::already_published(l, package_id),
        R::TermsInvalid { faults } => terms::invalid(l, faults),
        R::PackageBelowCommitments {
            filled, committed, ..
        } => terms::below_commitments(l, *filled, committed),
        R::PackageQuotaExceeded { quota, filled } => slot::quota_exceeded(l, *quota, *filled),
        R::PackageBudgetExceeded {
            ceiling,
            committed,
            requested,
        } => slot::budget_exceeded(l, ceiling, committed, requested),
        R::OfficerNotAssigned { role, on } => officer::not_assigned(l, *role, on),
        R::OfficerNotServing { role, on } => officer::not_serving(l, *role, on),
        R::OfficerOwnCase { .. } => officer::own_case(l),
        R::OfficerOverlaps { role, from, to } => officer::overlaps(l, *role, from, to.as_ref()),
        R::OfficerPeriodInvalid { from, to } => officer::period_invalid(l, from, to),
        R::OperatorUnknown { operator_id } => identity::unknown(l, operator_id),
        R::OperatorAlreadyRegistered { operator_id } => {
            identity::already_registered(l, operator_id)
        }
        R::OperatorErased { operator_id } => identity::erased(l, operator_id),
        R::OperatorEngaged { contract_id, end } => identity::engaged(l, contract_id, end),
        R::OperatorNikMismatch { fields } => identity::nik_mismatch(l, fields),
        R::OperatorBirthDateInFuture { today } => identity::birth_date_in_future(l, today),
        R::OperatorNotEligible { violations } => hire::not_eligible(l, violations),
        R::OperatorPoorEvaluation {
            fiscal_year,
            months,
            total,
            ..
        } => hire::poor_evaluation(l, *fiscal_year, *months, *total),
        R::ContractUnknown { contract_id } => change::unknown(l, contract_id),
        R::ContractOverlaps {
            contract_id,
            start,
            end,
        } => hire::overlaps(l, contract_id, start, end),
        R::ContractOutsidePeriod {
            start,
            end,
            fiscal_year,
        } => hire::outside_period(l, start, end, *fiscal_year),
        R::ContractSpkNumberTaken { spk_number } => hire::spk_number_taken(l, spk_number),
        R::ContractValueRequired { start, end } => change::value_required(l, start, end),
        R::ContractValueMismatch { expected, given } => change::value_mismatch(l, expected, given),
        R::ContractHasLaterFacts {
            leave_ids,
            months,
            absences,
            warnings,
        } => change::has_later_facts(l, leave_ids, months, absences, warnings),
        R::ContractClosed { contract_id } => change::closed(l, contract_id),
        R::ContractNotInForce { on, start, end } => change::not_in_force(l, on, start, end),
        R::ContractWarningOutOfOrder {
            expected,
            requested,
        } => change::warning_out_of_order(l, *expected, *requested),
        R::ContractWarningBackDated { on, latest } => change::warning_back_dated(l, on, latest),
        R::FactInFuture { on, today } => shared::fact_in_future(l, on, today),
        R::LeaveUnknown { leave_id } => leave::unknown(l, leave_id),
        R::LeaveAlreadyExists { leave_id } => leave::already_exists(l, leave_id),
        R::LeaveOutsideContract { from, to } => leave::outside_contract(l, from, to),
        R::LeavePeriodInvalid { from, to } => leave::period_invalid(l, from, to),
        R::LeaveOverlaps { leave_id, from, to } => leave::overlaps(l, leave_id, from, to),
        R::LeaveNoWorkingDays { from, to } => leave::no_working_days(l, from, to),
        R::LeaveBalanceExceeded {
            kind,
            year,
            remaining,
            requested,
        } => leave::balance_exceeded(l, *kind, *year, *remaining, *requested),
        R::LeaveNotApplicable { .. } => leave::not_applicable(l),
        R::LeaveTooLong { latest, months } => leave::too_long(l, latest, *months),
        R::LeaveOutsideLeave { leave_id, from, to } => leave::outside_leave(l, leave_id, from, to),
        R::LeaveAbsenceExists { on } => leave::absence_exists(l, on),
        R::SignatureInFuture { signed_on, today } => {
            shared::signature_in_future(l, signed_on, today)
        }
        R::AppraisalInvalidScores {
            missing,
            unknown,
            outside_scale,
            scale_min,
            scale_max,
        } => {
            let wrong = appraisal::refusals::WrongScores {
                missing,
                unknown,
                outside_scale,
            };
            appraisal::refusals::invalid_scores(l, &wrong, *scale_min, *scale_max)
        }
        R::AppraisalOutsideContract { month, start, end } => {
            appraisal::refusals::outside_contract(l, *month, start, end)
        }
        R::AppraisalTooEarly {
            month, earliest, ..
        } => appraisal::refusals::too_early(l, *month, earliest),
        R::AppraisalAlreadySubmitted { month, .. } => {
            appraisal::refusals::already_submitted(l, *month)
        }
        R::AppraisalUnknown { month } => appraisal::refusals::unknown(l, *month),
        R::AppraisalMonthWaived { month } => appraisal::refusals::month_waived(l, *month),
        R::FacilityUnknown => facility::unknown(l),
        R::FacilityAlreadyReturned { on } => facility::already_returned(l, on),
        R::FacilityNotYetIssued { on, issued_on } => facility::not_yet_issued(l, on, issued_on),
        R::EvaluationMonthsMissing { months } => evaluation::months_missing(l, months),
        R::EvaluationNothingAssessed { .. } => evaluation::nothing_assessed(l),
        R::EvaluationNotProposed { .. } => evaluation::not_proposed(l),
        R::EvaluationSignedBefore {
            signed_on,
            earliest,
        } => evaluation::signed_before(l, signed_on, earliest),
        R::EvaluationNotFinal { .. } => evaluation::not_final(l),
        R::EvaluationFinal { revision, .. } => evaluation::is_final(l, *revision),
        R::EvaluationSameSigner { .. } => evaluation::same_signer(l),
        R::HolidayUnknown { date } => holiday::unknown(l, date),
        R::HolidayAlreadyDeclared { date } => holiday::already_declared(l, date),
        R::CommandKeyReused { command_id } => shared::key_reused(l, command_id),
    }
}
