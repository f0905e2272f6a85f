//! The commands service over NATS, as the gateway asks it: one winner of a race, one result an id,
//! and nothing half done.

use std::{collections::HashMap, sync::Arc};

use chrono::Utc;
use chrono_tz::{Asia, Etc, Pacific};
use jejak_bus::{CommandAnswer, Problem, RequestProblem, Role};
use jejak_events::{
    Rejection,
    command_log::CommandLog,
    ids::{CommandId, StreamId},
};
use jejak_journal::Journal;
use jejak_rig::broker::Broker;
use jejak_stories::tenant;
use serde_json::{Value, json};

use crate::office::{Office, hire, person, send};

/// Fifty people are hired for one slot at the same moment, through two services. The log must hold
/// one contract and one slot, and every other answer must name the quota.
async fn fifty_for_one_slot(broker: Broker) {
    let office = Arc::new(Office::open(broker, 2).await);
    office.publish_terms(1).await;
    let mut people = Vec::new();
    for n in 1..=50 {
        people.push(office.register(n).await);
    }
    let hires = people.into_iter().enumerate().map(|(n, operator_id)| {
        let office = office.clone();
        tokio::spawn(async move {
            office
                .send(
                    Role::Officer,
                    "hire-operator",
                    &format!("hire-{n}"),
                    hire(&operator_id, n),
                )
                .await
        })
    });
    let outcomes = futures_util::future::join_all(hires.collect::<Vec<_>>()).await;
    let mut hired = 0;
    for outcome in outcomes {
        match outcome.unwrap() {
            Ok(answer) => {
                assert_eq!(answer.events.len(), 2);
                hired += 1;
            }
            Err(problem) => {
                assert_eq!(
                    problem,
                    Rejection::PackageQuotaExceeded {
                        quota: 1,
                        filled: 1
                    }
                    .into()
                );
            }
        }
    }
    assert_eq!(hired, 1);
    let journal = Journal::open(office.client.clone(), &tenant())
        .await
        .unwrap();
    let package: StreamId = "package/2020-tenaga-it".parse().unwrap();
    assert_eq!(
        journal.load(&package, 0).await.unwrap().len(),
        2,
        "the terms and one slot"
    );
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_2_fifty_hires_for_the_last_slot_on_one_replica() {
    fifty_for_one_slot(Broker::single().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_2_fifty_hires_for_the_last_slot_on_three_replicas() {
    fifty_for_one_slot(Broker::cluster().await).await;
}

/// Two commands of one key would make events with the same ids, since they change the same package. The
/// second is told, and not only while the broker remembers ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_36_a_key_that_changed_a_package_is_taken_there() {
    let office = Office::open(Broker::single().await, 2).await;
    office.publish_terms(3).await;
    let (one, two) = (office.register(1).await, office.register(2).await);
    office
        .send(Role::Officer, "hire-operator", "hire", hire(&one, 1))
        .await
        .unwrap();
    for (id, operator_id) in [("hire", &two), ("terms", &two)] {
        let reused = office
            .send(Role::Officer, "hire-operator", id, hire(operator_id, 2))
            .await
            .unwrap_err();
        assert_eq!(
            reused,
            Rejection::CommandKeyReused {
                command_id: id.parse().unwrap()
            }
            .into()
        );
    }
    let again = office
        .send(Role::Officer, "hire-operator", "hire", hire(&one, 1))
        .await
        .unwrap();
    assert!(again.replayed);
    office.stop().await;
}

/// The same id gets the first result: at once, through another service, after everything restarted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_36_the_same_id_gets_the_first_result_for_good() {
    let mut office = Office::open(Broker::single().await, 2).await;
    office.publish_terms(3).await;
    let operator_id = office.register(1).await;
    let first = office
        .send(
            Role::Officer,
            "hire-operator",
            "hire",
            hire(&operator_id, 1),
        )
        .await
        .unwrap();
    assert!(!first.replayed);
    let before = Journal::open(office.client.clone(), &tenant())
        .await
        .unwrap()
        .last_position()
        .await
        .unwrap();
    for round in 0..2 {
        for _ in 0..4 {
            let again = office
                .send(
                    Role::Officer,
                    "hire-operator",
                    "hire",
                    hire(&operator_id, 1),
                )
                .await
                .unwrap();
            assert!(again.replayed, "round {round}");
            assert_eq!(again.position, first.position);
            let texts = |answer: &CommandAnswer| {
                answer
                    .events
                    .iter()
                    .map(|e| e.get().to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(texts(&again), texts(&first));
        }
        let reused = office
            .send(
                Role::Officer,
                "hire-operator",
                "hire",
                hire(&operator_id, 2),
            )
            .await;
        assert_eq!(reused.unwrap_err().status(), 409);
        office.stop().await;
        office.broker.kill();
        office.broker.restart().await;
        office.client = office.broker.client().await;
        office.start(2).await;
    }
    let journal = Journal::open(office.client.clone(), &tenant())
        .await
        .unwrap();
    assert_eq!(journal.last_position().await.unwrap(), before);
    office.stop().await;
}

/// Two ids that a state remembers by one key; such ids can be found. Each is a command of its own, on a
/// person's stream and on a package's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_36_ids_of_one_key_are_two_commands() {
    let office = Office::open(Broker::single().await, 1).await;
    office.publish_terms(3).await;
    let (one, two) = (office.register(1).await, office.register(2).await);
    let (first, second) = ids_of_one_key();
    let leave =
        |from| json!({"operator_id": one, "kind": "annual", "from": from, "to": "2020-11-03"});
    let give = async |name, id: &CommandId, body| {
        office.send(Role::Officer, name, id.as_str(), body).await
    };
    let hired = give("hire-operator", &first, hire(&one, 1)).await.unwrap();
    let away = give("record-leave", &second, leave("2020-11-02"))
        .await
        .unwrap();
    assert!(!away.replayed, "it is no second hire");
    assert!(
        !give("hire-operator", &second, hire(&two, 2))
            .await
            .unwrap()
            .replayed
    );
    let again = give("hire-operator", &first, hire(&one, 1)).await.unwrap();
    assert_eq!((again.replayed, again.position), (true, hired.position));
    let again = give("record-leave", &second, leave("2020-11-02"))
        .await
        .unwrap();
    assert_eq!((again.replayed, again.position), (true, away.position));
    let reused = give("record-leave", &second, leave("2020-11-03"))
        .await
        .unwrap_err();
    assert_eq!(
        reused,
        Rejection::CommandKeyReused { command_id: second }.into()
    );
    office.stop().await;
}

/// Two of some hundred thousand ids share a key of 32 bits, almost certainly.
fn ids_of_one_key() -> (CommandId, CommandId) {
    let mut seen = HashMap::new();
    let ids = (0..1_000_000).map(|n| format!("id-{n}").parse::<CommandId>().unwrap());
    let mut pairs = ids.filter_map(|id| Some((seen.insert(CommandLog::key(&id), id.clone())?, id)));
    pairs.next().unwrap()
}

/// A refusal by one service must see the events that another appended a moment before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_refused_for_what_another_replica_made_possible() {
    let office = Office::open(Broker::single().await, 2).await;
    office.publish_terms(1).await;
    let (one, two) = (office.register(1).await, office.register(2).await);
    let mut contract = None;
    for round in 0..20 {
        let (operator_id, other) = if round % 2 == 0 {
            (&one, &two)
        } else {
            (&two, &one)
        };
        if let Some(contract_id) = contract.take() {
            let body =
                json!({"operator_id": other, "contract_id": contract_id, "reason": "salah ketik"});
            office
                .send(
                    Role::Officer,
                    "void-contract",
                    &format!("void-{round}"),
                    body,
                )
                .await
                .unwrap();
        }
        let hired = office
            .send(
                Role::Officer,
                "hire-operator",
                &format!("hire-{round}"),
                hire(operator_id, 1),
            )
            .await;
        let event: Value = serde_json::from_str(hired.unwrap().events[1].get()).unwrap();
        contract = Some(event["data"]["contract_id"].clone());
    }
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_gets_a_problem_and_no_event() {
    let office = Office::open(Broker::single().await, 1).await;
    let malformed = |problem: Problem| match problem {
        Problem::Request(RequestProblem::Malformed { path, .. }) => path,
        other => panic!("{other:?}"),
    };
    let terms = |period: &str| {
        format!(
            r#"{{"package_id":"x","title":"t","agency":"a","fiscal_year":2020,"fund_source":"f",
        "budget_ceiling":"1","quota":1,"period":{period}}}"#
        )
        .into_bytes()
    };
    let send = |role, name, body| send(&office.client, role, name, "nonsense", body);
    let cases = [
        ("publish-terms", b"{".to_vec(), "."),
        ("publish-terms", b"{}".to_vec(), "."),
        ("publish-terms", b"\xff\xfe".to_vec(), "."),
        (
            "declare-holiday",
            br#"["2020-01-01","public_holiday","n","d"]"#.to_vec(),
            ".",
        ),
        (
            "publish-terms",
            terms(r#"["2020-02-20","2020-12-31"]"#),
            "period",
        ),
        (
            "publish-terms",
            terms(r#"{"start":"2020-02-30","end":"2020-12-31"}"#),
            "period.start",
        ),
        (
            "publish-terms",
            terms(r#"{"start":"2020-02-20","end":"2020-12-31","x":1}"#),
            "period.x",
        ),
    ];
    for (name, body, path) in cases {
        assert_eq!(
            malformed(send(Role::Admin, name, body).await.unwrap_err()),
            path
        );
    }
    let unknown = send(Role::Officer, "fire-everyone", b"{}".to_vec())
        .await
        .unwrap_err();
    assert_eq!(unknown.status(), 404);
    let forbidden = send(Role::Officer, "publish-terms", b"{}".to_vec())
        .await
        .unwrap_err();
    assert_eq!(forbidden.status(), 403);
    let journal = Journal::open(office.client.clone(), &tenant())
        .await
        .unwrap();
    assert_eq!(journal.last_position().await.unwrap(), 0);
    office.stop().await;
}

/// One key, sent at the same moment through two services: with equal bodies one event and one
/// answer twice; with different bodies one is stored, and the other is told that its key is taken.
/// An answer never holds an event that the log does not.
async fn one_key_at_once(broker: Broker, pairs: u32) {
    let office = Office::open(broker, 2).await;
    let body = |n: u32, name: &str| {
        let mut body = person(n);
        body["full_name"] = json!(name);
        body
    };
    let journal = Journal::open(office.client.clone(), &tenant())
        .await
        .unwrap();
    for n in 0..pairs {
        let other = if n % 2 == 0 {
            "Contoh Satu"
        } else {
            "Contoh Dua"
        };
        let id = format!("pair-{n}");
        let send = |name: &'static str| {
            office.send(Role::Officer, "register-operator", &id, body(n, name))
        };
        let (one, two) = tokio::join!(send("Contoh Satu"), send(other));
        let outcomes = [one, two];
        let answers: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().ok())
            .collect();
        assert_eq!(
            answers.len(),
            if n % 2 == 0 { 2 } else { 1 },
            "pair {n}: {outcomes:?}"
        );
        assert_eq!(
            answers.iter().filter(|answer| !answer.replayed).count(),
            1,
            "pair {n}: {outcomes:?}"
        );
        for answer in answers {
            let entry = journal
                .read(answer.position.unwrap())
                .await
                .unwrap()
                .unwrap();
            assert_eq!(
                answer.events.last().unwrap().get().as_bytes(),
                entry.stored.payload,
                "pair {n}"
            );
        }
        for problem in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_eq!(problem.status(), 409, "pair {n}: {problem:?}");
        }
    }
    // A registration is two events: the person's first, and the claim of the NIK.
    assert_eq!(journal.last_position().await.unwrap(), 2 * u64::from(pairs));
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_36_one_key_at_once_on_one_replica() {
    one_key_at_once(Broker::single().await, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_36_one_key_at_once_on_three_replicas() {
    one_key_at_once(Broker::cluster().await, 60).await;
}

/// Goal: "today" is the date where the office is, at any hour of this run. Method: a refusal that names
/// today, also from two offices 26 hours apart, so that UTC has the date of one of these at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_38_today_is_the_date_where_the_office_is() {
    let mut office = Office::open(Broker::single().await, 1).await;
    let mut unborn = person(1);
    unborn["birth_date"] = json!("2200-01-01");
    for time_zone in [Asia::Pontianak, Pacific::Kiritimati, Etc::GMTPlus12] {
        office.stop().await;
        office.start_in(time_zone, 1).await;
        let date = || Utc::now().with_timezone(&time_zone).date_naive();
        let before = date();
        let refused = office
            .send(Role::Officer, "register-operator", "unborn", unborn.clone())
            .await;
        match refused.unwrap_err() {
            Problem::Rejected(Rejection::OperatorBirthDateInFuture { today }) => {
                assert!((before..=date()).contains(&today), "{time_zone}: {today}");
            }
            other => panic!("{time_zone}: {other:?}"),
        }
    }
    office.stop().await;
}
