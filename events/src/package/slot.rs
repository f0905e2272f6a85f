//! Topic `slot`: the quota and the money of a package that contracts take. A slot is always written
//! together with its contract, in one atomic batch; its commands live with the contract.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Rejection,
    ids::{ContractId, OperatorId, PackageId},
    money::Rupiah,
    personal::payload,
    sorted::SortedMap,
};

crate::topic::topic! {
    /// A contract took a slot.
    Reserved = "package.slot.reserved.v1",
    /// The money of a slot changed.
    Adjusted = "package.slot.adjusted.v1",
    /// The slot is free again.
    Released = "package.slot.released.v1",
}

/// A slot and its money were taken by a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// The contract.
    pub contract_id: ContractId,
    /// The person.
    pub operator_id: OperatorId,
    /// The contract's number (SPK).
    pub spk_number: String,
    /// The money committed.
    pub value: Rupiah,
}

/// The money of a slot changed with its contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjusted {
    /// The contract.
    pub contract_id: ContractId,
    /// The money committed from now on.
    pub value: Rupiah,
}

/// Why a slot was freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseCause {
    /// The contract was terminated: what was earned stays committed.
    Terminated,
    /// The contract was void from the beginning: nothing stays, its number is free again.
    Voided,
}

/// A slot was freed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The contract.
    pub contract_id: ContractId,
    /// Why.
    pub cause: ReleaseCause,
    /// The money that stays committed: the earned part.
    pub earned: Rupiah,
}

payload!(Reserved, Adjusted, Released);

impl Event {
    /// The contract of the slot.
    pub fn contract_id(&self) -> ContractId {
        match self {
            Self::Reserved(reserved) => reserved.contract_id,
            Self::Adjusted(adjusted) => adjusted.contract_id,
            Self::Released(released) => released.contract_id,
        }
    }
}

/// One slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// The person.
    pub operator_id: OperatorId,
    /// The contract's number.
    pub spk_number: String,
    /// The money committed.
    pub value: Rupiah,
    /// Whether it still counts against the quota.
    pub open: bool,
}

impl Slot {
    /// Whether a number is this contract's own, however it is written: `SPK/1` and `spk/1 ` are one.
    pub fn has_number(&self, spk_number: &str) -> bool {
        self.spk_number.trim().to_lowercase() == spk_number.trim().to_lowercase()
    }
}

/// All slots ever taken and not voided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SlotsState {
    /// By contract.
    pub slots: SortedMap<ContractId, Slot>,
}

impl SlotsState {
    /// Slots that count against the quota.
    pub fn filled(&self) -> u32 {
        u32::try_from(self.slots.values().filter(|slot| slot.open).count()).unwrap_or(u32::MAX)
    }

    /// The money committed: running contracts whole, terminated ones as earned.
    pub fn committed(&self) -> Rupiah {
        self.slots.values().map(|slot| slot.value).sum()
    }

    /// Takes in a fact.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Reserved(Reserved {
                contract_id,
                operator_id,
                spk_number,
                value,
            }) => {
                let slot = Slot {
                    operator_id: *operator_id,
                    spk_number: spk_number.clone(),
                    value: *value,
                    open: true,
                };
                self.slots.insert(*contract_id, slot);
            }
            Event::Adjusted(Adjusted { contract_id, value }) => {
                if let Some(slot) = self.slots.get_mut(contract_id) {
                    slot.value = *value;
                }
            }
            Event::Released(Released {
                contract_id,
                cause: ReleaseCause::Voided,
                ..
            }) => {
                self.slots.remove(contract_id);
            }
            Event::Released(Released {
                contract_id,
                cause: ReleaseCause::Terminated,
                earned,
            }) => {
                if let Some(slot) = self.slots.get_mut(contract_id) {
                    (slot.value, slot.open) = (*earned, false);
                }
            }
        }
    }
}

/// Rules 1 and 2: a slot is free.
pub(crate) fn require_free(
    state: &super::PackageState,
    package_id: &PackageId,
) -> Result<(), Rejection> {
    let (quota, filled) = (state.published(package_id)?.quota, state.slots.filled());
    if filled >= quota {
        Err(Rejection::PackageQuotaExceeded { quota, filled })
    } else {
        Ok(())
    }
}

/// Rule 3: the money is there, `instead_of` what the same contract held before.
pub(crate) fn require_budget(
    state: &super::PackageState,
    package_id: &PackageId,
    requested: Rupiah,
    instead_of: Rupiah,
) -> Result<(), Rejection> {
    let ceiling = state.published(package_id)?.budget_ceiling;
    let committed = state.slots.committed() - instead_of;
    if committed + requested > ceiling {
        return Err(Rejection::PackageBudgetExceeded {
            ceiling,
            committed,
            requested,
        });
    }
    Ok(())
}
