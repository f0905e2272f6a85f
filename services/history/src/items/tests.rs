//! Histories of the KAK of 2020, of changes and of erased people.

use std::collections::BTreeMap;

use jejak_events::{
    RecordedEvent, Role, actor::ActorIdentity, kinds::ItemKind, personal::Part as _,
};
use serde_json::{Value, json};

use jejak_projections::Page;

use super::*;
use crate::actors::Officers;
use office::{ADMIN, Office, PPK, forget};

#[path = "../../../../projections/src/story/office.rs"]
mod office;

fn streams(events: &[RecordedEvent]) -> BTreeMap<StreamId, Vec<RecordedEvent>> {
    let mut streams = BTreeMap::<_, Vec<_>>::new();
    for recorded in events {
        streams
            .entry(recorded.envelope.stream.clone())
            .or_default()
            .push(recorded.clone());
    }
    streams
}

fn history(office_events: &[RecordedEvent], stream: &StreamId) -> Vec<HistoryItem> {
    let position = office_events.len() as u64;
    let part = PageRequest {
        limit: Some(500),
        ..PageRequest::default()
    };
    let own = streams(office_events).remove(stream).unwrap_or_default();
    let answer = super::answer(stream, &own, &assigned_in(office_events), position, part).unwrap();
    let page: Page<HistoryItem> = serde_json::from_slice(&answer).unwrap();
    assert_eq!((page.position, page.next), (position, None));
    page.items
}

/// The actors as events of earlier versions tell them.
fn assigned_in(events: &[RecordedEvent]) -> Actors {
    Actors {
        officers: Officers::assigned_in(events),
        first_named: 1_000,
        ..Actors::default()
    }
}

fn of(office: &Office, saved: &str) -> Vec<HistoryItem> {
    history(
        &office.events,
        &StreamId::Operator(office.id(saved).parse().unwrap()),
    )
}

#[track_caller]
fn says(items: &[HistoryItem], n: usize, id: &str, en: &str) {
    assert_eq!(
        (items[n].text.id.as_str(), items[n].text.en.as_str()),
        (id, en)
    );
}

