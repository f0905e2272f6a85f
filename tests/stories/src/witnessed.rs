//! Helpers of the witnesses' stories: a `jejak witness` beside an office, and an office whose folder was
//! put back.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jejak_rig::{broker::free_ports, http::Http, office::Office, process::Process};
use serde_json::{Value, json};

/// A checkpoint has this long to reach a witness, with the pauses after failures.
const PATIENCE: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(50);

/// A witness of the office's log, in the office's folder `witness`.
pub struct RunningWitness {
    /// Its process.
    pub process: Process,
    /// A client of its addresses.
    pub http: Http,
    /// Its public key.
    pub key: String,
    dir: PathBuf,
    port: u16,
}

impl RunningWitness {
    /// Starts a witness that knows these logs: keys, or files in the office's folder.
    pub fn start(office: &Office, logs: &[&str]) -> Self {
        Self::start_at(office.dir(), free_ports(1)[0], logs)
    }

    /// Starts it again on the same folder and address. The earlier process has ended.
    pub fn start_again(&mut self, logs: &[&str]) {
        *self = Self::start_at(&self.dir, self.port, logs);
    }

    fn start_at(dir: &Path, port: u16, logs: &[&str]) -> Self {
        let listen = format!("127.0.0.1:{port}");
        let mut arguments = vec!["witness", "--listen", &listen, "--dir", "witness"];
        arguments.extend(["--name", "witness.example/kota"]);
        for log in logs {
            arguments.extend(["--log-key", log]);
        }
        let mut process = Process::start(dir, "witness", &arguments);
        let key = process.wait_for_line("  its key: ").trim().to_owned();
        Self {
            process,
            http: Http::new(&format!("http://{listen}")),
            key,
            dir: dir.to_owned(),
            port,
        }
    }

    /// The flags of an office that sends its checkpoints here.
    pub fn flags(&self) -> Vec<String> {
        let flags = ["--witness-url", &self.http.base, "--witness-key", &self.key];
        flags.map(str::to_owned).into()
    }

    /// The newest checkpoint that it cosigned.
    pub async fn newest(&self) -> String {
        let answer = self.http.get("/checkpoint/jejak/pontianak").await;
        assert_eq!(answer.status(), 200);
        answer.text().await.expect("an answer has a body")
    }
}

/// Starts `jejak up` with these flags, and waits until it answers; it need not be ready.
pub async fn start_unready(office: &mut Office, flags: &[&str]) {
    let listen = office.http.base.trim_start_matches("http://").to_owned();
    let mut arguments = vec!["up", "--data", "data", "--listen", &listen];
    arguments.extend(flags);
    let process = Process::start(office.dir(), "up", &arguments);
    office.processes = vec![("up".to_owned(), process)];
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    let live = || office.http.request(reqwest::Method::GET, "/healthz").send();
    while live().await.is_err() {
        ticks.tick().await;
        assert!(Instant::now() < deadline, "the office does not answer");
    }
}

/// `audit.witnesses` of `/readyz`, once the line of this witness is as asked.
pub async fn witness(http: &Http, name: &str, is: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        let health: Value = http
            .get("/readyz")
            .await
            .json()
            .await
            .expect("readiness is JSON");
        let all = health["audit"]["witnesses"].as_array();
        let found = all.and_then(|all| all.iter().find(|witness| witness["name"] == name));
        if let Some(found) = found.filter(|found| is(found)) {
            return found.clone();
        }
        assert!(Instant::now() < deadline, "{name}: {health}");
    }
}

/// Waits until a witness has the checkpoint of this position.
pub async fn has(http: &Http, name: &str, position: u64) {
    let at = |witness: &Value| {
        witness["position"].as_u64() >= Some(position) && witness["away"].is_null()
    };
    witness(http, name, at).await;
}

/// Declares a holiday, under the id of its date. Returns the position.
pub async fn declare(office: &Office, date: &str) -> u64 {
    let admin = office.http_as("admin-1", &["admin"]);
    let body = json!({"date": date, "kind": "public_holiday", "name": "Hari", "decree": "SKB"});
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        let (status, answer) = admin.command("declare-holiday", date, &body).await;
        if status == 200 {
            return answer["position"].as_u64().expect("it has a position");
        }
        // An office that is not ready yet.
        assert!(status == 503 && Instant::now() < deadline, "{answer}");
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from)
        .expect("the folder can be read")
        .flatten()
    {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else if entry.path().is_file() {
            fs::copy(entry.path(), place).expect("the file can be copied");
        }
    }
}
