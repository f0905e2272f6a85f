//! Next year's package: last year's evaluations when people are hired again.

use serde_json::{Value, json};

use super::{
    office::YearOffice,
    people::{assignment, terms},
    signing::correct_dewi,
};

/// Hires three again. Dewi is hired while she counts as poor. A later correction doesn't change the
/// evaluation that her contract cites.
pub async fn next_year(office: &mut YearOffice) {
    let body = terms("2024-tik", 2024, "2024-02-01", 5, "170000000");
    office.accepted("admin", "publish-terms", body).await;
    let adi = hire(office, "adi", 23);
    let nobody_yet = json!({"status": 422});
    office
        .refused(
            "sari",
            "hire-operator",
            adi.clone(),
            "officer.not_assigned",
            nobody_yet,
        )
        .await;
    let sari = assignment("2024-tik", "clerk", "sari", "2024-01-01", None);
    office.accepted("admin", "assign-officer", sari).await;
    office.hire(23, adi).await;
    for (who, number, of_2023, total) in [("dewi", 21, 4, 215), ("candra", 22, 3, 210)] {
        let mut body = hire(office, who, number);
        let weighed = json!({"contract_id": office.contract(of_2023), "fiscal_year": 2023, "months": 12, "total": total});
        office
            .refused(
                "sari",
                "hire-operator",
                body.clone(),
                "operator.poor_evaluation",
                weighed,
            )
            .await;
        body["justification"] = json!("satu-satunya yang menguasai aplikasi lama");
        office.hire(number, body).await;
    }
    let kartika = hire(office, "kartika", 24);
    let age =
        json!({"violations": [{"violation": "age", "age_min": 21, "age_max": 35, "age": 36}]});
    office
        .refused(
            "sari",
            "hire-operator",
            kartika,
            "operator.not_eligible",
            age,
        )
        .await;
    correct_dewi(office).await;
}

fn hire(office: &YearOffice, who: &str, number: u32) -> Value {
    json!({"package_id": "2024-tik", "operator_id": office.id(who), "spk_number": format!("800/{number}/2024"),
        "spk_date": "2024-01-30", "start": "2024-02-01", "end": "2024-12-31", "integrity_pact": true,
        "monthly": {"wage": "2601875", "health_insurance": "110000", "employment_insurance": "38125"}})
}
