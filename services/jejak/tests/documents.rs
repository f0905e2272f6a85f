//! Goal: a change of the surface is seen in a diff. Method: the documents in `docs/` are compared with the
//! output of `jejak schema`. `JEJAK_WRITE_DOCS=1` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{fs, path::Path, process::Command};

/// Compares a file in `docs/` with the output of `jejak schema`, or writes it.
fn compare(file: &str, schema: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(file);
    let output = Command::new(env!("CARGO_BIN_EXE_jejak"))
        .args(["schema", schema])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    if std::env::var_os("JEJAK_WRITE_DOCS").is_some_and(|write| write == "1") {
        fs::write(&path, &printed).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    let differs = stored
        .lines()
        .zip(printed.lines())
        .position(|(stored, printed)| stored != printed);
    assert!(
        stored == printed,
        "docs/{file} differs from `jejak schema {schema}` at line {}; write it anew with JEJAK_WRITE_DOCS=1",
        differs.unwrap_or_else(|| stored.lines().count()) + 1
    );
}

#[test]
fn the_asyncapi_document_is_the_printed_one() {
    compare("asyncapi.json", "asyncapi");
}

#[test]
fn the_schema_of_events_is_the_printed_one() {
    compare("events.schema.json", "events");
}
