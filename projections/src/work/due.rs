//! The work on one person as seen from a day. It follows from the person's facts and from nothing else.

use chrono::{Datelike, Days, NaiveDate};
use jejak_events::{
    calendar::Calendar,
    ids::{ContractId, OperatorId},
    kinds::OfficerRole,
    operator::{contract::ContractsState, evaluation::EvaluationStage},
};

use super::{
    rows::{WorkedContract, WorkedPerson},
    shape::{WorkItem, WorkKind},
};

/// Days before the end of a contract or a warning on which it is shown.
const NOTICE_DAYS: u64 = 30;

/// One person, seen from a day.
pub(super) struct PersonOnDay<'a> {
    pub(super) operator_id: OperatorId,
    pub(super) person: &'a WorkedPerson,
    pub(super) on: NaiveDate,
}

impl PersonOnDay<'_> {
    /// The work on all contracts, without names and without pools of leave.
    pub(super) fn work(&self) -> Vec<WorkItem> {
        let mut work = Vec::new();
        for (id, contract) in &self.person.contracts {
            work.extend(self.appraisals(*id, contract));
            work.extend(self.evaluation(*id, contract));
            work.extend(self.ending(*id, contract));
            work.extend(self.facilities(*id, contract));
            work.extend(self.warnings(*id, contract));
        }
        work
    }

    fn item(
        &self,
        contract_id: ContractId,
        contract: &WorkedContract,
        kind: WorkKind,
        role: OfficerRole,
        since: NaiveDate,
    ) -> WorkItem {
        WorkItem {
            kind,
            operator_id: self.operator_id,
            operator_name: None,
            contract_id,
            package_id: contract.package_id.clone(),
            month: None,
            facility_id: None,
            level: None,
            since,
            due: None,
            role,
        }
    }

    /// The months that may be signed and are not (rule 28).
    fn appraisals(&self, id: ContractId, contract: &WorkedContract) -> Vec<WorkItem> {
        let done = self.person.done.get(&id);
        let is_open = |month| !done.is_some_and(|done| done.contains_key(month));
        let open = contract
            .months
            .iter()
            .filter(|worked| is_open(&worked.month) && worked.since <= self.on);
        open.map(|worked| {
            let kind = match self.on > worked.due {
                true => WorkKind::AppraisalLate,
                false => WorkKind::AppraisalDue,
            };
            WorkItem {
                month: Some(worked.month),
                due: Some(worked.due),
                ..self.item(id, contract, kind, OfficerRole::Ppk, worked.since)
            }
        })
        .collect()
    }

    /// The next step of the evaluation (rules 32 and 33).
    fn evaluation(&self, id: ContractId, contract: &WorkedContract) -> Option<WorkItem> {
        match self.person.evaluations.get(id).stage {
            EvaluationStage::Provisional => {
                let done = self.person.done.get(&id)?;
                let months = contract.months.iter();
                let mut months = months.map(|worked| done.get(&worked.month));
                let is_whole = contract.period.end <= self.on && months.all(|done| done.is_some());
                let is_assessed = done.values().any(|is_appraised| *is_appraised);
                let kind = WorkKind::EvaluationToPropose;
                (is_whole && is_assessed)
                    .then(|| self.item(id, contract, kind, OfficerRole::Pptk, contract.period.end))
            }
            EvaluationStage::Proposed(proposal) => {
                let kind = WorkKind::EvaluationToFinalize;
                Some(self.item(id, contract, kind, OfficerRole::Ppk, proposal.signed_on))
            }
            EvaluationStage::Final(_) => None,
        }
    }

    fn ending(&self, id: ContractId, contract: &WorkedContract) -> Option<WorkItem> {
        let end = contract.period.end;
        let since = (end - Days::new(NOTICE_DAYS)).max(contract.period.start);
        let kind = WorkKind::ContractEnding;
        (since <= self.on && self.on <= end).then(|| WorkItem {
            due: Some(end),
            ..self.item(id, contract, kind, OfficerRole::Clerk, since)
        })
    }

    /// The facilities that are out after the contract's end (rule 47).
    fn facilities(&self, id: ContractId, contract: &WorkedContract) -> Vec<WorkItem> {
        if self.on <= contract.period.end {
            return vec![];
        }
        let since = contract.period.end + Days::new(1);
        let out = self.person.facilities.iter();
        out.filter(|(_, of)| **of == id)
            .map(|(facility_id, _)| WorkItem {
                facility_id: Some(*facility_id),
                ..self.item(
                    id,
                    contract,
                    WorkKind::FacilityOut,
                    OfficerRole::Clerk,
                    since,
                )
            })
            .collect()
    }

    fn warnings(&self, id: ContractId, contract: &WorkedContract) -> Vec<WorkItem> {
        let runs_out = |until: NaiveDate| until - Days::new(NOTICE_DAYS) <= self.on;
        let standing = contract.warnings.iter().filter(|warning| {
            warning.on <= self.on && self.on <= warning.until && runs_out(warning.until)
        });
        standing
            .map(|warning| WorkItem {
                level: Some(warning.level),
                due: Some(warning.until),
                ..self.item(
                    id,
                    contract,
                    WorkKind::WarningRunning,
                    OfficerRole::Ppk,
                    warning.on,
                )
            })
            .collect()
    }

    /// Whether the pool of the day's year may be overdrawn: its leave has more days than a contract grants. Days off are
    /// counted too, so that most people need no calendar.
    pub(super) fn may_be_overdrawn(&self) -> bool {
        let of_year = self.person.leave.entries.values().filter(|entry| {
            entry.kind.is_charged() && entry.granted.start.year() == self.on.year()
        });
        let recorded = of_year.filter_map(|entry| entry.recorded());
        let days: usize = recorded.map(|days| days.days().count()).sum();
        let granted = self.person.contracts.values();
        granted
            .map(|contract| contract.pool_days)
            .min()
            .is_some_and(|least| days > least as usize)
    }

    /// The pool of the day's year, where it is overdrawn (rule 20).
    pub(super) fn overdrawn(
        &self,
        contracts: &ContractsState,
        calendar: &Calendar,
    ) -> Option<WorkItem> {
        let year = self.on.year();
        let balance = self.person.leave.balance(year, contracts, calendar)?;
        let (id, granting) = contracts.granting(year)?;
        let contract = self.person.contracts.get(&id)?;
        let kind = WorkKind::PoolOverdrawn;
        (balance.remaining() < 0)
            .then(|| self.item(id, contract, kind, OfficerRole::Clerk, granting.terms.start))
    }
}
