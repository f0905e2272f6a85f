//! Topic `slot`: the quota and the money of a package that contracts take.
//!
//! A slot and its contract are always written in one atomic batch. The commands live with the contract.

use std::{fmt, str::FromStr};

use icu_normalizer::ComposingNormalizerBorrowed;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Rejection,
    ids::{ContractId, InvalidId, OperatorId, PackageId},
    money::Rupiah,
    personal::payload,
    secret::TenantKey,
    text::serde_as_text,
    version::Superseded,
};

crate::topic::topic! {
    /// A contract took a slot and its money.
    Reserved = "package.slot.reserved.v2" since [ReservedV1],
    /// The money of a slot changed.
    Adjusted = "package.slot.adjusted.v1",
    /// A slot became free again.
    Released = "package.slot.released.v1",
}

/// A contract took a slot and its money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The mark of the contract's number (SPK), which no other contract of the package has: `digest/` and a keyed
    /// digest, or `number/` and the number in an event of version 1.
    #[schema(value_type = String, pattern = "^(digest/[0-9a-f]{32}|number/.*)$")]
    pub spk: SpkMark,
    /// The money committed, in Rupiah.
    pub value: Rupiah,
}

/// The number of a contract as its package knows it: `digest/` and the digest, or `number/` and the number of an event
/// of version 1. The person's stream seals the number itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpkMark {
    /// The keyed digest of package and number, in 32 hexadecimal digits.
    Digest(String),
    /// The number itself, as events of version 1 have it.
    Number(String),
}

impl SpkMark {
    /// The digest of a number. `SPK 1`, `spk  1 ` and the same in letters of full width are one number.
    pub(crate) fn of(tenant: &TenantKey, package_id: &PackageId, spk_number: &str) -> Self {
        Self::Digest(tenant.spk_digest(package_id, &folded(spk_number)))
    }

    /// Whether one of these marks is of the number. Earlier digests are of a number that is trimmed and in lower case
    /// only, so both digests are looked for.
    pub(crate) fn is_among<'a>(
        mut marks: impl Iterator<Item = &'a Self>,
        tenant: &TenantKey,
        package_id: &PackageId,
        spk_number: &str,
    ) -> bool {
        let folded = folded(spk_number);
        let digests = [&folded, &folded_before(spk_number)]
            .map(|number| tenant.spk_digest(package_id, number));
        marks.any(|mark| match mark {
            Self::Digest(digest) => digests.contains(digest),
            Self::Number(number) => self::folded(number) == folded,
        })
    }

    /// Whether two marks are certainly of one number. A digest and a number cannot be compared without the key. Two
    /// numbers in the clear were compared as then, since a log of before may hold both spellings.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Digest(_), _) | (_, Self::Digest(_)) => self == other,
            (Self::Number(number), Self::Number(other)) => {
                folded_before(number) == folded_before(other)
            }
        }
    }
}

impl fmt::Display for SpkMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => write!(f, "digest/{digest}"),
            Self::Number(number) => write!(f, "number/{number}"),
        }
    }
}

impl FromStr for SpkMark {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        match text.split_once('/') {
            Some(("digest", digest)) if digest.len() == 32 && digest.bytes().all(is_hex) => {
                Ok(Self::Digest(digest.to_owned()))
            }
            Some(("number", number)) => Ok(Self::Number(number.to_owned())),
            _ => Err(InvalidId {
                what: "spk",
                expected: "digest/<32 of 0-9 and a-f>, or number/<SPK number>",
            }),
        }
    }
}

serde_as_text!(SpkMark);

/// A number as it is compared: characters of the same meaning are the same (NFKC), white space is one space, and case
/// does not count.
fn folded(spk_number: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(spk_number);
    let words: Vec<_> = composed.split_whitespace().collect();
    let folded = words.join(" ").to_lowercase();
    // Lower case may compose anew.
    ComposingNormalizerBorrowed::new_nfkc()
        .normalize(&folded)
        .into_owned()
}

/// A number as it was compared before.
fn folded_before(spk_number: &str) -> String {
    spk_number.trim().to_lowercase()
}

/// A contract took a slot and its money. Its number is in the clear.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReservedV1 {
    /// The id of the contract, a UUID.
    contract_id: ContractId,
    /// The person's id, a UUID.
    operator_id: OperatorId,
    /// The number of the contract (SPK), without white space around it.
    spk_number: String,
    /// The money committed, in Rupiah.
    value: Rupiah,
}

impl Superseded for ReservedV1 {
    const TYPE: &'static str = "package.slot.reserved.v1";
    const NEXT_TYPE: &'static str = "package.slot.reserved.v2";
    type Next = Reserved;

    fn upcast(self) -> Reserved {
        Reserved {
            contract_id: self.contract_id,
            operator_id: self.operator_id,
            spk: SpkMark::Number(self.spk_number),
            value: self.value,
        }
    }
}

/// The money of a slot changed with its contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjusted {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The money committed after the change, in Rupiah.
    pub value: Rupiah,
}

/// The causes that free a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseCause {
    /// The contract was terminated. The money earned stays committed.
    Terminated,
    /// The contract was void from the beginning. No money stays, and its number is free again.
    Voided,
}

/// A slot became free again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The cause, `terminated` or `voided`.
    pub cause: ReleaseCause,
    /// The money earned, in Rupiah. It stays committed.
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

/// One slot with its contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// The id of the person hired.
    pub operator_id: OperatorId,
    /// The mark of the contract's number (SPK).
    pub spk: SpkMark,
    /// The money committed, in Rupiah.
    pub value: Rupiah,
    /// Whether the slot still counts against the quota.
    pub open: bool,
}

/// All slots that were taken and not voided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SlotsState {
    /// Each slot by its contract.
    pub slots: LiteMap<ContractId, Slot>,
}

impl SlotsState {
    /// The number of slots that count against the quota.
    pub fn filled(&self) -> u32 {
        u32::try_from(self.slots.values().filter(|slot| slot.open).count()).unwrap_or(u32::MAX)
    }

    /// The money committed: the value of running contracts, the earned part of terminated ones.
    pub fn committed(&self) -> Rupiah {
        self.slots.values().map(|slot| slot.value).sum()
    }

    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Reserved(Reserved {
                contract_id,
                operator_id,
                spk,
                value,
            }) => {
                let slot = Slot {
                    operator_id: *operator_id,
                    spk: spk.clone(),
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

/// Rule 3: the ceiling leaves the money. `instead_of` is the money that the same contract held before.
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
