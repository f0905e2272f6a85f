//! Hiring, and the changes afterwards: a void, a termination, new terms, amendments, warnings.

use serde_json::{Value, json};

use super::office::{YearOffice, leave};

/// A line of the table of hires.
struct HireRow {
    who: &'static str,
    number: u32,
    package: &'static str,
    start: &'static str,
    end: &'static str,
}

const fn hire_of(
    who: &'static str,
    number: u32,
    package: &'static str,
    start: &'static str,
    end: &'static str,
) -> HireRow {
    HireRow {
        who,
        number,
        package,
        start,
        end,
    }
}

/// The first hires; Indra's is a mistake.
const FIRST: [HireRow; 6] = [
    hire_of("adi", 1, "2023-tik", "2023-01-01", "2023-12-31"),
    hire_of("bela", 2, "2023-tik", "2023-01-01", "2023-12-31"),
    hire_of("candra", 3, "2023-tik", "2023-01-01", "2023-12-31"),
    hire_of("dewi", 4, "2023-tik", "2023-01-01", "2023-12-31"),
    hire_of("eko", 5, "2023-tik", "2023-01-01", "2023-12-31"),
    hire_of("indra", 6, "2023-tik", "2023-01-01", "2023-12-31"),
];

/// The hires after the void.
const LATER: [HireRow; 6] = [
    hire_of("hana", 7, "2023-tik", "2023-02-01", "2023-06-30"),
    hire_of("gilang", 9, "2023-arsip", "2023-03-01", "2023-12-31"),
    hire_of("indra", 10, "2023-arsip", "2023-03-01", "2023-12-31"),
    hire_of("joko", 11, "2023-arsip", "2023-03-01", "2023-12-31"),
    hire_of("kartika", 12, "2023-arsip", "2023-03-01", "2023-12-31"),
    hire_of("hana", 14, "2023-arsip", "2023-07-01", "2023-12-31"),
];

fn body(office: &YearOffice, hire: &HireRow) -> Value {
    let HireRow {
        who,
        number,
        package,
        start,
        end,
    } = hire;
    let (wage, health, employment) = if *package == "2023-arsip" {
        ("2350250.50", "100000", "35249.49")
    } else {
        ("2601875", "110000", "38125")
    };
    let monthly =
        json!({"wage": wage, "health_insurance": health, "employment_insurance": employment});
    json!({"package_id": package, "operator_id": office.id(who), "spk_number": format!("800/{number}/2023"),
        "spk_date": "2022-12-30", "start": start, "end": end, "monthly": monthly, "integrity_pact": true})
}

/// Hires everyone but Fitri. She follows Eko.
pub async fn hire(office: &mut YearOffice) {
    for hire in &FIRST {
        office.hire(hire.number, body(office, hire)).await;
    }
    let seventh = body(
        office,
        &hire_of("joko", 99, "2023-tik", "2023-01-01", "2023-12-31"),
    );
    let full = json!({"quota": 6, "filled": 6});
    office
        .refused(
            "sari",
            "hire-operator",
            seventh,
            "package.quota_exceeded",
            full,
        )
        .await;
    let mistake = json!({"operator_id": office.id("indra"), "contract_id": office.contract(6), "reason": "salah paket"});
    office.accepted("sari", "void-contract", mistake).await;
    for hire in &LATER {
        let early = HireRow {
            start: "2023-06-30",
            ..*hire
        };
        if hire.number == 14 {
            let held = json!({"contract_id": office.contract(7), "end": "2023-06-30"});
            let mut body = body(office, &early);
            body["value"] = json!("15000000");
            office
                .refused("sari", "hire-operator", body, "contract.overlaps", held)
                .await;
        }
        office.hire(hire.number, body(office, hire)).await;
    }
    // A month begun in the middle has no value of its own.
    let mut lukman = body(
        office,
        &hire_of("lukman", 13, "2023-arsip", "2023-04-17", "2023-12-31"),
    );
    let days = json!({"start": "2023-04-17", "end": "2023-12-31"});
    office
        .refused(
            "sari",
            "hire-operator",
            lukman.clone(),
            "contract.value_required",
            days,
        )
        .await;
    lukman["value"] = json!("20907441");
    office.hire(13, lukman).await;
}

