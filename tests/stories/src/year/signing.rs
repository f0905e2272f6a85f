//! What is signed: every month's appraisal by the ppk of the day, months waived, evaluations proposed and
//! made final.

use serde_json::{Value, json};

use super::{
    desk::Desk,
    months::{TOTALS, Year, ppk, scores, signed_on},
};

/// The months left out: contract, who, month. Months in which they were away from first to last day.
const WAIVED: [(u32, &str, &str); 3] = [
    (2, "bela", "2023-03"),
    (2, "bela", "2023-04"),
    (11, "joko", "2023-06"),
];

/// When the evaluations of contracts that ended early are proposed and made final; those of all others in
/// January.
const EARLY: [(u32, &str, &str); 3] = [
    (5, "2023-05-31", "2023-06-05"),
    (7, "2023-07-05", "2023-07-06"),
    (11, "2023-11-06", "2023-11-07"),
];

fn appraisal(desk: &Desk, who: &str, number: u32, month: u32, total: u32, day: &str) -> Value {
    json!({"operator_id": desk.id(who), "contract_id": desk.contract(number), "month": format!("2023-{month:02}"),
        "scores": scores(total), "signed_on": day})
}

/// A signature under the evaluation of a contract.
pub fn signature(desk: &Desk, who: &str, number: u32, day: &str) -> Value {
    json!({"operator_id": desk.id(who), "contract_id": desk.contract(number), "signed_on": day})
}

/// All months of all contracts.
pub async fn appraise(desk: &mut Desk) {
    let early = appraisal(desk, "adi", 1, 1, 26, "2023-01-25");
    let ripe = json!({"month": "2023-01", "earliest": "2023-01-26"});
    desk.refused(
        "budi",
        "submit-monthly-appraisal",
        early,
        "appraisal.too_early",
        ripe,
    )
    .await;
    // June is signed in July, when the ppk is another one.
    let replaced = appraisal(desk, "adi", 1, 6, 26, "2023-07-03");
    let office = json!({"role": "ppk", "on": "2023-07-03"});
    desk.refused(
        "budi",
        "submit-monthly-appraisal",
        replaced,
        "officer.not_assigned",
        office,
    )
    .await;
    for year in TOTALS {
        months_of(desk, year).await;
    }
    let twice = appraisal(desk, "adi", 1, 1, 20, "2023-02-03");
    let first = json!({"month": "2023-01", "revision": 1});
    desk.refused(
        "budi",
        "submit-monthly-appraisal",
        twice,
        "appraisal.already_submitted",
        first,
    )
    .await;
    let after = appraisal(desk, "eko", 5, 6, 20, "2023-07-03");
    let days = json!({"end": "2023-05-16"});
    desk.refused(
        "rina",
        "submit-monthly-appraisal",
        after,
        "appraisal.outside_contract",
        days,
    )
    .await;
}

async fn months_of(desk: &mut Desk, (who, number, package, first, totals): &Year) {
    for (month, total) in (*first..).zip(*totals).filter(|(_, total)| **total > 0) {
        let day = signed_on(who, month);
        let body = appraisal(desk, who, *number, month, *total, &day);
        desk.accepted(ppk(package, &day), "submit-monthly-appraisal", body)
            .await;
    }
}

/// All evaluations final but Kartika's, which is proposed.
pub async fn evaluate(desk: &mut Desk) {
    let bela = signature(desk, "bela", 2, "2024-01-08");
    let months = json!({"months": ["2023-03", "2023-04"]});
    desk.refused(
        "sari",
        "propose-evaluation",
        bela,
        "evaluation.months_missing",
        months,
    )
    .await;
    for (number, who, month) in WAIVED {
        let body = json!({"operator_id": desk.id(who), "contract_id": desk.contract(number), "month": month,
            "reason": "cuti sebulan penuh"});
        desk.accepted("rina", "waive-month", body).await;
    }
    for (who, number, package, ..) in TOTALS {
        let early = EARLY.iter().find(|(early, ..)| early == number);
        let (proposed, final_on) = early
            .map_or(("2024-01-08", "2024-01-10"), |(_, first, then)| {
                (*first, *then)
            });
        let body = signature(desk, who, *number, proposed);
        desk.accepted("sari", "propose-evaluation", body).await;
        if *who != "kartika" {
            let body = signature(desk, who, *number, final_on);
            desk.accepted(ppk(package, final_on), "finalize-evaluation", body)
                .await;
        }
    }
}

/// Dewi's December is corrected by one point after her evaluation was final, which takes a reopening.
pub async fn correct_dewi(desk: &mut Desk) {
    let mut corrected = appraisal(desk, "dewi", 4, 12, 18, "2024-02-05");
    corrected["reason"] = json!("daftar apel");
    let closed = json!({"contract_id": desk.contract(4), "revision": 1});
    desk.refused(
        "rina",
        "correct-monthly-appraisal",
        corrected.clone(),
        "evaluation.final",
        closed,
    )
    .await;
    let reopen = json!({"operator_id": desk.id("dewi"), "contract_id": desk.contract(4), "reason": "salah hitung"});
    desk.accepted("rina", "reopen-evaluation", reopen).await;
    desk.accepted("rina", "correct-monthly-appraisal", corrected)
        .await;
    let body = signature(desk, "dewi", 4, "2024-02-06");
    desk.refused(
        "rina",
        "finalize-evaluation",
        body.clone(),
        "evaluation.not_proposed",
        json!({}),
    )
    .await;
    desk.accepted("sari", "propose-evaluation", body.clone())
        .await;
    desk.accepted("rina", "finalize-evaluation", body).await;
}
