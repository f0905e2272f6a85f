//! What the events of a person say.

use jejak_events::{
    ids::ContractId,
    operator::{
        Event, OperatorState,
        contract::{self, Cause, Contract},
        evaluation::{self, Outcome},
        identity, leave,
    },
    rejection::words::rp,
};

use super::{super::changes, Tongue, appraisal, say};
use crate::rank::mean;

pub(super) fn text(before: &OperatorState, event: &Event, tongue: Tongue) -> String {
    match event {
        Event::Identity(event) => of_identity(before, event, tongue),
        Event::Contract(event) => of_contract(before, event, tongue),
        Event::Leave(event) => of_leave(before, event, tongue),
        Event::Appraisal(event) => appraisal::text(before, event, tongue),
        Event::Evaluation(event) => of_evaluation(before, event, tongue),
    }
}

fn of_identity(before: &OperatorState, event: &identity::Event, tongue: Tongue) -> String {
    match event {
        identity::Event::Registered(identity::Registered { personal }) => match personal.known() {
            Some(identity::Profile { full_name, .. }) => say!(
                tongue,
                "{full_name} didaftarkan sebagai penyedia.",
                "{full_name} was registered as an operator."
            ),
            None => tongue.pick(
                "Seorang penyedia didaftarkan.",
                "An operator was registered.",
            ),
        },
        identity::Event::Corrected(identity::Corrected { personal }) => {
            match (&before.identity, personal.known()) {
                (identity::IdentityState::Registered(old), Some(correction)) => {
                    let changes = changes::between(
                        old.as_ref(),
                        &correction.profile,
                        changes::PROFILE,
                        tongue.0,
                    );
                    say!(
                        tongue,
                        "Data diri diperbaiki: {changes}.",
                        "Particulars were corrected: {changes}."
                    )
                }
                _ => tongue.pick("Data diri diperbaiki.", "Particulars were corrected."),
            }
        }
        identity::Event::Erased(identity::Erased { personal }) => {
            let basis = personal.known().map_or("-", |erasure| &erasure.legal_basis);
            say!(
                tongue,
                "Data pribadi penyedia dihapus, dasar hukum: {basis}.",
                "The operator's personal data were erased, legal basis: {basis}."
            )
        }
    }
}

/// A contract by its number, as people know it.
pub(super) fn spk(before: &OperatorState, contract_id: ContractId) -> String {
    let contract = before.contracts.all.get(&contract_id);
    contract.map_or_else(
        || contract_id.to_string(),
        |contract| contract.terms.spk_number.clone(),
    )
}

fn of_contract(before: &OperatorState, event: &contract::Event, tongue: Tongue) -> String {
    match event {
        contract::Event::Hired(hired) => hired_text(hired, tongue),
        contract::Event::Amended(amended) => amended_text(before, amended, tongue),
        contract::Event::Terminated(contract::Terminated {
            contract_id,
            on,
            cause,
            earned,
            ..
        }) => {
            let (spk, on, earned) = (spk(before, *contract_id), tongue.day(on), rp(earned));
            let cause = match cause {
                Cause::Resignation => tongue.pick("pengunduran diri", "resignation"),
                Cause::Breach => tongue.pick("pelanggaran kontrak", "breach"),
                Cause::Death => tongue.pick("meninggal dunia", "death"),
                Cause::Budget => tongue.pick("pengurangan anggaran", "a budget cut"),
                Cause::Other => tongue.pick("sebab lain", "another cause"),
            };
            say!(
                tongue,
                "Kontrak {spk} diputus karena {cause}, hari terakhir {on}; yang menjadi hak {earned}.",
                "Contract {spk} was terminated for {cause}, last day {on}; {earned} were earned."
            )
        }
        contract::Event::Voided(contract::Voided { contract_id, .. }) => {
            let spk = spk(before, *contract_id);
            say!(
                tongue,
                "Kontrak {spk} dibatalkan sejak awal karena salah catat.",
                "Contract {spk} was void from the beginning: a mistake."
            )
        }
        contract::Event::Warned(contract::Warned {
            contract_id,
            level,
            on,
            until,
            ..
        }) => {
            let (spk, on, until) = (spk(before, *contract_id), tongue.day(on), tongue.day(until));
            say!(
                tongue,
                "Surat peringatan SP{level} terbit untuk kontrak {spk} pada {on}, berlaku sampai {until}.",
                "Warning SP{level} was issued on contract {spk} on {on}, standing until {until}."
            )
        }
    }
}

fn hired_text(hired: &contract::Hired, tongue: Tongue) -> String {
    let contract::Hired {
        package_id,
        spk_number,
        ..
    } = hired;
    let (signed, days) = (
        tongue.day(&hired.spk_date),
        tongue.days(&hired.start, &hired.end),
    );
    let (monthly, value) = (rp(&hired.monthly.sum()), rp(&hired.value));
    let said = say!(
        tongue,
        "Dikontrak dalam paket {package_id} dengan SPK {spk_number} tanggal {signed}, {days}, {monthly} sebulan, seluruhnya {value}.",
        "Hired for package {package_id} by contract {spk_number} of {signed}, {days}, {monthly} a month, {value} in all."
    );
    match &hired.prior_evaluation {
        Some(contract::PriorEvaluation {
            fiscal_year,
            months,
            total,
            category,
            revision,
            ..
        }) => {
            let category = tongue.category(*category);
            let considered = say!(
                tongue,
                "Dipertimbangkan: evaluasi {fiscal_year} revisi {revision}, {category}, jumlah {total} dalam {months} bulan.",
                "Considered: evaluation {fiscal_year} revision {revision}, {category}, total {total} in {months} months."
            );
            format!("{said} {considered}")
        }
        None => said,
    }
}

