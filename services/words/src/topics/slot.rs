//! The words of slots: the quota and money that a contract takes from its package.

use jejak_events::{
    ids::ContractId,
    money::Rupiah,
    package::slot::{Adjusted, Event, ReleaseCause, Released, Reserved},
};

use super::context::EventContext;
use crate::{
    Language,
    language::{rupiah, say},
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("package.quota_exceeded"),
    page!("package.budget_exceeded"),
];

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    let slot = |id: ContractId| context.package.slots.slots.get(&id);
    // The package knows no number of a contract, since the person's key seals it.
    match event {
        Event::Reserved(Reserved {
            contract_id, value, ..
        }) => {
            let value = rupiah(value);
            say!(
                language,
                "Satu tempat kuota dan dana {value} dialokasikan untuk kontrak {contract_id}.",
                "One place of the quota and {value} were reserved for contract {contract_id}."
            )
        }
        Event::Adjusted(Adjusted { contract_id, value }) => {
            let value = rupiah(value);
            let old = slot(*contract_id).map_or_else(|| "-".to_owned(), |slot| rupiah(&slot.value));
            say!(
                language,
                "Dana kontrak {contract_id} diubah: {old} → {value}.",
                "The money of contract {contract_id} changed: {old} → {value}."
            )
        }
        Event::Released(Released {
            contract_id,
            cause,
            earned,
        }) => {
            let earned = rupiah(earned);
            match cause {
                ReleaseCause::Terminated => say!(
                    language,
                    "Tempat kuota kontrak {contract_id} dibebaskan karena kontrak diputus; {earned} yang sudah menjadi hak penyedia tetap terikat.",
                    "The place of contract {contract_id} is free again because the contract was terminated; the {earned} earned stay committed."
                ),
                ReleaseCause::Voided => say!(
                    language,
                    "Tempat kuota kontrak {contract_id} dibebaskan karena kontrak dibatalkan; seluruh dananya dikembalikan.",
                    "The place of contract {contract_id} is free again because the contract was voided; all its money went back."
                ),
            }
        }
    }
}

pub(super) fn quota_exceeded(language: Language, quota: u32, filled: u32) -> ProblemText {
    problem!(language {
        title: "Kuota paket sudah penuh" | "Package quota exceeded",
        happened: "Kuota paket {quota} orang dan sudah terisi {filled} orang."
            | "The quota is {quota}, {filled} are filled.",
        next_step: "Akhiri kontrak lain atau ubah kuota dalam KAK."
            | "End another contract or amend the quota.",
    })
}

pub(super) fn budget_exceeded(
    language: Language,
    ceiling: &Rupiah,
    committed: &Rupiah,
    requested: &Rupiah,
) -> ProblemText {
    let (ceiling, committed) = (rupiah(ceiling), rupiah(committed));
    let requested = rupiah(requested);
    problem!(language {
        title: "Pagu terlampaui" | "Budget ceiling exceeded",
        happened: "Pagu paket {ceiling}, sudah terikat {committed}, sedangkan yang diminta {requested}."
            | "The ceiling is {ceiling}, committed {committed}, requested {requested}.",
        next_step: "Kurangi nilai kontrak atau ubah pagu dalam KAK."
            | "Lower the value or amend the ceiling.",
    })
}
