//! A fuzzer reads the OpenAPI document and sends allowed and forbidden requests. It finds no fault, and no
//! status or type of answer that the document doesn't name. Every answer fits its schema. No allowed request
//! is malformed, and no forbidden one is taken.
//!
//! The fuzzer is schemathesis, installed from PyPI once, into a folder beside the build's own. A
//! longer run, or another: `JEJAK_FUZZ_EXAMPLES=500 JEJAK_FUZZ_SEED=7`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use jejak_rig::office::Office;

/// Examples an operation.
const EXAMPLES: &str = "20";
const SEED: &str = "2020";
/// The ppk of the demonstration, so that commands pass the rules about signers.
const PPK: &str = "197701161997031006";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_as_the_document_says() {
    let fuzzer = installed();
    let office = Office::up(true).await;
    let roles = ["admin", "officer", "auditor"]
        .iter()
        .flat_map(|role| ["--role", role]);
    let issue = ["token", "issue", "--data", "data", "--subject", PPK]
        .into_iter()
        .chain(roles);
    let (status, token, stderr) = jejak_rig::process::run(office.dir(), &issue.collect::<Vec<_>>());
    assert!(status.success(), "token issue: {stderr}");
    let (examples, seed) = (
        setting("JEJAK_FUZZ_EXAMPLES", EXAMPLES),
        setting("JEJAK_FUZZ_SEED", SEED),
    );
    println!("{examples} examples an operation, seed {seed}");
    let output = Command::new(fuzzer)
        .args(["--config-file", &here("fuzz/schemathesis.toml"), "run"])
        .arg(format!("{}/openapi.json", office.http.base))
        .args(["--max-examples", &examples, "--seed", &seed])
        .args(["--generation-database", "none", "--no-color"])
        .env("JEJAK_TOKEN", token.trim())
        .envs([
            ("SCHEMATHESIS_HOOKS", "values"),
            ("PYTHONPATH", &here("fuzz")),
        ])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(office.dir())
        .output()
        .unwrap();
    let report = text(&output);
    println!("{report}");
    assert!(
        output.status.success(),
        "the fuzzer found something, or could not run; its report stands above"
    );
    assert!(
        report.contains("No issues found"),
        "it says that it looked and found nothing"
    );
}

fn setting(name: &str, otherwise: &str) -> String {
    env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

fn here(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// The fuzzer, of exactly the pinned packages. The packages of an earlier run are used again.
fn installed() -> PathBuf {
    let requirements = here("fuzz/requirements.txt");
    let wanted = fs::read_to_string(&requirements).unwrap();
    let test = env::current_exe().unwrap();
    let target = test
        .ancestors()
        .nth(3)
        .expect("tests lie in <target>/<profile>/deps");
    let (folder, stamp) = (
        target.join("schemathesis"),
        target.join("schemathesis/installed.txt"),
    );
    let bin = folder.join("bin");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return bin.join("schemathesis");
    }
    let venv = folder
        .to_str()
        .expect("the target folder has a name in Unicode");
    must_run(Path::new("python3"), &["-m", "venv", "--clear", venv]);
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ];
    must_run(
        &bin.join("python"),
        &[&pip[..], &["--requirement", &requirements]].concat(),
    );
    fs::write(stamp, wanted).unwrap();
    bin.join("schemathesis")
}

fn must_run(program: &Path, arguments: &[&str]) {
    let needs = "this test needs python3 (3.11 or later) with venv, and PyPI once";
    let line = format!("{} {}", program.display(), arguments.join(" "));
    match Command::new(program).args(arguments).output() {
        Ok(output) => assert!(
            output.status.success(),
            "{needs}: {line}: {}",
            text(&output)
        ),
        Err(error) => panic!("{needs}: {line}: {error}"),
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
