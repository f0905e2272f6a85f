//! Runs `docs/tutorial.md`. One shell gives the commands of the page to an office, and each answer
//! is compared.
//!
//! A block marked `sh` is run. The block after it, marked `json` or `text`, is its answer.

mod answer;
mod page;

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use jejak_rig::{office::Office, process::binary};

use answer::Ids;
use page::Step;

/// The address that the page names.
const ADDRESS: &str = "http://127.0.0.1:8080";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_the_tutorial_is_answered_as_the_page_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tutorial.md");
    let steps = page::steps(&fs::read_to_string(path).unwrap());
    assert!(steps.len() > 15, "{} steps are not the page", steps.len());
    let mut office = Office::up(false).await;
    // The page runs `jejak` beside its data folder.
    symlink(office.data(), office.dir().join("jejak-data")).unwrap();
    run(office.dir(), &office.http.base, &steps);
    let mut ids = Ids::default();
    for (number, step) in steps.iter().enumerate() {
        let Some(expected) = &step.answer else {
            continue;
        };
        let output = fs::read_to_string(office.dir().join(format!("{number}.out"))).unwrap();
        if let Err(difference) = expected.compare(&output, &mut ids) {
            panic!(
                "docs/tutorial.md, line {}: {difference}\nanswered: {output}",
                step.line
            );
        }
    }
    office.terminate();
}

/// One shell runs all steps, since later ones use the variables of earlier ones.
fn run(dir: &Path, base: &str, steps: &[Step]) {
    let mut script = "set -euo pipefail\n".to_owned();
    for (number, step) in steps.iter().enumerate() {
        let command = step.command.replace(ADDRESS, base);
        script.push_str(&format!("{{\n{command}\n}} > {number}.out\n"));
    }
    let folder = binary().parent().unwrap().display().to_string();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(dir)
        .env(
            "PATH",
            format!("{folder}:{}", std::env::var("PATH").unwrap()),
        )
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "a command of the page failed: {stderr}"
    );
}
