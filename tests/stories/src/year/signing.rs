//! Signatures of the year: every month's appraisal by the PPK of the day, waived months, proposed
//! and final evaluations.

use serde_json::{Value, json};

use super::{
    months::{TOTALS, Year, ppk, scores, signed_on},
    office::YearOffice,
};

/// The months left out: contract, person, month. Months in which they were away from first to last day.
const WAIVED: [(u32, &str, &str); 3] = [
    (2, "bela", "2023-03"),
    (2, "bela", "2023-04"),
    (11, "joko", "2023-06"),
];

/// When the evaluations of contracts that ended early are proposed and made final; those of all
/// others in January.
const EARLY: [(u32, &str, &str); 3] = [
    (5, "2023-05-31", "2023-06-05"),
    (7, "2023-07-05", "2023-07-06"),
    (11, "2023-11-06", "2023-11-07"),
];

fn appraisal(
    office: &YearOffice,
    who: &str,
    number: u32,
    month: u32,
    total: u32,
    day: &str,
) -> Value {
    json!({"operator_id": office.id(who), "contract_id": office.contract(number), "month": format!("2023-{month:02}"),
        "scores": scores(total), "signed_on": day})
}

/// A signature under the evaluation of a contract.
pub fn signature(office: &YearOffice, who: &str, number: u32, day: &str) -> Value {
    json!({"operator_id": office.id(who), "contract_id": office.contract(number), "signed_on": day})
}

/// All months of all contracts.
pub async fn appraise(office: &mut YearOffice) {
    let early = appraisal(office, "adi", 1, 1, 26, "2023-01-25");
    let ripe = json!({"month": "2023-01", "earliest": "2023-01-26"});
    office
        .refused(
            "budi",
            "submit-monthly-appraisal",
            early,
            "appraisal.too_early",
            ripe,
        )
        .await;
    // June is signed in July, when the ppk is another one.
    let replaced = appraisal(office, "adi", 1, 6, 26, "2023-07-03");
    let unassigned = json!({"role": "ppk", "on": "2023-07-03"});
    office
        .refused(
            "budi",
            "submit-monthly-appraisal",
            replaced,
            "officer.not_assigned",
            unassigned,
        )
        .await;
    for year in TOTALS {
        months_of(office, year).await;
    }
    let twice = appraisal(office, "adi", 1, 1, 20, "2023-02-03");
    let first = json!({"month": "2023-01", "revision": 1});
    office
        .refused(
            "budi",
            "submit-monthly-appraisal",
            twice,
            "appraisal.already_submitted",
            first,
        )
        .await;
    let after = appraisal(office, "eko", 5, 6, 20, "2023-07-03");
    let days = json!({"end": "2023-05-16"});
    office
        .refused(
            "rina",
            "submit-monthly-appraisal",
            after,
            "appraisal.outside_contract",
            days,
        )
        .await;
}

async fn months_of(office: &mut YearOffice, (who, number, package, first, totals): &Year) {
    for (month, total) in (*first..).zip(*totals).filter(|(_, total)| **total > 0) {
        let day = signed_on(who, month);
        let body = appraisal(office, who, *number, month, *total, &day);
        office
            .accepted(ppk(package, &day), "submit-monthly-appraisal", body)
            .await;
    }
}

/// All evaluations final but Kartika's, which is proposed.
pub async fn evaluate(office: &mut YearOffice) {
    let bela = signature(office, "bela", 2, "2024-01-08");
    let months = json!({"months": ["2023-03", "2023-04"]});
    office
        .refused(
            "sari",
            "propose-evaluation",
            bela,
            "evaluation.months_missing",
            months,
        )
        .await;
    for (number, who, month) in WAIVED {
        let body = json!({"operator_id": office.id(who), "contract_id": office.contract(number), "month": month,
            "reason": "cuti sebulan penuh"});
        office.accepted("rina", "waive-month", body).await;
    }
    for (who, number, package, ..) in TOTALS {
        let early = EARLY.iter().find(|(early, ..)| early == number);
        let (proposed, final_on) = early
            .map_or(("2024-01-08", "2024-01-10"), |(_, first, then)| {
                (*first, *then)
            });
        let body = signature(office, who, *number, proposed);
        office.accepted("sari", "propose-evaluation", body).await;
        if *who != "kartika" {
            let body = signature(office, who, *number, final_on);
            office
                .accepted(ppk(package, final_on), "finalize-evaluation", body)
                .await;
        }
    }
}

/// Dewi's December is corrected by one point after her evaluation was final, which takes a
/// reopening.
pub async fn correct_dewi(office: &mut YearOffice) {
    let mut corrected = appraisal(office, "dewi", 4, 12, 18, "2024-02-05");
    corrected["reason"] = json!("daftar apel");
    let closed = json!({"contract_id": office.contract(4), "revision": 1});
    office
        .refused(
            "rina",
            "correct-monthly-appraisal",
            corrected.clone(),
            "evaluation.final",
            closed,
        )
        .await;
    let reopen = json!({"operator_id": office.id("dewi"), "contract_id": office.contract(4), "reason": "salah hitung"});
    office.accepted("rina", "reopen-evaluation", reopen).await;
    office
        .accepted("rina", "correct-monthly-appraisal", corrected)
        .await;
    let body = signature(office, "dewi", 4, "2024-02-06");
    office
        .refused(
            "rina",
            "finalize-evaluation",
            body.clone(),
            "evaluation.not_proposed",
            json!({}),
        )
        .await;
    office
        .accepted("sari", "propose-evaluation", body.clone())
        .await;
    office.accepted("rina", "finalize-evaluation", body).await;
}
