//! Goal: a generated client keeps every refusal. Method: `openapi-python-client`, pinned in
//! `tests/client`, generates a client from the checked document. Each operation of it reads the
//! example of each refusal that it can get.

use std::process::Command;

use crate::audit_client::installed_clients;

#[test]
fn a_generated_client_reads_every_refusal() {
    let root = installed_clients();
    let read = Command::new(root.join(".tools/clients/bin/python"))
        .arg(root.join("tests/client/read_refusals.py"))
        .arg(root.join("docs/openapi.json"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&read.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success(), "{said}{complaint}");
    assert!(said.contains("read every refusal"), "{said}");
}