#[test]
fn every_event_appears_once_and_says_something_in_both_languages() {
    let office = Office::of_2020();
    let mut positions = Vec::new();
    for (stream, own) in streams(&office.events) {
        let items = history(&office.events, &stream);
        assert_eq!(items.len(), own.len());
        for (item, recorded) in items.iter().zip(&own) {
            assert_eq!(item.r#type, format!("jejak.{}", recorded.event.type_name()));
            assert_eq!(item.time, recorded.envelope.time);
            let Bilingual { id, en } = &item.text;
            assert!(
                id.ends_with('.') && en.ends_with('.') && id != en,
                "{id} / {en}"
            );
            assert!(!item.erased);
            positions.push(item.position);
        }
    }
    positions.sort_unstable();
    assert_eq!(
        positions,
        (1..=office.events.len() as u64).collect::<Vec<_>>()
    );
}

#[test]
fn words_name_what_people_know_by_name() {
    let office = Office::of_2020();
    let two = of(&office, "op2");
    says(
        &two,
        0,
        "Contoh Operator Dua didaftarkan sebagai penyedia.",
        "Contoh Operator Dua was registered as an operator.",
    );
    says(
        &two,
        1,
        "Dikontrak untuk paket 2020-tenaga-it dengan SPK 800/2/SPK/BKPSDM/2020 tanggal 30 September 2020, masa kontrak 1 Oktober 2020 sampai 31 Desember 2020, Rp 2.750.000 sebulan, nilai kontrak Rp 8.250.000.",
        "Hired for package 2020-tenaga-it by contract 800/2/SPK/BKPSDM/2020 of 2020-09-30, 2020-10-01 to 2020-12-31, Rp 2.750.000 a month, Rp 8.250.000 in all.",
    );
    says(
        &two,
        4,
        "Cuti tahunan 5 November 2020 sampai 6 November 2020 dibatalkan seluruhnya.",
        "Annual leave of 2020-11-05 to 2020-11-06 was cancelled, all of it.",
    );
    assert_eq!(two[4].reason.as_deref(), Some("batal"));
    assert_eq!(two[4].effective_from, Some("2020-11-05".parse().unwrap()));
    assert_eq!(two[4].effective_to, Some("2020-11-06".parse().unwrap()));
    assert_eq!(two[4].actor_name.as_deref(), Some("Ahmad Fadli, S.Sos"));
    assert_eq!(two[4].actor_nip, Some(PPK.parse().unwrap()));
    let corrected = two
        .iter()
        .find(|item| item.r#type.contains("appraisal.corrected"))
        .unwrap();
    assert!(
        corrected
            .text
            .id
            .starts_with("Penilaian November 2020 dikoreksi, revisi 2: jumlah")
    );
    assert!(
        corrected.text.id.contains("(penyelesaian pekerjaan 2 → 3"),
        "{}",
        corrected.text.id
    );

    let package = history(&office.events, &"package/2020-tenaga-it".parse().unwrap());
    says(
        &package,
        2,
        "Ahmad Fadli, S.Sos (NIP 197701161997031006) ditugaskan sebagai PPK, mulai 1 Oktober 2020.",
        "Ahmad Fadli, S.Sos (NIP 197701161997031006) was assigned as commitment officer (PPK), from 2020-10-01 on.",
    );
    assert_eq!(
        (package[2].actor.as_str(), &package[2].actor_name),
        ("account/f87b5c57-f949-8a6f-8553-e0877cd52751", &None)
    );
    let calendar = history(&office.events, &StreamId::Calendar(2020));
    says(
        &calendar,
        calendar.len() - 1,
        "Penetapan 30 Desember 2020 sebagai cuti bersama (Cuti bersama pengganti Idulfitri) dicabut: SKB 3 Menteri, 1 Desember 2020.",
        "2020-12-30 is no longer joint leave (Cuti bersama pengganti Idulfitri): SKB 3 Menteri, 1 Desember 2020.",
    );
}

#[test]
fn changes_are_told_old_and_new() {
    let mut office = Office::of_2020();
    let give = |office: &mut Office, who: &str, name: &str, body: Value| {
        office.give(who, name, body).unwrap();
    };
    let body = json!({"package_id": "2020-tenaga-it", "reason": "tambahan", "quota": 4, "budget_ceiling": "30000000"});
    give(&mut office, ADMIN, "amend-terms", body);
    let body = json!({"operator_id": "$op1", "reason": "pindah", "address": "Jl. Baru 2", "phone": "0812"});
    give(&mut office, PPK, "correct-operator", body);
    let body = json!({"operator_id": "$op1", "contract_id": "$op1.contract21", "reason": "anggaran", "end": "2021-06-30"});
    give(&mut office, PPK, "amend-contract", body);
    let package = history(&office.events, &"package/2020-tenaga-it".parse().unwrap());
    says(
        &package,
        package.len() - 1,
        "KAK diubah menjadi versi 2: pagu Rp 24.750.000 → Rp 30.000.000; kuota 3 → 4.",
        "Terms were amended to version 2: budget ceiling Rp 24.750.000 → Rp 30.000.000; quota 3 → 4.",
    );
    let one = of(&office, "op1");
    says(
        &one,
        one.len() - 2,
        "Data diri diperbaiki: alamat - → Jl. Baru 2; telepon - → 0812.",
        "Particulars were corrected: address - → Jl. Baru 2; telephone - → 0812.",
    );
    let amended = &one[one.len() - 1];
    assert!(
        amended
            .text
            .en
            .contains("last day 2021-12-31 → 2021-06-30; in all Rp"),
        "{}",
        amended.text.en
    );
    assert_eq!(amended.reason.as_deref(), Some("anggaran"));
}

#[test]
fn erased_data_is_said_to_be_erased() {
    let mut office = Office::of_2020();
    let (id, erase) = (
        office.id("op2").to_owned(),
        json!({"reason": "permintaan", "legal_basis": "UU 27/2022"}),
    );
    let mut body = erase;
    body["operator_id"] = json!(id);
    office.give(ADMIN, "erase-operator", body).unwrap();
    let events = forget(&office.events, &id);
    let items = history(&events, &StreamId::Operator(id.parse().unwrap()));
    says(
        &items,
        0,
        "Seorang penyedia didaftarkan. Data pribadi telah dihapus.",
        "An operator was registered. Personal data was erased.",
    );
    assert!(items[0].erased);
    let last = items.last().unwrap();
    assert_eq!(
        last.text.id,
        "Data pribadi penyedia dihapus; dasar hukum: UU 27/2022."
    );
    assert_eq!(
        (last.reason.as_deref(), last.erased),
        (Some("permintaan"), false)
    );
    let told = serde_json::to_string(&items).unwrap();
    for gone in ["Operator Dua", "batal\"", "6171042208980002"] {
        assert!(!told.contains(gone), "{gone}");
    }
}

/// Goal: the pages of both orders together are the whole history.
#[test]
fn histories_come_in_parts() {
    let office = Office::of_2020();
    let stream: StreamId = StreamId::Operator(office.id("op1").parse().unwrap());
    let own = streams(&office.events).remove(&stream).unwrap();
    let oldest_first = of(&office, "op1");
    let newest_first = oldest_first.iter().rev().cloned().collect();
    for (order, whole) in [
        (HistoryOrder::Oldest, oldest_first),
        (HistoryOrder::Newest, newest_first),
    ] {
        let actors = assigned_in(&office.events);
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let part = PageRequest {
                order,
                limit: Some(3),
                cursor: cursor.as_deref(),
            };
            let answer = super::answer(&stream, &own, &actors, 99, part).unwrap();
            let page: Page<HistoryItem> = serde_json::from_slice(&answer).unwrap();
            assert!((1..=3).contains(&page.items.len()), "{order:?}");
            found.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(found, whole, "{order:?}");
    }
    for part in [
        PageRequest {
            limit: Some(0),
            ..PageRequest::default()
        },
        PageRequest {
            cursor: Some("6161"),
            ..PageRequest::default()
        },
    ] {
        let refused = super::answer(&stream, &own, &Actors::default(), 99, part);
        assert!(
            matches!(refused, Err(QueryError::Malformed { .. })),
            "{refused:?}"
        );
    }
    let nobody = super::answer(&stream, &[], &Actors::default(), 99, PageRequest::default());
    assert!(matches!(
        nobody,
        Err(QueryError::ItemUnknown {
            thing: ItemKind::Operator,
            ..
        })
    ));
}

/// A part nobody opened must not be taken for one that is erased.
#[test]
fn what_is_sealed_is_not_said_to_be_erased() {
    let office = Office::of_2020();
    let stream = StreamId::Operator(office.id("op1").parse().unwrap());
    let mut own = streams(&office.events).remove(&stream).unwrap();
    let key = jejak_events::secret::DataKey::new([1; 32]);
    let jejak_events::Event::Operator(operator::Event::Identity(
        operator::identity::Event::Registered(event),
    )) = &mut own[0].event
    else {
        panic!("a person begins with his registration");
    };
    event.personal.seal(&key, [0; 12], b"x");
    let refused = super::answer(
        &stream,
        &own,
        &Actors::default(),
        99,
        PageRequest::default(),
    );
    assert!(
        matches!(
            refused,
            Err(QueryError::Store(ProjectionError::Inapplicable { .. }))
        ),
        "{refused:?}"
    );
}

#[test]
fn rule_34_the_notice_of_a_poor_year_says_that_nothing_ends_by_it() {
    let office = Office::of_2020();
    let told = |who: &str| {
        let items = of(&office, who);
        items
            .into_iter()
            .find(|item| item.r#type.contains("evaluation.finalized"))
            .unwrap()
            .text
    };
    let poor = told("op2");
    assert!(
        poor.id.ends_with(
            " PPK diberi tahu bahwa hasilnya buruk; kontrak tidak berakhir dengan sendirinya."
        ),
        "{}",
        poor.id
    );
    assert!(
        poor.en
            .ends_with(" The PPK is notified that it is poor; no contract ends by itself."),
        "{}",
        poor.en
    );
    assert!(!told("op1").en.contains("notified"));
}

#[test]
fn rule_31_a_corrected_waiver_and_a_corrected_day_say_what_they_change() {
    let mut office = Office::of_2020();
    let scores = json!({ "attendance": 3, "roll_call": 3, "completion": 3, "timeliness": 3,
        "quality": 3, "obligations": 3, "prohibitions": 3 });
    let reopen =
        json!({ "operator_id": "$op3", "contract_id": "$op3.contract", "reason": "keliru" });
    office
        .give(PPK, "reopen-evaluation", reopen.clone())
        .unwrap();
    for signed_on in ["2021-01-05", "2021-01-06"] {
        let mut correct = reopen.clone();
        (correct["month"], correct["signed_on"]) = (json!("2020-12"), json!(signed_on));
        correct["scores"] = scores.clone();
        office
            .give(PPK, "correct-monthly-appraisal", correct)
            .unwrap();
    }
    let items = of(&office, "op3");
    let of_waiver = &items[items.len() - 2].text.en;
    assert!(of_waiver.starts_with("Appraisal of 2020-12 was corrected and is no longer waived, revision 1: total 21, good (attendance 3, "), "{of_waiver}");
    says(
        &items,
        items.len() - 1,
        "Penilaian Desember 2020 dikoreksi, revisi 2: jumlah 21, baik; ditandatangani 6 Januari 2021, terlambat.",
        "Appraisal of 2020-12 was corrected, revision 2: total 21, good; signed on 2021-01-06, late.",
    );
}

/// Both are told, and the correction names its changes.
#[test]
fn rule_30_what_stood_before_a_correction_stays_visible() {
    let mut office = Office::of_2020();
    let mut body =
        json!({ "operator_id": "$op1", "contract_id": "$op1.contract", "reason": "keliru" });
    office.give(PPK, "reopen-evaluation", body.clone()).unwrap();
    (body["month"], body["signed_on"]) = (json!("2020-10"), json!("2020-11-02"));
    body["scores"] = json!({ "attendance": 2, "roll_call": 2, "completion": 2, "timeliness": 2, "quality": 2,
        "obligations": 2, "prohibitions": 2 });
    office.give(PPK, "correct-monthly-appraisal", body).unwrap();
    let told = of(&office, "op1").into_iter().map(|item| item.text.en);
    let of_october: Vec<_> = told
        .filter(|text| text.starts_with("Appraisal of 2020-10"))
        .collect();
    let [submitted, corrected] = of_october.as_slice() else {
        panic!("{of_october:?}")
    };
    assert!(
        submitted.starts_with("Appraisal of 2020-10: total "),
        "{submitted}"
    );
    assert!(
        corrected.contains("corrected, revision 2: total 14, poor (attendance "),
        "{corrected}"
    );
    assert!(corrected.contains(" → 2, "), "{corrected}");
}

/// Goal: a reader sees who did it. The person himself sees names, and no number of another. Method: one event of
/// an officer and one of an administrator, each with and without its identity, for both readers.
#[test]
fn an_item_says_who_did_it_as_far_as_its_reader_may_know() {
    let office = Office::of_2020();
    let stream: StreamId = "package/2020-tenaga-it".parse().unwrap();
    let own = streams(&office.events).remove(&stream).unwrap();
    let of = |actor: &str| {
        let found = own.iter().find(|event| {
            let told = event.envelope.actor.to_string();
            told.starts_with(actor)
        });
        found.unwrap()
    };
    let identity = |subject: &str, name: Option<&str>, role| ActorIdentity {
        subject: subject.to_owned(),
        name: name.map(|name| name.parse().unwrap()),
        roles: vec![role],
    };
    let (admin, officer) = (of("account/"), of("officer/"));
    let mut actors = assigned_in(&office.events);
    let shown = |actors: &Actors, recorded| {
        let shown = actors.shown(recorded, None);
        let nip = shown.nip.map(|nip| nip.as_str().to_owned());
        let unknown = shown.unknown.map(|unknown| unknown.before);
        json!([shown.name, nip, shown.subject, unknown])
    };
    // Events of earlier versions: the package names the officer, and nobody the administrator.
    let assigned = "Ahmad Fadli, S.Sos";
    assert_eq!(shown(&actors, officer), json!([assigned, PPK, PPK, null]));
    assert_eq!(shown(&actors, admin), json!([null, null, null, 1_000]));
    let named = [
        (admin.position, identity(ADMIN, Some("Sari"), Role::Admin)),
        (
            officer.position,
            identity(PPK, Some("Fadli"), Role::Officer),
        ),
    ];
    actors.identities = named.into();
    assert_eq!(shown(&actors, officer), json!(["Fadli", PPK, PPK, null]));
    assert_eq!(shown(&actors, admin), json!(["Sari", null, ADMIN, null]));
    actors.own_records = true;
    assert_eq!(shown(&actors, officer), json!(["Fadli", null, null, null]));
    assert_eq!(shown(&actors, admin), json!(["Sari", null, null, null]));
    // A token without a name: the subject is known, and the name of the assignment counts.
    actors.own_records = false;
    let unnamed = [(officer.position, identity(PPK, None, Role::Officer))];
    actors.identities = unnamed.into();
    assert_eq!(shown(&actors, officer), json!([assigned, PPK, PPK, null]));
    // Beside the first named event an older service wrote on.
    actors.first_named = 1;
    assert_eq!(
        shown(&actors, admin),
        json!([null, null, null, admin.position + 1])
    );
}
