//! A real OpenID provider (npm oidc-provider), and a person at its pages.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    broker::free_ports,
    browser::{Browser, PageAnswer},
    process::Process,
};

/// The secret of the office at the provider.
pub const SECRET: &str = "rahasia kantor";

/// A provider that knows one office.
pub struct OidcProvider {
    /// The issuer and the address of its pages.
    pub issuer: String,
    office: String,
    port: u16,
    process: Option<Process>,
}

impl OidcProvider {
    /// A provider for the office at this address. It does not run yet.
    pub fn new(office: &str) -> Self {
        let port = free_ports(1)[0];
        Self {
            issuer: format!("http://127.0.0.1:{port}"),
            office: office.to_owned(),
            port,
            process: None,
        }
    }

    /// Starts it, its log in this folder. It remembers nothing of before.
    pub fn start(&mut self, dir: &Path) {
        let tools = installed();
        let script = root().join("tests/oidc/provider.mjs");
        let modules = tools.join("node_modules");
        let arguments = [
            &*script.to_string_lossy(),
            &modules.to_string_lossy(),
            &self.port.to_string(),
            &self.office,
            SECRET,
        ];
        let node = tools.join("bin/node");
        let mut process = Process::start_program(&node, dir, "provider", &arguments);
        process.wait_for_line("provider ready at ");
        self.process = Some(process);
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// The flags of `jejak` that name it. The secret is written into a file of this folder.
    pub fn flags(&self, dir: &Path) -> Vec<String> {
        let secret = dir.join("client.secret");
        std::fs::write(&secret, format!("{SECRET}\n")).expect("the folder is writable");
        let flags = [
            ("--oidc-issuer", self.issuer.as_str()),
            ("--oidc-client-id", "jejak"),
            ("--oidc-client-secret-file", &secret.to_string_lossy()),
            ("--oidc-roles-claim", "realm_access.roles"),
        ];
        let flags = flags.into_iter();
        flags
            .flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()])
            .collect()
    }

    /// A person signs in and consents at the pages of the provider. Returns the address that leads back to the office.
    pub async fn sign_in(&self, person: &mut Browser, address: &str, name: &str) -> String {
        let mut page = person.follow(address).await;
        for fields in [
            &[("prompt", "login"), ("login", name), ("password", "x")][..],
            &[("prompt", "consent")],
        ] {
            let form = after(&page, "action=\"");
            let sent = person.post(person.path(&form), fields).await;
            let next = sent.location.expect("the provider goes on");
            page = person.follow(&next).await;
        }
        page.location
            .expect("the provider leads back to the office")
    }

    /// A person cancels at the page of the provider. Returns the address that leads back to the office.
    pub async fn cancel(&self, person: &mut Browser, address: &str) -> String {
        let page = person.follow(address).await;
        let link = after(&page, "<a href=\"");
        let page = person.follow(&link).await;
        page.location
            .expect("the provider leads back to the office")
    }
}

/// The text after a mark, up to the next quotation mark.
fn after(page: &PageAnswer, mark: &str) -> String {
    let found = page.html.split(mark).nth(1);
    let found = found.and_then(|rest| rest.split('"').next());
    found
        .unwrap_or_else(|| panic!("no {mark}: {page:?}"))
        .to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder with the provider. Installs it if need be.
fn installed() -> PathBuf {
    let root = root();
    let installed = Command::new(root.join("tests/oidc/install")).output();
    let installed = installed.expect("tests/oidc/install is there");
    let complaint = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "{complaint}");
    let tools = root.join(".tools/oidc");
    tools.canonicalize().expect("it was installed")
}
