//! Topic `contract`: engagements (SPK), their warnings and their ends.
//!
//! The slot in the package moves in the same batch. Decisions stand in [`hire`] and [`change`].

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Rejection,
    date::{Month, Period},
    ids::{ContractId, PackageId},
    money::Rupiah,
    object::only_objects,
    package::policy::{AppraisalPolicy, Category, EvaluationPolicy, LeavePolicy, WarningPolicy},
    personal::{Personal, Remark, payload},
};

mod admits;
pub mod change;
mod facts;
pub mod hire;
mod hired_v1;
mod state;
pub mod warning;

use hired_v1::HiredV1;
pub use state::{Contract, ContractsState, Ending, Warning};

crate::topic::topic! {
    /// A contract was signed by both sides.
    Hired = "operator.contract.hired.v2" since [HiredV1],
    /// The last day or the money of a contract changed.
    Amended = "operator.contract.amended.v1",
    /// A contract ended before its last day.
    Terminated = "operator.contract.terminated.v1",
    /// A contract was a mistake from the beginning.
    Voided = "operator.contract.voided.v1",
    /// A warning (surat peringatan) was issued.
    Warned = "operator.contract.warned.v1",
}

/// The money of one month (KAK 5.B). Each line rounds half-up to whole Rupiah before the lines add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Monthly {
    /// Upah kerja, the wage, in Rupiah.
    pub wage: Rupiah,
    /// The employer's part of BPJS Kesehatan, in Rupiah.
    pub health_insurance: Rupiah,
    /// The employer's part of BPJS Ketenagakerjaan, in Rupiah.
    pub employment_insurance: Rupiah,
}

impl Monthly {
    /// The three amounts in the order of the fields.
    pub fn lines(&self) -> [Rupiah; 3] {
        [self.wage, self.health_insurance, self.employment_insurance]
    }

    /// The sum of the three amounts, each rounded.
    pub fn sum(&self) -> Rupiah {
        self.lines().into_iter().map(Rupiah::rounded).sum()
    }

    /// The sum of the three amounts for `part` of `whole` days, each rounded.
    pub fn share(&self, part: u32, whole: u32) -> Rupiah {
        self.lines()
            .into_iter()
            .map(|line| line.rounded().share(part, whole))
            .sum()
    }
}

/// The final evaluation that a hire considered, with its values of that day (rules 9 and 33).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
#[schema(as = ConsideredEvaluation)]
pub struct PriorEvaluation {
    /// The contract that was evaluated.
    pub contract_id: ContractId,
    /// The fiscal year of that contract, such as 2020.
    pub fiscal_year: i32,
    /// The revision of the evaluation, 1 or more.
    pub revision: u32,
    /// The number of months assessed.
    pub months: u32,
    /// The sum of the monthly totals.
    pub total: u32,
    /// The category, `good` or `poor`.
    pub category: Category,
}

/// A contract was signed. The event carries the policies that bind the contract for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hired {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The short name of the package, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The number of the contract (SPK) in an event of version 1. Later events seal it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spk_number: Option<String>,
    /// The day on which the contract was signed, `YYYY-MM-DD`.
    pub spk_date: NaiveDate,
    /// The first day of work, `YYYY-MM-DD`.
    pub start: NaiveDate,
    /// The last day of work, `YYYY-MM-DD`.
    pub end: NaiveDate,
    /// The money of one whole month.
    pub monthly: Monthly,
    /// The money of the whole contract, in Rupiah.
    pub value: Rupiah,
    /// The fiscal year that pays, such as 2020.
    pub fiscal_year: i32,
    /// The version of the package's terms that binds the contract, 1 or more.
    pub terms_version: u32,
    /// The leave policy of that version.
    pub leave: LeavePolicy,
    /// The appraisal policy of that version.
    pub appraisal: AppraisalPolicy,
    /// The evaluation policy of that version.
    pub evaluation: EvaluationPolicy,
    /// The warning policy of that version.
    pub warnings: WarningPolicy,
    /// Whether the integrity pact was signed.
    pub integrity_pact: bool,
    /// The last final evaluation of the person. Null if there was none.
    pub prior_evaluation: Option<PriorEvaluation>,
    /// The number of the contract, and the justification for hiring after a poor evaluation, sealed under the
    /// person's key. Absent in events of version 1 without a justification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<HireParticulars>>,
}

/// The sealed part of a hire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HireParticulars {
    /// The number of the contract (SPK), without white space around it. Version 1 had it in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spk_number: Option<String>,
    /// The justification for hiring after a poor evaluation. Version 1 called it `text`.
    #[serde(default, alias = "text", skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
}

