//! Warnings (surat peringatan): a ladder of letters under a contract.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Event, Warned, stands_until};
use crate::{
    Rejection,
    date::{CivilDate, Period},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, OperatorId},
    operator::{OperatorDecision, OperatorState, Sources},
    personal::Remark,
    secret::TenantKey,
    text::Note,
};

/// Issues a warning (surat peringatan).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Warn {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The step on the ladder: 1 for SP1, 2 for SP2, 3 for SP3.
    #[schema(maximum = 255)]
    pub level: u8,
    /// The day of the letter, `YYYY-MM-DD`, not after today.
    pub on: CivilDate,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

impl CommandBody for Warn {
    const NAME: &'static str = "issue-warning";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// A warning is the next step after those that stand on one of its days, and none of them is later.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let Warn {
            contract_id,
            level,
            on,
            ..
        } = *self;
        let on = on.day();
        let contract = state.contract(self.operator_id, contract_id)?;
        if !contract.stands() {
            return Err(Rejection::ContractClosed { contract_id });
        }
        let Period { start, end } = contract.period();
        if !contract.period().contains(on) {
            return Err(Rejection::ContractNotInForce { on, start, end });
        }
        if on > context.today {
            return Err(Rejection::FactInFuture {
                on,
                today: context.today,
            });
        }
        let policy = &contract.terms.warnings;
        let until = stands_until(on, policy.months);
        let ladder = || {
            contract
                .warnings
                .iter()
                .filter(|w| w.on <= until && on <= w.until)
        };
        let standing = ladder().map(|w| w.level).max();
        let expected = Some(standing.unwrap_or(0) + 1).filter(|next| *next <= policy.levels);
        if expected != Some(level) {
            return Err(Rejection::ContractWarningOutOfOrder {
                expected,
                requested: level,
            });
        }
        if let Some(latest) = ladder().map(|w| w.on).max().filter(|latest| on < *latest) {
            return Err(Rejection::ContractWarningBackDated { on, latest });
        }
        Ok(OperatorDecision::event(Event::from(Warned {
            contract_id,
            level,
            on,
            until,
            personal: Remark::open(&self.reason),
        })))
    }
}
