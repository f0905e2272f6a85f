//! Stream `operator`: everything about one person. One guard on this stream protects overlapping contracts, the
//! yearly pool of leave and one appraisal a month.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::{
    Rejection,
    calendar::Calendar,
    command_log::CommandLog,
    date::{CivilDate, Period},
    decision::{CommandState, DecisionContext},
    ids::{ContractId, Nik, NikDigest, OperatorId, PackageId},
    nik::claim,
    package::{PackageState, slot},
};

pub mod appraisal;
mod authority;
pub mod contract;
mod eligibility;
pub mod evaluation;
pub mod facility;
pub mod identity;
pub mod leave;

crate::topic::stream!(
    "operator", OperatorState, OperatorId;
    Identity::identity,
    Contract::contract,
    Leave::leave,
    Facility::facility,
    Appraisal::appraisal,
    Evaluation::evaluation,
);

impl Event {
    /// The contract whose slot changes in the same batch; none where the event changes the person alone.
    pub fn moved_contract(&self) -> Option<ContractId> {
        match self {
            Self::Contract(event) => event.moves_slot().then(|| event.contract_id()),
            Self::Identity(_)
            | Self::Leave(_)
            | Self::Facility(_)
            | Self::Appraisal(_)
            | Self::Evaluation(_) => None,
        }
    }

    /// Whether the event corrects who the person is.
    fn corrects_person(&self) -> bool {
        match self {
            Self::Identity(event) => event.is_correction(),
            Self::Contract(_)
            | Self::Leave(_)
            | Self::Facility(_)
            | Self::Appraisal(_)
            | Self::Evaluation(_) => false,
        }
    }

    /// Whether the event erases the person.
    pub fn is_erasure(&self) -> bool {
        match self {
            Self::Identity(event) => event.is_erasure(),
            Self::Contract(_)
            | Self::Leave(_)
            | Self::Facility(_)
            | Self::Appraisal(_)
            | Self::Evaluation(_) => false,
        }
    }
}

/// The state of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorState {
    /// The person's particulars, unless unknown or erased.
    pub identity: identity::IdentityState,
    /// All contracts of the person.
    pub contracts: contract::ContractsState,
    /// Leave and absences of all years.
    pub leave: leave::LeaveState,
    /// Facilities handed out, and those given back.
    pub facilities: facility::FacilitiesState,
    /// The months that were appraised or waived.
    pub appraisals: appraisal::AppraisalState,
    /// The evaluation of each contract.
    pub evaluations: evaluation::EvaluationState,
    /// The commands that belong to this stream.
    pub commands: CommandLog,
}

/// The states that decisions about a person may read besides the person's own.
#[derive(Debug, Clone)]
pub struct Sources<'a> {
    /// The package that the command reads; empty where it reads none.
    pub package: &'a PackageState,
    /// The packages of a person's contracts, whose officers correct his particulars (rule 49).
    pub officers_of: BTreeMap<PackageId, &'a PackageState>,
    /// Public holidays and joint leave of all years.
    pub calendar: &'a Calendar,
    /// The citizen numbers that the command reads, by their first holding.
    pub niks: BTreeMap<NikDigest, CurrentNik>,
}

/// A citizen number with its holding of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentNik {
    /// The stream of the holding that is not over.
    pub digest: NikDigest,
    /// The holder; none where the number is free.
    pub holder: Option<OperatorId>,
}

impl Sources<'_> {
    /// A citizen number that the command reads.
    fn nik(&self, first: &NikDigest) -> CurrentNik {
        let free = || CurrentNik {
            digest: first.clone(),
            holder: None,
        };
        self.niks.get(first).cloned().unwrap_or_else(free)
    }
}

/// The events that a command about a person leads to, appended in one atomic step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorDecision {
    /// The event of the package whose slot moves.
    pub slot: Option<slot::Event>,
    /// The citizen numbers that change their holder.
    pub claims: Vec<(NikDigest, claim::Event)>,
    /// Events of the person, in order.
    pub events: Vec<Event>,
}

impl OperatorDecision {
    /// One event of the person.
    fn event(event: impl Into<Event>) -> Self {
        Self {
            events: vec![event.into()],
            ..Self::default()
        }
    }

