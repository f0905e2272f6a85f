//! The permissions of identities and the shares of accounts.

use super::*;

fn tenant() -> TenantId {
    "pontianak".parse().unwrap()
}

fn of(identity: BrokerIdentity) -> Permissions {
    permissions(identity, &tenant(), &shares(&tenant()))
}

/// Whether a pattern with wildcards covers a subject.
fn covers(pattern: &str, subject: &str) -> bool {
    let mut subject = subject.split('.');
    for token in pattern.split('.') {
        match (token, subject.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (token, found) if Some(token) != found => return false,
            _ => {}
        }
    }
    subject.next().is_none()
}

#[test]
fn only_the_commands_service_may_append() {
    for identity in BrokerIdentity::ALL {
        let publish = of(identity).publish;
        let appends = publish
            .iter()
            .any(|pattern| covers(pattern, "jejak.pontianak.ev.calendar.2020.holiday"));
        assert_eq!(appends, identity == BrokerIdentity::Commands, "{identity}");
    }
}

/// The administration makes the bucket, so it may ask all of JetStream. It writes no key.
#[test]
fn only_the_commands_service_may_write_and_destroy_keys() {
    let may = |identity: BrokerIdentity, subject: &str| {
        let publish = of(identity).publish;
        publish.iter().any(|pattern| covers(pattern, subject))
    };
    for identity in BrokerIdentity::ALL {
        let is_commands = identity == BrokerIdentity::Commands;
        let writes = may(identity, "$KV.JEJAK_PONTIANAK_KEYS.office");
        assert_eq!(writes, is_commands, "{identity}");
        let destroys = may(
            identity,
            "$JS.API.STREAM.MSG.DELETE.KV_JEJAK_PONTIANAK_KEYS",
        );
        let is_trusted = is_commands || identity == BrokerIdentity::Admin;
        assert_eq!(destroys, is_trusted, "{identity}");
    }
}

#[test]
fn the_gateway_and_the_auditor_cannot_read_keys() {
    for identity in [BrokerIdentity::Gateway, BrokerIdentity::Auditor] {
        let Permissions { publish, subscribe } = of(identity);
        let mut all = publish.iter().chain(&subscribe);
        assert!(!all.any(|subject| subject.contains("_KEYS")), "{identity}");
    }
    let outsiders = [BrokerAccount::Gateway, BrokerAccount::Auditor];
    for share in shares(&tenant()) {
        let is_of_keys = share.subject.contains("_KEYS");
        let is_outside = outsiders.iter().any(|account| share.is_for(account.name()));
        assert!(!(is_of_keys && is_outside), "{share:?}");
    }
}

/// Goal: accounts are the gateway's and the administration's alone, one value at a time. Method: each
/// identity and each import, with the subjects that read, write, list and remove accounts.
#[test]
fn only_the_gateway_and_the_administration_reach_accounts() {
    let write = "$KV.JEJAK_PONTIANAK_ACCOUNTS.1f";
    let get = "office.STREAM.MSG.GET.KV_JEJAK_PONTIANAK_ACCOUNTS";
    let list = "office.STREAM.INFO.KV_JEJAK_PONTIANAK_ACCOUNTS";
    for identity in BrokerIdentity::ALL {
        let Permissions { publish, subscribe } = of(identity);
        let may = |subject: &str| publish.iter().any(|pattern| covers(pattern, subject));
        let is_gateway = identity == BrokerIdentity::Gateway;
        assert_eq!(may(get), is_gateway, "{identity}");
        assert_eq!(may(list), is_gateway, "{identity}");
        let writes = is_gateway || identity == BrokerIdentity::Admin;
        assert_eq!(may(write), writes, "{identity}");
        let hears = subscribe.iter().any(|pattern| covers(pattern, write));
        assert!(!hears, "{identity}");
    }
    for share in shares(&tenant()) {
        let is_of_accounts = share.subject.contains("_ACCOUNTS");
        assert!(!is_of_accounts || share.with == ["GATEWAY"], "{share:?}");
        assert!(!covers(&share.subject, "$KV.JEJAK_PONTIANAK_ACCOUNTS.a.b"));
    }
}

