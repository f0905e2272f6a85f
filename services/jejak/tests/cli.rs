//! The command line as a user meets it: exit codes, one line with the next step, nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::process::{Command, Output};

fn jejak(dir: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jejak"));
    command
        .current_dir(dir)
        .args(arguments)
        .env_remove("JEJAK_NATS")
        .output()
        .unwrap()
}

/// One line on standard error, nothing on standard output, exit 1.
fn fails_with(output: &Output, what: &str) {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty());
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.contains(what), "{stderr}");
}

#[test]
fn wrong_usage_ends_with_2() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["fly"][..],
        &["up", "--fast"],
        &["token", "issue"],
        &["token", "issue", "--subject", "", "--role", "auditor"],
        &["token", "issue", "--subject", " ", "--role", "auditor"],
        &[
            "token",
            "issue",
            "--subject",
            "x",
            "--role",
            "auditor",
            "--ttl",
            "0s",
        ],
        &["up", "--tenant", "No Slug"],
        &["up", "--jwks-url", "https://x/jwks"],
        &[
            "up",
            "--jwks-url",
            "https://x/jwks",
            "--issuer",
            "x",
            "--audience",
            "",
        ],
        &[
            "gateway",
            "--jwks-url",
            "https://x/jwks",
            "--audience",
            "x",
            "--issuer",
            "",
        ],
        &["gateway", "--audience", "x"],
        &["gateway", "--roles-claim", "a..b"],
        &["token", "rotate", "--overlap", "soon"],
        &["rebuild", "colours"],
        &["projector", "leave", "colours"],
    ] {
        assert_eq!(
            jejak(dir.path(), arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    fails_with(&jejak(dir.path(), &["commands"]), "jejak init");
    fails_with(
        &jejak(
            dir.path(),
            &["token", "issue", "--subject", "x", "--role", "auditor"],
        ),
        "no data folder",
    );
    fails_with(&jejak(dir.path(), &["init"]), "--nats");
    fails_with(&jejak(dir.path(), &["commands"]), "--nats");
    let keyless = [
        "gateway",
        "--data",
        "none",
        "--nkey-seed-file",
        "jejak-data/keys/nats/gateway.seed",
    ];
    fails_with(&jejak(dir.path(), &keyless), "no data folder");
    let unreachable = ["init", "--log", "off", "--nats", "nats://127.0.0.1:9"];
    fails_with(&jejak(dir.path(), &unreachable), "127.0.0.1:9");
    fails_with(
        &jejak(dir.path(), &["commands", "--log", "loud=very"]),
        "--log",
    );
    let unfit = Command::new(env!("CARGO_BIN_EXE_jejak"))
        .args(["up", "--data", "office", "--listen", "127.0.0.1:0"])
        .current_dir(dir.path())
        .env("JEJAK_NATS_SERVER", "/bin/true")
        .output();
    fails_with(&unfit.unwrap(), "JEJAK_NATS_SERVER");
    std::fs::write(dir.path().join("jejak-data/keys/token.pem"), "no key").unwrap();
    fails_with(
        &jejak(
            dir.path(),
            &["token", "issue", "--subject", "x", "--role", "auditor"],
        ),
        "backup",
    );
}

#[test]
fn rule_38_the_office_is_in_pontianak_unless_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["up", "commands", "projector"] {
        let help = String::from_utf8(jejak(dir.path(), &[command, "--help"]).stdout).unwrap();
        assert!(
            help.contains("[default: Asia/Pontianak]"),
            "{command}: {help}"
        );
    }
}

#[test]
fn a_token_is_one_line_of_three_parts() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(
        jejak(dir.path(), &["init"]).status.code(),
        Some(1),
        "without a broker it makes the keys only"
    );
    let arguments = [
        "token",
        "issue",
        "--subject",
        "197701161997031006",
        "--role",
        "officer",
        "--role",
        "admin",
    ];
    let output = jejak(dir.path(), &arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let token = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        (
            token.trim_end().lines().count(),
            token.trim().split('.').count()
        ),
        (1, 3)
    );
}

/// Goal: no token outlasts a day by accident, and no officer has a subject that no rule knows. A new
/// key and a revocation need no broker.
#[test]
fn tokens_are_short_and_officers_are_named_by_a_nip() {
    let dir = tempfile::tempdir().unwrap();
    jejak(dir.path(), &["init"]);
    let issue = |subject: &str, role: &str, further: &[&str]| {
        let arguments = ["token", "issue", "--subject", subject, "--role", role];
        jejak(dir.path(), &[&arguments[..], further].concat())
    };
    let nip = "197701161997031006";
    fails_with(&issue("budi", "officer", &[]), "a NIP of 18 digits");
    fails_with(&issue("12", "officer", &[]), "a NIP of 18 digits");
    fails_with(&issue("budi", "operator", &[]), "the operator id, a UUID");
    for role in ["officer", "operator", "auditor", "service", "admin"] {
        let refused = issue("6171011503950001", role, &[]);
        assert_eq!(refused.status.code(), Some(2), "a flag that cannot be read");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("a NIK"));
    }
    fails_with(&issue(nip, "officer", &["--ttl", "25h"]), "24h at most");
    assert!(issue(nip, "officer", &["--ttl", "1d"]).status.success());
    assert!(
        issue(nip, "officer", &["--ttl", "25h", "--force"])
            .status
            .success()
    );
    let first = issue(nip, "officer", &[]).stdout;
    assert!(jejak(dir.path(), &["token", "rotate"]).status.success());
    let second = issue(nip, "officer", &[]).stdout;
    let header = |token: &[u8]| token.split(|byte| *byte == b'.').next().unwrap().to_vec();
    assert_ne!(header(&first), header(&second), "another key signs");
    let revoke = ["token", "revoke", "--subject", nip];
    assert!(jejak(dir.path(), &revoke).status.success());
    assert!(issue(nip, "officer", &[]).status.success());
}

#[test]
fn schemas_are_printed_as_json_without_a_data_folder() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, says) in [
        (
            &["schema", "events"][..],
            "jejak.operator.contract.hired.v2",
        ),
        (
            &["schema", "asyncapi", "--tenant", "singkawang"],
            "jejak.singkawang.ev.operator.*.contract",
        ),
    ] {
        let output = jejak(dir.path(), arguments);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            serde_json::from_str::<serde_json::Value>(&text)
                .unwrap()
                .is_object()
        );
        assert!(text.contains(says), "{arguments:?}");
    }
    assert!(
        std::fs::read_dir(dir.path()).unwrap().next().is_none(),
        "nothing is written"
    );
}
