//! Before anyone is hired: terms, officers, the calendar, the register of people.

use serde_json::json;

use super::{
    office::YearOffice,
    people::{ASSIGNMENTS, HOLIDAYS, PEOPLE, assignment, decree, registration, terms},
};

/// Opens the year.
pub async fn open(office: &mut YearOffice) {
    let it = terms("2023-tik", 2023, "2023-01-01", 6, "198000000");
    office.accepted("admin", "publish-terms", it).await;
    let mut archive = terms("2023-arsip", 2023, "2023-03-01", 6, "140000000");
    archive["eligibility"] = json!({"majors": []});
    archive["leave"] = json!({"joint_leave_charged": true});
    office.accepted("admin", "publish-terms", archive).await;
    for (package, role, who, from, to) in ASSIGNMENTS {
        let body = assignment(package, role, who, from, *to);
        office.accepted("admin", "assign-officer", body).await;
    }
    let second = assignment("2023-tik", "ppk", "hadi", "2023-06-30", Some("2023-07-01"));
    office
        .refused(
            "admin",
            "assign-officer",
            second,
            "officer.overlaps",
            json!({"role": "ppk"}),
        )
        .await;
    for day in HOLIDAYS {
        office
            .accepted("admin", "declare-holiday", decree(*day))
            .await;
    }
    for person in PEOPLE {
        office.register(person.0, registration(person)).await;
    }
}
