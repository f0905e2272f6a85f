//! What the events of a package say.

use jejak_events::{
    ids::ContractId,
    package::{
        Event, PackageState,
        officer::{self, Officer},
        slot::{self, ReleaseCause},
        terms::{self, Terms},
    },
    rejection::words::{role, rp},
};

use super::{super::changes, Names, Tongue, say};

pub(super) fn text(before: &PackageState, event: &Event, names: &Names, tongue: Tongue) -> String {
    match event {
        Event::Terms(event) => of_terms(before, event, tongue),
        Event::Officer(event) => of_officer(event, names, tongue),
        Event::Slot(event) => of_slot(before, event, tongue),
    }
}

fn of_terms(before: &PackageState, event: &terms::Event, tongue: Tongue) -> String {
    match event {
        terms::Event::Published(terms::Published { terms }) => {
            let Terms {
                title,
                agency,
                fiscal_year,
                fund_source,
                quota,
                ..
            } = terms;
            let (ceiling, period) = (rp(&terms.budget_ceiling), tongue.period(&terms.period));
            say!(
                tongue,
                "KAK versi 1 diterbitkan: {title}, {agency}, tahun anggaran {fiscal_year} ({fund_source}), kuota {quota} orang, pagu {ceiling}, masa {period}.",
                "Terms version 1 were published: {title}, {agency}, fiscal year {fiscal_year} ({fund_source}), quota {quota}, ceiling {ceiling}, period {period}."
            )
        }
        terms::Event::Amended(terms::Amended {
            version,
            terms,
            personal: _,
        }) => {
            let old = before.terms.current.as_ref();
            let changes = old.map(|old| changes::between(old, terms, changes::TERMS, tongue.0));
            let changes = changes.unwrap_or_default();
            say!(
                tongue,
                "KAK diubah menjadi versi {version}: {changes}.",
                "Terms were amended to version {version}: {changes}."
            )
        }
    }
}

fn of_officer(event: &officer::Event, names: &Names, tongue: Tongue) -> String {
    let someone = |officer: Option<&Officer>| match officer {
        Some(Officer { nip, name }) => format!("{name} (NIP {})", nip.as_str()),
        None => tongue.pick("Seorang pejabat", "An officer"),
    };
    match event {
        officer::Event::Assigned(officer::Assigned {
            role: as_role,
            from,
            to,
            acting,
            decree,
            personal,
            ..
        }) => {
            let (who, what) = (someone(personal.known()), role(*as_role, tongue.0));
            let acting = if *acting {
                tongue.pick(" pelaksana", " acting")
            } else {
                String::new()
            };
            let decree = decree
                .as_ref()
                .map_or_else(String::new, |decree| format!(" ({decree})"));
            let days = match to {
                Some(to) => tongue.days(from, to),
                None => {
                    let from = tongue.day(from);
                    say!(tongue, "mulai {from}", "from {from} on")
                }
            };
            say!(
                tongue,
                "{who} ditugaskan sebagai{acting} {what}, {days}{decree}.",
                "{who} was assigned as{acting} {what}, {days}{decree}."
            )
        }
        officer::Event::Released(officer::Released {
            officer_id,
            role: as_role,
            on,
        }) => {
            let (who, what) = (
                someone(names.officers.get(officer_id)),
                role(*as_role, tongue.0),
            );
            let on = tongue.day(on);
            say!(
                tongue,
                "{who} berhenti sebagai {what}, hari terakhir {on}.",
                "{who} was released as {what}, last day {on}."
            )
        }
    }
}

fn of_slot(before: &PackageState, event: &slot::Event, tongue: Tongue) -> String {
    let held = |id: ContractId| before.slots.slots.get(&id);
    let spk =
        |id: ContractId| held(id).map_or_else(|| id.to_string(), |slot| slot.spk_number.clone());
    match event {
        slot::Event::Reserved(slot::Reserved {
            spk_number, value, ..
        }) => {
            let value = rp(value);
            say!(
                tongue,
                "Satu tempat kuota dan {value} dipakai kontrak {spk_number}.",
                "Contract {spk_number} took a slot and {value}."
            )
        }
        slot::Event::Adjusted(slot::Adjusted { contract_id, value }) => {
            let (spk, value) = (spk(*contract_id), rp(value));
            let old = held(*contract_id).map_or_else(|| "-".to_owned(), |slot| rp(&slot.value));
            say!(
                tongue,
                "Dana kontrak {spk} berubah: {old} → {value}.",
                "The money of contract {spk} changed: {old} → {value}."
            )
        }
        slot::Event::Released(slot::Released {
            contract_id,
            cause,
            earned,
        }) => {
            let (spk, earned) = (spk(*contract_id), rp(earned));
            match cause {
                ReleaseCause::Terminated => say!(
                    tongue,
                    "Tempat kuota kontrak {spk} terbuka lagi karena kontrak diputus; {earned} yang sudah menjadi hak tetap terikat.",
                    "The slot of contract {spk} is free again since it was terminated; the {earned} earned stay committed."
                ),
                ReleaseCause::Voided => say!(
                    tongue,
                    "Tempat kuota kontrak {spk} terbuka lagi karena kontrak batal; seluruh dananya kembali.",
                    "The slot of contract {spk} is free again since it was void; all its money went back."
                ),
            }
        }
    }
}
