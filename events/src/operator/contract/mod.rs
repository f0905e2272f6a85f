//! Topic `contract`: engagements (SPK). Hiring, amending, ending; the slot in the package moves in the
//! same batch. Decisions stand in [`hire`] and [`change`].

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Rejection,
    calendar::{Calendar, DaysOff},
    date::{Month, Period},
    ids::{ContractId, PackageId},
    money::Rupiah,
    package::policy::{AppraisalPolicy, Category, EvaluationPolicy, LeavePolicy, WarningPolicy},
    personal::{Personal, Remark, payload},
    sorted::SortedMap,
};

mod admits;
pub mod change;
pub mod hire;

crate::topic::topic! {
    /// A contract was signed.
    Hired = "operator.contract.hired.v1",
    /// End or money changed.
    Amended = "operator.contract.amended.v1",
    /// It ended early.
    Terminated = "operator.contract.terminated.v1",
    /// It was a mistake from the beginning.
    Voided = "operator.contract.voided.v1",
    /// A warning was issued.
    Warned = "operator.contract.warned.v1",
}

/// The money of one month (KAK 5.B). Each line rounds half-up before they add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Monthly {
    /// Upah kerja.
    pub wage: Rupiah,
    /// BPJS Kesehatan.
    pub health_insurance: Rupiah,
    /// BPJS Ketenagakerjaan.
    pub employment_insurance: Rupiah,
}

impl Monthly {
    /// The lines, in order.
    pub fn lines(&self) -> [Rupiah; 3] {
        [self.wage, self.health_insurance, self.employment_insurance]
    }

    /// The sum of the rounded lines.
    pub fn sum(&self) -> Rupiah {
        self.lines().into_iter().map(Rupiah::rounded).sum()
    }

    /// The same lines for `part` of `whole` days, each rounded.
    pub fn share(&self, part: u32, whole: u32) -> Rupiah {
        self.lines()
            .into_iter()
            .map(|line| line.rounded().share(part, whole))
            .sum()
    }
}

/// The final evaluation a hire considered, as it stood then (rules 9 and 33).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConsideredEvaluation)]
pub struct PriorEvaluation {
    /// The contract evaluated.
    pub contract_id: ContractId,
    /// Its fiscal year.
    pub fiscal_year: i32,
    /// Which revision.
    pub revision: u32,
    /// Months assessed.
    pub months: u32,
    /// Sum of monthly totals.
    pub total: u32,
    /// Good or poor.
    pub category: Category,
}

/// A contract was signed. Carries the terms that bind it for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hired {
    /// The contract.
    pub contract_id: ContractId,
    /// The package.
    pub package_id: PackageId,
    /// Its number.
    pub spk_number: String,
    /// The day it was signed.
    pub spk_date: NaiveDate,
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
    /// Money of a month.
    #[serde(deserialize_with = "crate::text::object")]
    pub monthly: Monthly,
    /// Money of the whole.
    pub value: Rupiah,
    /// The fiscal year that pays.
    pub fiscal_year: i32,
    /// The version of the package's terms.
    pub terms_version: u32,
    /// Leave policy of that version.
    #[serde(deserialize_with = "crate::text::object")]
    pub leave: LeavePolicy,
    /// Appraisal policy of that version.
    #[serde(deserialize_with = "crate::text::object")]
    pub appraisal: AppraisalPolicy,
    /// Evaluation policy of that version.
    #[serde(deserialize_with = "crate::text::object")]
    pub evaluation: EvaluationPolicy,
    /// Warning policy of that version.
    #[serde(deserialize_with = "crate::text::object")]
    pub warnings: WarningPolicy,
    /// Whether the integrity pact was signed.
    pub integrity_pact: bool,
    /// The evaluation considered, if there was one.
    #[serde(default, deserialize_with = "crate::text::object_opt")]
    pub prior_evaluation: Option<PriorEvaluation>,
    /// Why in spite of a poor evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// End or money changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amended {
    /// The contract.
    pub contract_id: ContractId,
    /// Last day from now on.
    pub end: NaiveDate,
    /// Money of a month from now on.
    #[serde(deserialize_with = "crate::text::object")]
    pub monthly: Monthly,
    /// Money of the whole from now on.
    pub value: Rupiah,
    /// Why.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// What ended a contract early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The person resigned.
    Resignation,
    /// The person broke the contract.
    Breach,
    /// The person died.
    Death,
    /// The budget was cut.
    Budget,
    /// Anything else; the reason says what.
    Other,
}

