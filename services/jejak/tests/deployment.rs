//! Goal: no view, identity, command or variable is missing in the deployment files, and none is
//! unknown there. Method: the files are read as text and compared with the lists of the code.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeSet, fs, path::Path};

use clap::{CommandFactory, Parser};
use jejak::{cli::CommandLine, identity::BrokerIdentity};
use jejak_bus::history;
use jejak_projections::VIEWS;

fn deploy(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy")
        .join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text files in a folder of `deploy/`, with those in its subfolders.
fn files_in(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files_in(&path, found);
        } else {
            found.push((
                path.display().to_string(),
                fs::read_to_string(path).unwrap(),
            ));
        }
    }
}

/// The units of systemd.
const UNITS: [&str; 7] = [
    "up",
    "commands",
    "projector@",
    "history",
    "gateway",
    "auditor",
    "witness",
];

fn views() -> BTreeSet<String> {
    VIEWS.iter().map(|view| view.name().to_owned()).collect()
}

fn identities() -> BTreeSet<String> {
    let all = BrokerIdentity::ALL.into_iter();
    all.map(|identity| identity.name().to_owned()).collect()
}

/// The words between two marks, at every place where the first mark stands.
fn lists<'a>(text: &'a str, begin: &str, end: &str) -> Vec<Vec<&'a str>> {
    text.split(begin)
        .skip(1)
        .map(|rest| {
            let list = rest.split(end).next().unwrap();
            list.split([',', ' '])
                .filter(|word| !word.is_empty())
                .collect()
        })
        .collect()
}

/// Arguments must be accepted by the command line. `%i` stands for a view.
fn parses(arguments: &[&str]) {
    for view in views() {
        let arguments = arguments
            .iter()
            .map(|argument| argument.replace("%i", &view));
        let parsed = CommandLine::try_parse_from(["jejak".to_owned()].into_iter().chain(arguments));
        assert!(parsed.is_ok(), "{parsed:?}");
    }
}

#[test]
fn kubernetes_runs_every_view_and_gives_every_identity_its_secret() {
    let services = deploy("kubernetes/jejak.yaml");
    let mut projected = Vec::new();
    for arguments in lists(&services, "args: [", "]") {
        parses(&arguments);
        if let ["projector", named @ ..] = &arguments[..] {
            projected.push(named.to_vec());
        }
    }
    // Without a name it is all views.
    assert_eq!(projected, [vec![], vec![history::NAME]]);
    let secrets = lists(&services, "secretName: jejak-", ",");
    let used: BTreeSet<String> = secrets.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(used, identities());
    let instructions = deploy("kubernetes/kustomization.yaml");
    let made = lists(&instructions, "for who in ", ";").concat();
    let made: BTreeSet<String> = made.into_iter().map(str::to_owned).collect();
    assert_eq!(made, identities());
}

#[test]
fn systemd_has_a_unit_for_every_service() {
    let mut started = BTreeSet::new();
    for unit in UNITS {
        let text = deploy(&format!("systemd/jejak-{unit}.service"));
        let commands = lists(&text, "ExecStart=/usr/local/bin/jejak ", "\n");
        assert_eq!(commands.len(), 1, "{unit}");
        parses(&commands[0]);
        started.insert(commands[0].last().unwrap().replace("%i", "projector"));
    }
    // `jejak init` serves this one.
    let others = ["admin"].map(str::to_owned);
    let identities = identities();
    let missing: Vec<_> = identities
        .difference(&started)
        .filter(|identity| !others.contains(identity))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Goal: no service can read the secrets of another one. Method: each unit has a user that no other
/// has, gets the seed of its own identity, and the tenant's key only where sealed data is opened.
#[test]
fn each_systemd_unit_has_a_user_and_its_own_secrets() {
    let common = deploy("systemd/jejak-.service.d/10-common.conf");
    assert!(!common.contains("User="), "no user for all");
    let mut users = BTreeSet::new();
    for unit in UNITS {
        let text = deploy(&format!("systemd/jejak-{unit}.service"));
        let values = |name: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix(name));
            lines.map(str::to_owned).collect()
        };
        let [user] = &values("User=")[..] else {
            panic!("{unit} has one user")
        };
        assert!(users.insert(user.clone()), "{user} has two units");
        assert_eq!(
            values("StateDirectory="),
            std::slice::from_ref(user),
            "{unit}"
        );
        if ["up", "witness"].contains(&unit) {
            assert!(values("LoadCredential=").is_empty());
            continue;
        }
        let identity = unit.trim_end_matches('@');
        let mut expected = vec![format!(
            "nkey.seed:/etc/jejak/office/keys/nats/{identity}.seed"
        )];
        if ["commands", "projector", "history"].contains(&identity) {
            expected.push("tenant.key:/etc/jejak/office/keys/tenant.key".to_owned());
        }
        assert_eq!(values("LoadCredential="), expected, "{unit}");
        for secret in ["token.pem", "log.key"] {
            assert!(!text.contains(secret), "{unit} gets {secret}");
        }
    }
}

#[test]
fn every_variable_is_one_of_the_command_line() {
    fn variables(command: &clap::Command, known: &mut BTreeSet<String>) {
        let named = command.get_arguments().filter_map(clap::Arg::get_env);
        known.extend(named.map(|name| name.to_str().unwrap().to_owned()));
        command
            .get_subcommands()
            .for_each(|command| variables(command, known));
    }
    let mut known = BTreeSet::new();
    variables(&CommandLine::command(), &mut known);
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    files_in(&folder, &mut files);
    for (file, text) in files {
        let word = |part: &str| {
            let end = part.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
            part[..end.unwrap_or(part.len())].to_owned()
        };
        for name in text.split("JEJAK_").skip(1).map(word) {
            let name = format!("JEJAK_{name}");
            assert!(known.contains(&name), "{file} names {name}");
        }
    }
}