fn amended_text(before: &OperatorState, amended: &contract::Amended, tongue: Tongue) -> String {
    let contract::Amended {
        contract_id,
        end,
        monthly,
        value,
        personal: _,
    } = amended;
    let spk = spk(before, *contract_id);
    let mut changes = Vec::new();
    if let Some(Contract { terms: old, .. }) = before.contracts.all.get(contract_id) {
        if old.end != *end {
            let (old, new) = (tongue.day(&old.end), tongue.day(end));
            changes.push(say!(
                tongue,
                "hari terakhir {old} → {new}",
                "last day {old} → {new}"
            ));
        }
        if old.monthly != *monthly {
            let (old, new) = (rp(&old.monthly.sum()), rp(&monthly.sum()));
            changes.push(say!(
                tongue,
                "sebulan {old} → {new}",
                "a month {old} → {new}"
            ));
        }
        if old.value != *value {
            let (old, new) = (rp(&old.value), rp(value));
            changes.push(say!(
                tongue,
                "seluruhnya {old} → {new}",
                "in all {old} → {new}"
            ));
        }
    }
    let changes = changes.join("; ");
    say!(
        tongue,
        "Kontrak {spk} diubah: {changes}.",
        "Contract {spk} was amended: {changes}."
    )
}

fn of_leave(before: &OperatorState, event: &leave::Event, tongue: Tongue) -> String {
    match event {
        leave::Event::Recorded(leave::Recorded { kind, from, to, .. }) => {
            let (kind, days) = (tongue.leave(*kind), tongue.days(from, to));
            say!(
                tongue,
                "{kind} dicatat: {days}.",
                "{kind} was recorded: {days}."
            )
        }
        leave::Event::Cancelled(leave::Cancelled { leave_id, from, .. }) => {
            let Some(entry) = before.leave.entries.get(leave_id) else {
                return say!(
                    tongue,
                    "Cuti {leave_id} dibatalkan.",
                    "Leave {leave_id} was cancelled."
                );
            };
            let (kind, days) = (tongue.leave(entry.kind), tongue.period(&entry.granted));
            if *from <= entry.granted.start {
                return say!(
                    tongue,
                    "{kind} {days} dibatalkan seluruhnya.",
                    "{kind} of {days} was cancelled, all of it."
                );
            }
            let from = tongue.day(from);
            say!(
                tongue,
                "{kind} {days} dibatalkan mulai {from}.",
                "{kind} of {days} was cancelled from {from} on."
            )
        }
        leave::Event::Absent(leave::Absent { on, .. }) => {
            let on = tongue.day(on);
            say!(
                tongue,
                "Tidak masuk kerja tanpa cuti pada {on}.",
                "Absent without leave on {on}."
            )
        }
    }
}

fn of_evaluation(before: &OperatorState, event: &evaluation::Event, tongue: Tongue) -> String {
    match event {
        evaluation::Event::Proposed(evaluation::Proposed {
            contract_id,
            signed_on,
            result,
            ..
        }) => {
            let (spk, result) = (spk(before, *contract_id), outcome(result, tongue));
            let signed = tongue.day(signed_on);
            say!(
                tongue,
                "PPTK mengusulkan evaluasi kontrak {spk}: {result}; ditandatangani {signed}.",
                "The PPTK proposed the evaluation of contract {spk}: {result}; signed on {signed}."
            )
        }
        evaluation::Event::Finalized(evaluation::Finalized {
            contract_id,
            revision,
            signed_on,
            result,
            notice,
            ..
        }) => {
            let (spk, result) = (spk(before, *contract_id), outcome(result, tongue));
            let (signed, told) = (tongue.day(signed_on), told(notice.as_ref(), tongue));
            say!(
                tongue,
                "PPK mengesahkan evaluasi kontrak {spk} revisi {revision}: {result}; ditandatangani {signed}.{told}",
                "The PPK finalized the evaluation of contract {spk}, revision {revision}: {result}; signed on {signed}.{told}"
            )
        }
        evaluation::Event::Reopened(evaluation::Reopened {
            contract_id,
            revision,
            ..
        }) => {
            let spk = spk(before, *contract_id);
            say!(
                tongue,
                "PPK membuka kembali evaluasi kontrak {spk} revisi {revision}.",
                "The PPK reopened the evaluation of contract {spk}, revision {revision}."
            )
        }
    }
}

/// Rule 34.
fn told(notice: Option<&evaluation::Notice>, tongue: Tongue) -> String {
    match notice {
        Some(_) => tongue.pick(
            " PPK diberi tahu bahwa hasilnya buruk; tidak ada kontrak yang berakhir dengan sendirinya.",
            " The PPK is notified that it is poor; no contract ends by itself.",
        ),
        None => String::new(),
    }
}

fn outcome(result: &Outcome, tongue: Tongue) -> String {
    let Outcome {
        months,
        expected,
        total,
        category,
    } = result;
    let (category, mean) = (
        tongue.category(*category),
        mean(*total, *months).unwrap_or_default(),
    );
    say!(
        tongue,
        "{category}, jumlah {total} dalam {months} dari {expected} bulan, rata-rata {mean}",
        "{category}, total {total} in {months} of {expected} months, mean {mean}"
    )
}