/// Eko leaves and Fitri follows him under new terms; Joko's contract is shortened; Candra is
/// warned.
pub async fn change(office: &mut YearOffice) {
    end_of_eko(office).await;
    new_terms(office).await;
    let fitri = body(
        office,
        &hire_of("fitri", 8, "2023-tik", "2023-06-01", "2023-12-31"),
    );
    office.hire(8, fitri).await;
    let raise = json!({"operator_id": office.id("adi"), "contract_id": office.contract(1), "reason": "kenaikan upah",
        "monthly": {"wage": "2701875", "health_insurance": "110000", "employment_insurance": "38125"}});
    let money = json!({"ceiling": "178000000", "committed": "144440476", "requested": "34200000"});
    office
        .refused(
            "sari",
            "amend-contract",
            raise,
            "package.budget_exceeded",
            money,
        )
        .await;
    shorter_for_joko(office).await;
    for (level, on) in [(1, "2023-05-15"), (2, "2023-09-04")] {
        office
            .accepted("rina", "issue-warning", warning(office, level, on))
            .await;
    }
    let again = warning(office, 2, "2023-09-05");
    let order = json!({"expected": 3, "requested": 2});
    office
        .refused(
            "rina",
            "issue-warning",
            again,
            "contract.warning_out_of_order",
            order,
        )
        .await;
}

fn warning(office: &YearOffice, level: u8, on: &str) -> Value {
    json!({"operator_id": office.id("candra"), "contract_id": office.contract(3), "level": level, "on": on,
        "reason": "apel"})
}

/// Leave he had taken after his last day stands in the way until it is taken back.
async fn end_of_eko(office: &mut YearOffice) {
    let eko = office.id("eko").to_owned();
    let body = json!({"operator_id": eko, "contract_id": office.contract(5), "on": "2023-05-16",
        "cause": "resignation", "reason": "pindah kerja"});
    let stands = json!({"leave_ids": [leave(51)], "months": []});
    office
        .refused(
            "sari",
            "terminate-contract",
            body.clone(),
            "contract.has_later_facts",
            stands,
        )
        .await;
    let back = json!({"operator_id": eko, "leave_id": leave(51), "reason": "berhenti"});
    office.accepted("sari", "cancel-leave", back).await;
    office.accepted("sari", "terminate-contract", body).await;
}

async fn new_terms(office: &mut YearOffice) {
    let to = |ceiling: &str| {
        json!({"package_id": "2023-tik", "reason": "APBD Perubahan", "budget_ceiling": ceiling,
            "leave": {"annual_days": 6, "special_max_days": 6}})
    };
    office
        .refused(
            "admin",
            "amend-terms",
            to("158000000"),
            "package.below_commitments",
            json!({}),
        )
        .await;
    office
        .accepted("admin", "amend-terms", to("178000000"))
        .await;
}

async fn shorter_for_joko(office: &mut YearOffice) {
    let joko = office.id("joko").to_owned();
    let amended = json!({"operator_id": joko, "contract_id": office.contract(11), "reason": "volume kerja",
        "end": "2023-10-31"});
    let stands = json!({"leave_ids": [leave(112)], "months": []});
    office
        .refused(
            "sari",
            "amend-contract",
            amended.clone(),
            "contract.has_later_facts",
            stands,
        )
        .await;
    let back =
        json!({"operator_id": joko, "leave_id": leave(112), "reason": "kontrak dipersingkat"});
    office.accepted("sari", "cancel-leave", back).await;
    office.accepted("sari", "amend-contract", amended).await;
}