    /// Events of the person, and the move of a slot.
    fn with_slot(slot: impl Into<slot::Event>, events: impl IntoIterator<Item = Event>) -> Self {
        Self {
            slot: Some(slot.into()),
            events: events.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl CommandState for OperatorState {
    type Id = OperatorId;
    type Readable<'a> = Sources<'a>;
    type Decided = OperatorDecision;

    fn require_authority(
        &self,
        decided: &OperatorDecision,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<(), Rejection> {
        authority::require(self, &decided.events, context, sources)
    }
}

impl OperatorState {
    /// The package of a contract; none where the person has no such contract.
    fn package_of(&self, contract_id: ContractId) -> Option<PackageId> {
        let contract = self.contracts.all.get(&contract_id);
        contract.map(|contract| contract.terms.package_id.clone())
    }

    /// The packages of all standing contracts.
    fn packages(&self) -> BTreeSet<PackageId> {
        let contracts = self.contracts.standing().map(|(_, contract)| contract);
        contracts
            .map(|contract| contract.terms.package_id.clone())
            .collect()
    }

    /// The packages of the standing contracts that are not over on a day.
    fn packages_after(&self, day: NaiveDate) -> BTreeSet<PackageId> {
        let contracts = self.contracts.standing().map(|(_, contract)| contract);
        contracts
            .filter(|contract| contract.period().end >= day)
            .map(|contract| contract.terms.package_id.clone())
            .collect()
    }

    /// The package of the standing contract that covers the days; none where there is no such contract.
    fn package_on(&self, days: &Period) -> Option<PackageId> {
        let contract = self.contracts.covering(days);
        contract.map(|(_, contract)| contract.terms.package_id.clone())
    }

    /// Takes in an event, in order.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Identity(event) => {
                self.identity.evolve(event);
                if event.is_erasure() {
                    self.facilities.forget();
                }
            }
            Event::Contract(event) => {
                self.contracts.evolve(event);
                self.evaluations.reconsider(event);
            }
            Event::Leave(event) => self.leave.evolve(event),
            Event::Facility(event) => self.facilities.evolve(event),
            Event::Appraisal(event) => {
                self.appraisals.evolve(event);
                self.evaluations.revisit(event);
            }
            Event::Evaluation(event) => self.evaluations.evolve(event),
        }
    }

    /// The particulars of a person, registered and not erased.
    ///
    /// # Errors
    /// `operator.unknown`, `operator.erased`.
    pub fn profile(&self, operator_id: OperatorId) -> Result<&identity::Profile, Rejection> {
        match &self.identity {
            identity::IdentityState::Unknown => Err(Rejection::OperatorUnknown { operator_id }),
            identity::IdentityState::Erased => Err(Rejection::OperatorErased { operator_id }),
            identity::IdentityState::Registered(profile) => Ok(profile),
        }
    }

    /// Whether a person was ever registered under the id.
    pub fn is_known(&self) -> bool {
        self.identity != identity::IdentityState::Unknown
    }

    /// The person's NIK; none for an unknown or erased person.
    fn nik(&self) -> Option<&Nik> {
        match &self.identity {
            identity::IdentityState::Registered(profile) => Some(&profile.nik),
            identity::IdentityState::Unknown | identity::IdentityState::Erased => None,
        }
    }

    /// Checks that a stored event can follow the events of this state. The day and the sender of its command, and
    /// other streams, are not known here.
    ///
    /// # Errors
    /// The rule that is broken, in English.
    pub fn admits(&self, event: &Event) -> Result<(), String> {
        match event {
            Event::Identity(event) => self.identity.admits(event),
            Event::Contract(_)
            | Event::Leave(_)
            | Event::Facility(_)
            | Event::Appraisal(_)
            | Event::Evaluation(_)
                if self.identity == identity::IdentityState::Unknown =>
            {
                Err("the person is not registered".to_owned())
            }
            Event::Contract(event) => self.admits_contract(event),
            Event::Leave(event) => self.admits_leave(event),
            Event::Facility(event) => self.admits_facility(event),
            Event::Appraisal(event) => self.admits_appraisal(event),
            Event::Evaluation(event) => self.admits_evaluation(event),
        }
    }

    /// A contract of this person.
    ///
    /// # Errors
    /// `operator.unknown`, `contract.unknown`.
    pub fn contract(
        &self,
        operator_id: OperatorId,
        contract_id: ContractId,
    ) -> Result<&contract::Contract, Rejection> {
        if self.identity == identity::IdentityState::Unknown {
            return Err(Rejection::OperatorUnknown { operator_id });
        }
        self.contracts
            .all
            .get(&contract_id)
            .ok_or(Rejection::ContractUnknown { contract_id })
    }
}

/// The day a paper was signed: the given day, or today; never after today (rules 26, 32 and 33).
pub(crate) fn signature(
    signed_on: Option<CivilDate>,
    today: NaiveDate,
) -> Result<NaiveDate, Rejection> {
    let signed_on = signed_on.map_or(today, CivilDate::day);
    if signed_on > today {
        Err(Rejection::SignatureInFuture { signed_on, today })
    } else {
        Ok(signed_on)
    }
}