/// Goal: the answer to a request from outside can change nothing in the account of the log. Method:
/// no import covers a subject that writes, deletes or makes a consumer.
#[test]
fn no_account_imports_a_subject_that_changes_log_or_keys() {
    let streams = [
        "JEJAK_PONTIANAK",
        "KV_JEJAK_PONTIANAK_KEYS",
        "KV_JEJAK_PONTIANAK_ACCOUNTS",
    ];
    let mut forbidden = vec![
        "jejak.pontianak.ev.calendar.2031.holiday".to_owned(),
        "$KV.JEJAK_PONTIANAK_KEYS.office".to_owned(),
        "$JS.API.STREAM.CREATE.OTHER".to_owned(),
        "_INBOX.jejak-commands.x".to_owned(),
    ];
    for stream in streams {
        for request in [
            "STREAM.PURGE",
            "STREAM.DELETE",
            "STREAM.UPDATE",
            "STREAM.MSG.DELETE",
            "STREAM.RESTORE",
            "CONSUMER.CREATE",
            "CONSUMER.DURABLE.CREATE",
        ] {
            forbidden.push(format!("$JS.API.{request}.{stream}"));
            forbidden.push(format!("$JS.API.{request}.{stream}.other"));
        }
    }
    let feed: FeedName = "payroll".parse().unwrap();
    let feeds = feed_shares(&tenant(), &feed);
    for share in shares(&tenant()).into_iter().chain(feeds) {
        let is_request = share.kind != ShareKind::Live;
        for subject in &forbidden {
            let reaches = is_request && covers(&share.subject, subject);
            assert!(!reaches, "{share:?} reaches {subject}");
        }
    }
}

/// Goal: no identity may answer onto a subject of its choice. Method: each one that publishes a
/// pattern beside requests publishes answers to other accounts, or into the inbox of the
/// administration.
#[test]
fn services_answer_into_inboxes_only() {
    let text = written();
    assert!(!text.contains("allow_responses"), "{text}");
    for identity in BrokerIdentity::ALL {
        for subject in of(identity).publish {
            let is_inbox = subject.starts_with("_INBOX.") || subject == ">";
            let is_for_admin = subject == "_INBOX.jejak-admin.>";
            assert!(
                !is_inbox || is_for_admin,
                "{identity} may publish {subject}"
            );
        }
    }
}

/// Goal: the gateway asks every query, and none of the administration's.
#[test]
fn the_gateway_asks_what_the_views_list() {
    let publish = of(BrokerIdentity::Gateway).publish;
    let may = |view: &str, name: &str| {
        let subject = query_subject(&tenant(), view, name);
        publish.iter().any(|pattern| covers(pattern, &subject))
    };
    for view in VIEWS {
        for handler in view.queries() {
            assert!(
                may(view.name(), handler.query.name),
                "{}",
                handler.query.path
            );
        }
        assert!(may(view.name(), "health"));
        assert!(!may(view.name(), "rebuild") && !may(view.name(), jejak_bus::health::CONTENT_HASH));
    }
    for name in history::QUERIES {
        assert!(may(history::NAME, name));
    }
}

fn written() -> String {
    let at = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(at.path()).unwrap();
    write_authorization(&folder, &tenant()).unwrap();
    std::fs::read_to_string(folder.broker().join(AUTHORIZATION)).unwrap()
}

#[test]
fn only_the_office_has_jetstream() {
    let text = written();
    assert_eq!(text.matches("jetstream").count(), 1, "{text}");
    let office = text.split("GATEWAY {").next().unwrap();
    assert!(office.contains("jetstream: enabled"), "{text}");
}

/// Goal: a feed reaches its own consumer and nothing else. Method: its account as it is written, with
/// another feed beside it.
#[test]
fn a_feed_imports_its_consumer_and_nothing_else() {
    let at = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(at.path()).unwrap();
    let [access, payroll]: [FeedName; 2] = ["access", "payroll"].map(|name| name.parse().unwrap());
    for feed in [&access, &payroll] {
        folder.make_feed_seed(feed).unwrap();
    }
    write_authorization(&folder, &tenant()).unwrap();
    let text = std::fs::read_to_string(folder.broker().join(AUTHORIZATION)).unwrap();
    let account = text.split("  FEED_PAYROLL {\n").nth(1).unwrap();
    let imports = account.split("imports: [\n").nth(1).unwrap();
    let imports: Vec<_> = imports
        .split(']')
        .next()
        .unwrap()
        .trim()
        .lines()
        .map(str::trim)
        .collect();
    assert_eq!(
        imports,
        [
            "{ service: { account: OFFICE, subject: \"$JS.API.CONSUMER.MSG.NEXT.JEJAK_PONTIANAK.feed-payroll\" }, to: \"office.CONSUMER.MSG.NEXT.JEJAK_PONTIANAK.feed-payroll\" }",
            "{ service: { account: OFFICE, subject: \"$JS.ACK.JEJAK_PONTIANAK.feed-payroll.>\" } }",
        ]
    );
    assert!(
        !account.contains("exports") && !account.contains("jetstream"),
        "{account}"
    );
    assert_eq!(account.matches("nkey:").count(), 1);
    assert!(account.contains(&folder.feed_nkey(&payroll).unwrap()));
    let exported = text
        .lines()
        .find(|line| line.contains("MSG.NEXT.JEJAK_PONTIANAK.feed-payroll"));
    let exported = exported.unwrap();
    assert!(
        exported.contains(
            "accounts: [FEED_PAYROLL], response_type: stream, response_threshold: \"120s\""
        ),
        "{exported}"
    );
}