impl Hired {
    /// The number of the contract; none once the person is erased.
    pub fn spk_number(&self) -> Option<&str> {
        let sealed = self.personal.as_ref().and_then(Personal::known);
        let sealed = sealed.and_then(|part| part.spk_number.as_deref());
        sealed.or(self.spk_number.as_deref())
    }

    /// The same contract without what erasing forgets. Rows of views hold it.
    #[must_use]
    pub fn without_particulars(&self) -> Self {
        Self {
            spk_number: None,
            personal: None,
            ..self.clone()
        }
    }
}

only_objects!(Monthly, PriorEvaluation);

/// The last day or the money of a contract changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amended {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The last day of work after the change, `YYYY-MM-DD`.
    pub end: NaiveDate,
    /// The money of one whole month after the change.
    pub monthly: Monthly,
    /// The money of the whole contract after the change, in Rupiah.
    pub value: Rupiah,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// The causes that end a contract early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TerminationCause {
    /// The person gave up the work.
    Resignation,
    /// The person broke the contract.
    Breach,
    /// The person died in service.
    Death,
    /// The package's budget was cut.
    Budget,
    /// Another cause, which the reason explains.
    Other,
}

/// A contract ended before its last day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terminated {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The last day of work, `YYYY-MM-DD`.
    pub on: NaiveDate,
    /// The cause, such as `resignation`.
    pub cause: TerminationCause,
    /// The money earned up to that day, in Rupiah. It stays committed.
    pub earned: Rupiah,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// A contract was a mistake from the beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Voided {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// A warning (surat peringatan) was issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Warned {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The step on the ladder: 1 for SP1, 2 for SP2, 3 for SP3.
    pub level: u8,
    /// The day of the letter, `YYYY-MM-DD`.
    pub on: NaiveDate,
    /// The last day on which the warning stands, `YYYY-MM-DD`.
    pub until: NaiveDate,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Hired.personal?);
payload!(
    Amended.personal,
    Terminated.personal,
    Voided.personal,
    Warned.personal
);

impl Event {
    /// The contract it is about.
    pub fn contract_id(&self) -> ContractId {
        match self {
            Self::Hired(hired) => hired.contract_id,
            Self::Amended(amended) => amended.contract_id,
            Self::Terminated(terminated) => terminated.contract_id,
            Self::Voided(voided) => voided.contract_id,
            Self::Warned(warned) => warned.contract_id,
        }
    }

    /// Whether the contract's slot changes in the same batch.
    pub fn moves_slot(&self) -> bool {
        match self {
            Self::Hired(_) | Self::Amended(_) | Self::Terminated(_) | Self::Voided(_) => true,
            Self::Warned(_) => false,
        }
    }
}

/// Rule 6: no day shared with another contract of the person, in any package.
fn require_no_overlap(
    state: &ContractsState,
    period: &Period,
    except: Option<ContractId>,
) -> Result<(), Rejection> {
    let clash = state
        .standing()
        .find(|(id, held)| Some(*id) != except && held.period().overlaps(period));
    match clash {
        None => Ok(()),
        Some((contract_id, held)) => {
            let Period { start, end } = held.period();
            Err(Rejection::ContractOverlaps {
                contract_id,
                start,
                end,
            })
        }
    }
}

/// Rule 7: the right way round, inside the package's period and fiscal year.
fn require_inside(terms: &crate::package::terms::Terms, period: &Period) -> Result<(), Rejection> {
    let in_year = [period.start, period.end]
        .iter()
        .all(|day| Month::of(*day).year() == terms.fiscal_year);
    if period.start <= period.end && terms.period.covers(period) && in_year {
        return Ok(());
    }
    let Period { start, end } = terms.period;
    Err(Rejection::ContractOutsidePeriod {
        start,
        end,
        fiscal_year: terms.fiscal_year,
    })
}

/// Rule 12: whole months are worth their monthly sums; any other period needs an explicit value.
/// `None` when the period is backwards, which rule 7 answers in its turn.
fn value_of(
    period: &Period,
    monthly: &Monthly,
    given: Option<Rupiah>,
) -> Result<Rupiah, Rejection> {
    let given = given.map(Rupiah::rounded);
    let expected = period.whole_months().map(|months| monthly.sum() * months);
    match (expected, given) {
        (Some(expected), Some(given)) if expected != given => {
            Err(Rejection::ContractValueMismatch { expected, given })
        }
        (Some(value), _) | (None, Some(value)) => Ok(value),
        (None, None) => Err(Rejection::ContractValueRequired {
            start: period.start,
            end: period.end,
        }),
    }
}

/// The last day a warning of a day stands.
fn stands_until(on: NaiveDate, months: u8) -> NaiveDate {
    on + Months::new(u32::from(months)) - chrono::Days::new(1)
}
