//! A whole office: everything in one process, or every service in its own.

use std::path::{Path, PathBuf};

use crate::{broker::Broker, broker::free_ports, http::Http, process::Process};

/// The names of all views.
pub fn views() -> Vec<&'static str> {
    jejak_projections::VIEWS
        .iter()
        .map(|view| view.name())
        .collect()
}

/// The processes of an office with separate services, besides the projectors.
pub const SERVICES: [&str; 5] = ["commands-1", "commands-2", "history", "auditor", "gateway"];

/// The running services of an office, and clients for them.
pub struct Office {
    /// A client of its gateway, without a token.
    pub http: Http,
    /// The processes by name: `up`, or one for each service.
    pub processes: Vec<(String, Process)>,
    /// The broker of an office with separate services; `jejak up` runs its own.
    pub broker: Option<Broker>,
    /// A client of the metrics of `commands-1`, in an office with separate services.
    pub metrics: Http,
    dir: tempfile::TempDir,
    port: u16,
}

impl Office {
    /// `jejak up`, with or without the demonstration.
    pub async fn up(demo: bool) -> Self {
        Self::up_with(if demo { &["--demo"] } else { &[] }).await
    }

    /// `jejak up` with these flags.
    pub async fn up_with(flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let [port, metrics] = free_ports(2)[..] else {
            unreachable!("two were asked for")
        };
        let (http, metrics) = (Http::new(&address(port)), Http::new(&address(metrics)));
        let mut office = Self {
            http,
            processes: vec![],
            broker: None,
            metrics,
            dir,
            port,
        };
        office.start_up_with(flags);
        office
    }

    /// Starts `jejak up` (again) on the same folder and port, and waits until it says it is ready.
    pub fn start_up(&mut self, demo: bool) {
        self.start_up_with(if demo { &["--demo"] } else { &[] });
    }

    /// [`Office::start_up`] with these flags.
    pub fn start_up_with(&mut self, flags: &[&str]) {
        let listen = format!("127.0.0.1:{}", self.port);
        let mut arguments = vec!["up", "--data", "data", "--listen", &listen];
        arguments.extend(flags);
        let mut process = Process::start(self.dir.path(), "up", &arguments);
        let said = process.wait_for_line("jejak ready at ");
        assert_eq!(said.trim(), self.http.base);
        self.processes = vec![("up".to_owned(), process)];
    }

    /// Two commands services, four projectors, the history service, an auditor and a gateway on a
    /// broker of their own, with the accounts that `jejak init` writes.
    pub async fn apart(mut broker: Broker) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let [port, metrics] = free_ports(2)[..] else {
            unreachable!("two were asked for")
        };
        crate::broker::write_identities(dir.path());
        broker.admit(&dir.path().join("data")).await;
        let replicas = broker.replicas().to_string();
        let arguments = [
            "init",
            "--nats",
            &broker.url(),
            "--data",
            "data",
            "--replicas",
            &replicas,
        ];
        let (status, _, stderr) = crate::process::run(dir.path(), &arguments);
        assert!(status.success(), "init: {stderr}");
        let (http, metrics) = (Http::new(&address(port)), Http::new(&address(metrics)));
        let mut office = Self {
            http,
            processes: vec![],
            broker: Some(broker),
            metrics,
            dir,
            port,
        };
        for name in SERVICES.into_iter().chain(views()) {
            office.start(name);
        }
        office.http.ready().await;
        office
    }

    /// Starts one service of an office with separate services.
    pub fn start(&mut self, name: &str) {
        let url = self
            .broker
            .as_ref()
            .expect("only offices apart have services of their own")
            .url();
        let listen = format!("127.0.0.1:{}", self.port);
        let metrics = self.metrics.base.trim_start_matches("http://");
        let mut arguments = match name {
            "gateway" => vec!["gateway", "--listen", &listen],
            "commands-1" => vec!["commands", "--metrics-listen", metrics],
            "commands-2" => vec!["commands"],
            "auditor" => vec!["auditor"],
            view => vec!["projector", view],
        };
        arguments.extend(["--nats", &url, "--data", "data"]);
        let process = Process::start(self.dir.path(), name, &arguments);
        self.processes.retain(|(known, _)| known != name);
        self.processes.push((name.to_owned(), process));
    }

    /// The process of a running service.
    pub fn process(&mut self, name: &str) -> &mut Process {
        let found = self.processes.iter_mut().find(|(known, _)| known == name);
        &mut found.unwrap_or_else(|| panic!("{name} does not run")).1
    }

    /// Kills every process of the office, as a power cut would.
    pub fn kill(&mut self) {
        for (_, process) in &mut self.processes {
            process.kill();
        }
        self.processes.clear();
    }

    /// Ends every process by SIGTERM and waits for it.
    pub fn terminate(&mut self) {
        for (name, process) in &mut self.processes {
            let status = process.terminate();
            assert!(
                status.success(),
                "{name} ended with {status}: {}",
                process.log_text()
            );
        }
        self.processes.clear();
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The file of a view, of any version of its rows.
    pub fn view_file(&self, view: &str) -> PathBuf {
        let files =
            std::fs::read_dir(self.data().join("views")).expect("a running view has a folder");
        let paths = files.map(|file| file.expect("the folder is readable").path());
        let is_its = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&format!("{view}-v")) && name.ends_with(".redb")
        };
        paths
            .into_iter()
            .find(is_its)
            .unwrap_or_else(|| panic!("{view} has no file"))
    }

    /// The folder with the data folder and every log.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The broker's process that `jejak up` started.
    pub fn broker_pid(&self) -> Option<u32> {
        let noted = std::fs::read_to_string(self.data().join("broker/nats.pid")).ok()?;
        noted.trim().parse().ok()
    }

    /// A client of the gateway with a token of these roles.
    pub fn http_as(&self, subject: &str, roles: &[&str]) -> Http {
        let mut arguments = vec!["token", "issue", "--data", "data", "--subject", subject];
        for role in roles {
            arguments.extend(["--role", role]);
        }
        let (status, token, stderr) = crate::process::run(self.dir.path(), &arguments);
        assert!(status.success(), "token issue: {stderr}");
        self.http.with_token(token.trim())
    }
}

impl Drop for Office {
    /// A killed `jejak up` leaves its broker running until it is started again, or until here.
    fn drop(&mut self) {
        self.processes.clear();
        let pid = std::fs::read_to_string(self.data().join("broker/nats.pid")).unwrap_or_default();
        let command =
            std::fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
        if command.contains("broker/nats.conf") {
            crate::signal::tell_to_end(pid.trim());
        }
    }
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
