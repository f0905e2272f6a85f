//! The problems that readiness names.

use jejak_bus::health::AuditFailure;

use super::{parts::audit_problem, *};

fn view(
    view: &'static str,
    behind_ms: u64,
    stopped: Option<&str>,
) -> (&'static str, Option<ViewHealth>) {
    let health = serde_json::json!({
        "view": view, "version": 1, "position": 5, "log_position": 9,
        "behind_ms": behind_ms, "stopped": stopped, "rebuilding": null,
    });
    (view, Some(serde_json::from_value(health).unwrap()))
}

#[test]
fn every_failure_is_named() {
    let commands = Some(CommandsHealth { problem: None });
    let audit = |stopped: Option<&str>, for_ms: u64| {
        let stopped = stopped.map(str::to_owned);
        let unanswered = Some(AuditFailure {
            for_ms,
            reason: "no leader".to_owned(),
        });
        let incomparable = Some(AuditFailure {
            for_ms,
            reason: "no tile".to_owned(),
        });
        Some(AuditHealth {
            position: 5,
            log_position: 5,
            behind_ms: 0,
            stopped,
            compared_position: 3,
            unanswered,
            incomparable,
            witnesses: vec![],
        })
    };
    let views = vec![view("leave", 10_000, None)];
    let of_services = |commands, views, audit| {
        Arc::new(ServicesHealth {
            commands,
            views,
            audit,
        })
    };
    let asked = Instant::now();
    let well = Health {
        connected: true,
        own: vec![],
        services: of_services(commands, views, audit(None, 10_000)),
        asked,
    };
    assert!(well.readiness().ready);
    assert_eq!(
        audit_problem(audit(None, 10_001).as_ref()).unwrap(),
        "auditor: the broker has not said for 10001 ms whether it has what was signed: no leader"
    );
    let answered = audit(None, 10_001).map(|health| AuditHealth {
        unanswered: None,
        ..health
    });
    assert_eq!(
        audit_problem(answered.as_ref()).unwrap(),
        "auditor: the log cannot be compared with what was signed after position 3 for 10001 ms: no tile"
    );
    let views = vec![
        view("leave", 10_001, None),
        view("contracts", 0, Some("unknown event")),
        ("packages", None),
    ];
    let audit = audit(Some("position 4 of the log is missing"), 20_000);
    let ill = Health {
        connected: false,
        own: vec!["gateway: the token register: x".to_owned()],
        services: of_services(None, views, audit),
        asked,
    }
    .readiness();
    assert!(!ill.ready);
    let problems = ill.problems.join("\n");
    let missing = Health {
        connected: true,
        own: vec![],
        services: of_services(None, vec![], None),
        asked,
    };
    assert!(
        missing
            .readiness()
            .problems
            .contains(&"auditor: no answer".to_owned())
    );
    for named in [
        "broker",
        "gateway: the token register: x",
        "commands",
        "view leave",
        "view contracts",
        "unknown event",
        "view packages",
        "auditor: stopped at position 5: position 4 of the log is missing",
    ] {
        assert!(problems.contains(named), "{named} in {problems}");
    }
    assert_eq!(ill.views.len(), 2);
    let parts = serde_json::to_value(&ill.parts).unwrap();
    let of = |name: &str| {
        parts
            .as_array()
            .unwrap()
            .iter()
            .find(|part| part["part"] == name)
    };
    let leave = "behind for 10001 ms, at position 5 of 9";
    let expected = serde_json::json!({"part": "view leave", "ready": false, "problems": [leave]});
    assert_eq!(of("view leave"), Some(&expected));
    assert_eq!(
        of("gateway").unwrap()["problems"][0],
        "the token register: x"
    );
    assert_eq!(
        parts.as_array().unwrap().len(),
        7,
        "broker, gateway, commands, auditor and views"
    );
}

/// A witness that is away is shown and is no problem. One that contradicts is a problem at once.
#[test]
fn a_witness_that_contradicts_is_a_problem_and_one_that_is_away_is_not() {
    let away = AuditFailure {
        for_ms: 600_000,
        reason: "it does not answer".to_owned(),
    };
    let mut health: AuditHealth = serde_json::from_value(serde_json::json!({
        "position": 5, "log_position": 5, "behind_ms": 0, "stopped": null,
    }))
    .unwrap();
    assert_eq!(health.witnesses, [], "an older auditor names none");
    health.witnesses.push(WitnessHealth {
        name: "kota".to_owned(),
        position: 3,
        away: Some(away),
        contradicts: None,
    });
    assert_eq!(audit_problem(Some(&health)), None);
    let shown = AuditReadiness::from(health.clone()).witnesses;
    assert_eq!(shown[0].away.as_deref(), Some("it does not answer"));
    health.witnesses[0].contradicts = Some("it cosigned 9 entries".to_owned());
    assert_eq!(
        audit_problem(Some(&health)).unwrap(),
        "auditor: a witness contradicts the signed tree: kota: it cosigned 9 entries"
    );
}