/// It ended early.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terminated {
    /// The contract.
    pub contract_id: ContractId,
    /// The last day.
    pub on: NaiveDate,
    /// What ended it.
    pub cause: Cause,
    /// The part earned, which stays committed.
    pub earned: Rupiah,
    /// Why.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// It was a mistake from the beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Voided {
    /// The contract.
    pub contract_id: ContractId,
    /// Why.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// A warning was issued (surat peringatan).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Warned {
    /// The contract.
    pub contract_id: ContractId,
    /// 1 to 3.
    pub level: u8,
    /// The day of the letter.
    pub on: NaiveDate,
    /// The last day it stands.
    pub until: NaiveDate,
    /// Why.
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

/// How a contract ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Terminated on a day.
    Terminated(NaiveDate),
    /// Void from the beginning.
    Voided,
}

/// A warning that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// 1 to 3.
    pub level: u8,
    /// The day of the letter.
    pub on: NaiveDate,
    /// The last day it stands.
    pub until: NaiveDate,
}

/// A contract as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// As signed, with end and money as last amended.
    pub terms: Hired,
    /// How it ended early, if it did.
    pub ending: Option<Ending>,
    /// Warnings, in order.
    pub warnings: Vec<Warning>,
}

impl Contract {
    /// The days it is in force: up to the day of termination. A voided one keeps its days on paper.
    pub fn period(&self) -> Period {
        let end = match self.ending {
            Some(Ending::Terminated(on)) => on,
            Some(Ending::Voided) | None => self.terms.end,
        };
        Period {
            start: self.terms.start,
            end,
        }
    }

    /// Whether it was not voided.
    pub fn stands(&self) -> bool {
        self.ending != Some(Ending::Voided)
    }

    /// The part of the value earned up to and including a day: whole months, and of a broken month
    /// its share in working days (rule 13). All of it on the last day, never more.
    pub fn earned(&self, on: NaiveDate, calendar: &Calendar) -> Rupiah {
        if on >= self.terms.end {
            return self.terms.value;
        }
        let served = Period {
            start: self.terms.start,
            end: on,
        };
        let month_earned = |month: Month| {
            let days = served.intersection(&month.period())?;
            if days == month.period() {
                return Some(self.terms.monthly.sum());
            }
            let worked = calendar.count_working_days(days, DaysOff::HolidaysAndJointLeave);
            let whole = calendar.count_working_days(month.period(), DaysOff::HolidaysAndJointLeave);
            Some(self.terms.monthly.share(worked, whole))
        };
        let earned: Rupiah = served.months().filter_map(month_earned).sum();
        earned.min(self.terms.value)
    }
}

/// All contracts of a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContractsState {
    /// By id.
    pub all: SortedMap<ContractId, Contract>,
}

impl ContractsState {
    /// Those not voided, in order of id.
    pub fn standing(&self) -> impl Iterator<Item = (ContractId, &Contract)> {
        self.all
            .iter()
            .filter(|(_, contract)| contract.stands())
            .map(|(id, contract)| (*id, contract))
    }

    /// The one whose days cover all of a period (rule 15).
    pub fn covering(&self, period: &Period) -> Option<(ContractId, &Contract)> {
        self.standing()
            .find(|(_, contract)| contract.period().covers(period))
    }

    /// Whose leave policy grants the pool of a year: the latest to begin of those in that year (rule 19).
    pub fn granting(&self, year: i32) -> Option<(ContractId, &Contract)> {
        self.standing()
            .filter(|(_, contract)| contract.terms.fiscal_year == year)
            .max_by_key(|(_, contract)| contract.terms.start)
    }

    /// Takes in a fact.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Hired(hired) => {
                let terms = Hired {
                    package_id: hired.package_id.shared(),
                    ..hired.clone()
                };
                let contract = Contract {
                    terms,
                    ending: None,
                    warnings: vec![],
                };
                self.all.insert(hired.contract_id, contract);
            }
            Event::Amended(Amended {
                contract_id,
                end,
                monthly,
                value,
                ..
            }) => {
                if let Some(Contract { terms, .. }) = self.all.get_mut(contract_id) {
                    (terms.end, terms.monthly, terms.value) = (*end, *monthly, *value);
                }
            }
            Event::Terminated(Terminated {
                contract_id, on, ..
            }) => {
                if let Some(contract) = self.all.get_mut(contract_id) {
                    contract.ending = Some(Ending::Terminated(*on));
                }
            }
            Event::Voided(Voided { contract_id, .. }) => {
                if let Some(contract) = self.all.get_mut(contract_id) {
                    contract.ending = Some(Ending::Voided);
                }
            }
            Event::Warned(Warned {
                contract_id,
                level,
                on,
                until,
                ..
            }) => {
                if let Some(contract) = self.all.get_mut(contract_id) {
                    contract.warnings.push(Warning {
                        level: *level,
                        on: *on,
                        until: *until,
                    });
                }
            }
        }
    }
}

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
