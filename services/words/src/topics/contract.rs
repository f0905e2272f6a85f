//! The words of contracts and warnings.

pub(super) mod change;
pub(super) mod hire;

use jejak_events::operator::contract::{
    Amended, Contract, Event, Hired, PriorEvaluation, Terminated, TerminationCause, Voided, Warned,
};

use super::context::{EventContext, category};
use crate::{
    Language,
    changes::Field,
    language::{joined, rupiah, say},
    pages::{ErrorPage, page},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("operator.not_eligible"),
    page!("operator.poor_evaluation"),
    page!("contract.unknown"),
    page!("contract.overlaps"),
    page!("contract.outside_period"),
    page!("contract.spk_number_taken"),
    page!("contract.value_required"),
    page!("contract.value_mismatch"),
    page!("contract.has_later_facts"),
    page!("contract.closed"),
    page!("contract.not_in_force"),
    page!("contract.warning_out_of_order"),
    page!("contract.warning_back_dated"),
];

/// The fields of commands on contracts.
pub(crate) const FIELDS: &[Field] = &[
    Field::new("spk_number", "nomor SPK", "SPK number"),
    Field::new("spk_date", "tanggal SPK", "SPK date"),
    Field::new("monthly", "upah sebulan", "monthly money"),
    Field::new("monthly.wage", "upah", "wage"),
    Field::new(
        "monthly.health_insurance",
        "jaminan kesehatan",
        "health insurance",
    ),
    Field::new(
        "monthly.employment_insurance",
        "jaminan ketenagakerjaan",
        "employment insurance",
    ),
    Field::new("value", "nilai kontrak", "value"),
    Field::new("integrity_pact", "pakta integritas", "integrity pact"),
    Field::new("justification", "alasan pertimbangan", "justification"),
    Field::new("cause", "sebab", "cause"),
    Field::new("level", "tingkat surat peringatan", "level"),
];

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Hired(hired) => hiring(hired, language),
        Event::Amended(amended) => amendment(context, amended, language),
        Event::Terminated(Terminated {
            contract_id,
            on,
            cause: why,
            earned,
            ..
        }) => {
            let (spk, on) = (context.spk_number(*contract_id), language.day(on));
            let (cause, earned) = (cause(*why, language), rupiah(earned));
            say!(
                language,
                "Kontrak {spk} diputus karena {cause}; hari terakhir {on}, nilai yang menjadi hak penyedia {earned}.",
                "Contract {spk} was terminated for {cause}; last day {on}, {earned} were earned."
            )
        }
        Event::Voided(Voided { contract_id, .. }) => {
            let spk = context.spk_number(*contract_id);
            say!(
                language,
                "Kontrak {spk} dibatalkan sejak awal karena keliru dicatat.",
                "Contract {spk} was voided from its beginning: it was recorded by mistake."
            )
        }
        Event::Warned(Warned {
            contract_id,
            level,
            on,
            until,
            ..
        }) => {
            let spk = context.spk_number(*contract_id);
            let (on, until) = (language.day(on), language.day(until));
            say!(
                language,
                "Surat peringatan SP{level} untuk kontrak {spk} diterbitkan pada {on}, berlaku sampai {until}.",
                "Warning SP{level} was issued on contract {spk} on {on}; it runs until {until}."
            )
        }
    }
}

pub(super) fn cause(cause: TerminationCause, language: Language) -> &'static str {
    match cause {
        TerminationCause::Resignation => language.pick("pengunduran diri", "resignation"),
        TerminationCause::Breach => language.pick("pelanggaran kontrak", "breach"),
        TerminationCause::Death => language.pick("meninggal dunia", "death"),
        TerminationCause::Budget => language.pick("pengurangan anggaran", "a budget cut"),
        TerminationCause::Other => language.pick("sebab lain", "another cause"),
    }
}

fn hiring(hired: &Hired, language: Language) -> String {
    let Hired {
        package_id,
        contract_id,
        ..
    } = hired;
    let spk_number = hired
        .spk_number()
        .map_or_else(|| contract_id.to_string(), str::to_owned);
    let (signed, days) = (
        language.day(&hired.spk_date),
        language.days(&hired.start, &hired.end),
    );
    let (monthly, value) = (rupiah(&hired.monthly.sum()), rupiah(&hired.value));
    let sentence = say!(
        language,
        "Dikontrak untuk paket {package_id} dengan SPK {spk_number} tanggal {signed}, masa kontrak {days}, {monthly} sebulan, nilai kontrak {value}.",
        "Hired for package {package_id} by contract {spk_number} of {signed}, {days}, {monthly} a month, {value} in all."
    );
    match &hired.prior_evaluation {
        Some(prior) => format!("{sentence} {}", considered(prior, language)),
        None => sentence,
    }
}

/// Rule 9: the hiring names the evaluation it considered.
fn considered(prior: &PriorEvaluation, language: Language) -> String {
    let PriorEvaluation {
        fiscal_year,
        months,
        total,
        revision,
        ..
    } = prior;
    let category = category(prior.category, language);
    say!(
        language,
        "Evaluasi yang dipertimbangkan: tahun {fiscal_year} revisi {revision}, {category}, jumlah {total} dalam {months} bulan.",
        "Considered: evaluation of {fiscal_year}, revision {revision}, {category}, total {total} in {months} months."
    )
}

fn amendment(context: &EventContext<'_>, amended: &Amended, language: Language) -> String {
    let Amended {
        contract_id,
        end,
        monthly,
        value,
        personal: _,
    } = amended;
    let spk = context.spk_number(*contract_id);
    let mut changes = Vec::new();
    if let Some(Contract { terms: old, .. }) = context.person.contracts.all.get(contract_id) {
        if old.end != *end {
            let (old, new) = (language.day(&old.end), language.day(end));
            changes.push(say!(
                language,
                "hari terakhir {old} → {new}",
                "last day {old} → {new}"
            ));
        }
        if old.monthly != *monthly {
            let (old, new) = (rupiah(&old.monthly.sum()), rupiah(&monthly.sum()));
            changes.push(say!(
                language,
                "upah sebulan {old} → {new}",
                "a month {old} → {new}"
            ));
        }
        if old.value != *value {
            let (old, new) = (rupiah(&old.value), rupiah(value));
            changes.push(say!(
                language,
                "nilai kontrak {old} → {new}",
                "in all {old} → {new}"
            ));
        }
    }
    let changes = joined("; ", changes);
    say!(
        language,
        "Kontrak {spk} diubah: {changes}.",
        "Contract {spk} was amended: {changes}."
    )
}
