//! The words of evaluations.

use chrono::NaiveDate;
use jejak_events::{
    date::Month,
    operator::evaluation::{EvaluationResult, Event, Finalized, Proposed, Reopened, mean},
};

use super::context::{EventContext, category};
use crate::{
    Language,
    language::{list, say},
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("evaluation.months_missing"),
    page!("evaluation.nothing_assessed"),
    page!("evaluation.not_proposed"),
    page!("evaluation.signed_before"),
    page!("evaluation.not_final"),
    page!("evaluation.final"),
    page!("evaluation.same_signer"),
];

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Proposed(Proposed {
            contract_id,
            signed_on,
            result,
            ..
        }) => {
            let (spk, result) = (context.spk_number(*contract_id), outcome(result, language));
            let signed = language.day(signed_on);
            say!(
                language,
                "Evaluasi kontrak {spk} diusulkan oleh PPTK: {result}; ditandatangani {signed}.",
                "The PPTK proposed the evaluation of contract {spk}: {result}; signed on {signed}."
            )
        }
        Event::Finalized(Finalized {
            contract_id,
            revision,
            signed_on,
            result,
            notice,
            ..
        }) => {
            let (spk, result) = (context.spk_number(*contract_id), outcome(result, language));
            let signed = language.day(signed_on);
            // Rule 34: a poor result is a notice, never an end.
            let notice = match notice {
                Some(_) => language.pick(
                    " PPK diberi tahu bahwa hasilnya buruk; kontrak tidak berakhir dengan sendirinya.",
                    " The PPK is notified that it is poor; no contract ends by itself.",
                ),
                None => "",
            };
            say!(
                language,
                "Evaluasi kontrak {spk} revisi {revision} disahkan oleh PPK: {result}; ditandatangani {signed}.{notice}",
                "The PPK finalized the evaluation of contract {spk}, revision {revision}: {result}; signed on {signed}.{notice}"
            )
        }
        Event::Reopened(Reopened {
            contract_id,
            revision,
            ..
        }) => {
            let spk = context.spk_number(*contract_id);
            say!(
                language,
                "Evaluasi kontrak {spk} revisi {revision} dibuka kembali oleh PPK.",
                "The PPK reopened the evaluation of contract {spk}, revision {revision}."
            )
        }
    }
}

fn outcome(result: &EvaluationResult, language: Language) -> String {
    let EvaluationResult {
        months,
        expected,
        total,
        ..
    } = result;
    let category = category(result.category, language);
    let mean = mean(*total, *months).unwrap_or_default();
    // Indonesian writes a decimal comma: 17,33.
    let comma = mean.replace('.', ",");
    say!(
        language,
        "{category}, jumlah {total} dalam {months} dari {expected} bulan, rata-rata {comma}",
        "{category}, total {total} in {months} of {expected} months, mean {mean}"
    )
}

pub(super) fn months_missing(language: Language, months: &[Month]) -> ProblemText {
    let months = list(months.iter().map(|month| language.month(*month)));
    problem!(language {
        title: "Bulan belum dinilai" | "Months missing",
        happened: "Bulan yang belum dinilai atau dikecualikan: {months}."
            | "Neither appraised nor waived: {months}.",
        next_step: "Nilai atau kecualikan bulan itu lebih dahulu."
            | "Appraise or waive these months first.",
    })
}

pub(super) fn nothing_assessed(language: Language) -> ProblemText {
    problem!(language {
        title: "Tidak ada yang dinilai" | "Nothing assessed",
        happened: "Semua bulan dikecualikan sehingga tidak ada yang dapat dievaluasi."
            | "Every month is waived, so there is nothing to evaluate.",
        next_step: "Biarkan tanpa evaluasi; dalam seleksi, penyedia ini dihitung belum dievaluasi."
            | "Leave it without an evaluation; selection counts the person as not yet evaluated.",
    })
}

pub(super) fn not_proposed(language: Language) -> ProblemText {
    problem!(language {
        title: "Evaluasi belum diusulkan" | "Evaluation not proposed",
        happened: "Belum ada usulan PPTK yang berlaku." | "No proposal stands.",
        next_step: "Minta PPTK mengusulkan evaluasi lebih dahulu."
            | "Let the technical officer propose it first.",
    })
}

pub(super) fn signed_before(
    language: Language,
    signed_on: &NaiveDate,
    earliest: &NaiveDate,
) -> ProblemText {
    let (signed_on, earliest) = (language.day(signed_on), language.day(earliest));
    problem!(language {
        title: "Tanda tangan mendahului dasarnya" | "Signed before its basis",
        happened: "Tanggal tanda tangan {signed_on} mendahului berkas yang menjadi dasarnya, yang ditandatangani {earliest}."
            | "{signed_on} is before {earliest}, when the paper it is based on was signed.",
        next_step: "Perbaiki tanggalnya, atau koreksi lebih dahulu tanggal berkas yang menjadi dasarnya."
            | "Correct the date, or first correct the date of that paper.",
    })
}

pub(super) fn not_final(language: Language) -> ProblemText {
    problem!(language {
        title: "Evaluasi belum final" | "Evaluation not final",
        happened: "Tidak ada evaluasi final yang dapat dibuka kembali."
            | "There is no final evaluation to reopen.",
        next_step: "Periksa kontraknya; selama belum final, penilaian dapat langsung dikoreksi."
            | "Check the contract; until it is final, appraisals can be corrected as they are.",
    })
}

pub(super) fn is_final(language: Language, revision: u32) -> ProblemText {
    problem!(language {
        title: "Evaluasi sudah final" | "Evaluation is final",
        happened: "Evaluasi revisi {revision} sudah final." | "Revision {revision} is final.",
        next_step: "Minta PPK membukanya kembali dengan alasan."
            | "Ask the commitment officer to reopen it with a reason.",
    })
}

pub(super) fn same_signer(language: Language) -> ProblemText {
    problem!(language {
        title: "Penanda tangan sama" | "Same signer",
        happened: "Pengusul dan pengesah harus orang yang berbeda."
            | "Proposer and finalizer must be two people.",
        next_step: "Minta pejabat lain mengesahkannya." | "Ask another officer to finalize.",
    })
}
