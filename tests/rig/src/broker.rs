//! Real nats-servers on free loopback ports: one, or a cluster of three.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use async_nats::{Client, ConnectOptions, jetstream};

/// A broker has this long to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Time between two looks whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// The user and the password of the rig's connections.
const RIG: &str = "rig";

/// The moment at which the broker syncs a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// Before the acknowledgement.
    Always,
    /// Every two minutes, as JetStream does unless told otherwise.
    Lazy,
}

/// One broker, or a cluster. Dropping it kills every node.
pub struct Broker {
    nodes: Vec<Node>,
    /// Whether clients need an identity.
    asks_for_identity: bool,
    /// The identities of [`Broker::with_accounts`].
    identities: Option<tempfile::TempDir>,
    binary: PathBuf,
    /// The store and the configuration of each node.
    pub dir: tempfile::TempDir,
}

struct Node {
    port: u16,
    config: PathBuf,
    child: Option<Child>,
}

impl Broker {
    /// A single broker that syncs every write.
    pub async fn single() -> Self {
        Self::start_all(1, "", SyncMode::Always).await
    }

    /// A single broker with a mode of syncing.
    pub async fn single_syncing(sync: SyncMode) -> Self {
        Self::start_all(1, "", sync).await
    }

    /// A single broker with more configuration, such as permissions. It must admit the rig's
    /// connections, which have no identity.
    pub async fn single_with(configuration: &str) -> Self {
        Self::start_all(1, configuration, SyncMode::Always).await
    }

    /// Three brokers in a cluster.
    pub async fn cluster() -> Self {
        Self::start_all(3, "", SyncMode::Always).await
    }

    async fn start_all(count: usize, configuration: &str, sync: SyncMode) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let ports = free_ports(count * 2);
        let (clients, routes) = ports.split_at(count);
        let nodes = (0..count)
            .map(|n| Node {
                port: clients[n],
                config: write_config(dir.path(), n, clients[n], routes, sync, configuration),
                child: None,
            })
            .collect();
        let mut broker = Self {
            nodes,
            asks_for_identity: false,
            identities: None,
            binary: crate::nats_server::find_binary(),
            dir,
        };
        for n in 0..count {
            broker.spawn(n);
        }
        broker.ready().await;
        broker
    }

    /// Starts every node again with the accounts and identities that `jejak init` wrote into a data
    /// folder, instead of those of before. The rig's own connections then belong to the account of the log and may do
    /// everything there.
    pub async fn admit(&mut self, data: &Path) {
        const FIRST_USERS: &str = "users: [\n";
        let released = fs::read_to_string(data.join("broker/authorization.conf"))
            .expect("jejak init wrote it");
        let rig = format!("{FIRST_USERS}      {{ user: {RIG}, password: {RIG} }}\n");
        let admitted = released.replacen(FIRST_USERS, &rig, 1);
        assert_ne!(released, admitted, "the first account has users");
        let (comment, _) = released.split_once('\n').expect("it has several lines");
        self.stop();
        for node in &self.nodes {
            let config = fs::read_to_string(&node.config).expect("the rig wrote it");
            let own = config.split(comment).next().unwrap_or_default();
            fs::write(&node.config, format!("{own}{admitted}")).expect("the folder is writable");
        }
        self.asks_for_identity = true;
        self.restart().await;
    }

    /// Starts every node again with the accounts and identities of an office without services.
    pub async fn with_accounts(mut self) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        write_identities(dir.path());
        self.admit(&dir.path().join("data")).await;
        self.identities = Some(dir);
        self
    }

    /// The options of a connection that reads the log from another account, as the auditor does.
    pub fn reader_options(&self) -> ConnectOptions {
        let identities = self.identities.as_ref().expect("the broker has accounts");
        let seed = identities.path().join("data/keys/nats/auditor.seed");
        let seed = fs::read_to_string(seed).expect("jejak init wrote it");
        ConnectOptions::with_nkey(seed.trim().to_owned())
            .custom_inbox_prefix("_INBOX.jejak-auditor")
            .max_reconnects(None)
            .reconnect_delay_callback(|_| ASK_EVERY)
    }

    fn options(&self) -> ConnectOptions {
        match self.asks_for_identity {
            true => ConnectOptions::with_user_and_password(RIG.to_owned(), RIG.to_owned()),
            false => ConnectOptions::new(),
        }
    }

    /// Addresses of all nodes, comma-separated.
    pub fn url(&self) -> String {
        self.nodes
            .iter()
            .map(|node| format!("nats://127.0.0.1:{}", node.port))
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The address of the first node, with the rig's own identity where one is needed.
    pub fn own_url(&self) -> String {
        let identity = match self.asks_for_identity {
            true => format!("{RIG}:{RIG}@"),
            false => String::new(),
        };
        format!("nats://{identity}127.0.0.1:{}", self.nodes[0].port)
    }

    /// The most replicas of a stream here.
    pub fn replicas(&self) -> usize {
        self.nodes.len()
    }

    /// Opens a new connection.
    pub async fn client(&self) -> Client {
        // Services inside the account answer the administration, in inboxes of this beginning.
        let options = self
            .options()
            .custom_inbox_prefix("_INBOX.jejak-admin")
            .max_reconnects(None)
            .reconnect_delay_callback(|_| ASK_EVERY);
        let addresses: Vec<String> = self.url().split(',').map(str::to_owned).collect();
        options
            .connect(addresses)
            .await
            .expect("the broker accepts connections")
    }

    /// Kills every node at once, as a power cut would.
    pub fn kill(&mut self) {
        for n in 0..self.nodes.len() {
            self.kill_node(n);
        }
    }

    /// Ends every node by SIGTERM and waits for it.
    pub fn stop(&mut self) {
        for mut child in self.nodes.iter_mut().filter_map(|node| node.child.take()) {
            crate::signal::tell_to_end(&child.id().to_string());
            child.wait().expect("a child of ours can be waited for");
        }
    }

    /// Kills one node.
    pub fn kill_node(&mut self, n: usize) {
        if let Some(mut child) = self.nodes[n].child.take() {
            child.kill().expect("a child of ours can be killed");
            child.wait().expect("a child of ours can be waited for");
        }
    }

    /// Starts every stopped node again on its port and store, and waits until all are ready.
    pub async fn restart(&mut self) {
        for n in 0..self.nodes.len() {
            if self.nodes[n].child.is_none() {
                self.spawn(n);
            }
        }
        self.ready().await;
    }

    /// The process id of a running node.
    pub fn pid(&self, n: usize) -> Option<u32> {
        self.nodes[n].child.as_ref().map(Child::id)
    }

    /// The folder of all stores.
    pub fn store(&self) -> &Path {
        self.dir.path()
    }

    fn spawn(&mut self, n: usize) {
        let log = fs::File::create(self.dir.path().join(format!("node{n}.log")))
            .expect("the folder is writable");
        let child = Command::new(&self.binary)
            .arg("-c")
            .arg(&self.nodes[n].config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file handle can be copied"))
            .stderr(log)
            .spawn()
            .expect("nats-server starts");
        self.nodes[n].child = Some(child);
    }

    /// Waits until JetStream answers, with a leader where there is a cluster.
    async fn ready(&self) {
        let deadline = Instant::now() + READY_WITHIN;
        let mut probe = tokio::time::interval(ASK_EVERY);
        loop {
            probe.tick().await;
            assert!(
                Instant::now() < deadline,
                "the broker is not ready in {READY_WITHIN:?}"
            );
            if self.answers().await {
                return;
            }
        }
    }

    async fn answers(&self) -> bool {
        for node in &self.nodes {
            let options = self.options().connection_timeout(Duration::from_secs(2));
            let Ok(client) = options
                .connect(format!("nats://127.0.0.1:{}", node.port))
                .await
            else {
                return false;
            };
            let mut context = jetstream::new(client);
            context.set_timeout(Duration::from_secs(2));
            if context.query_account().await.is_err() {
                return false;
            }
        }
        true
    }
}

impl SyncMode {
    fn interval(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Lazy => "2m",
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn write_config(
    dir: &Path,
    n: usize,
    port: u16,
    routes: &[u16],
    sync: SyncMode,
    more: &str,
) -> PathBuf {
    let store = dir.join(format!("node{n}"));
    let sync = sync.interval();
    let mut config = format!(
        "server_name: node{n}\nlisten: 127.0.0.1:{port}\njetstream {{ store_dir: {store:?}, sync_interval: {sync} }}\n"
    );
    if routes.len() > 1 {
        let urls: Vec<String> = routes
            .iter()
            .map(|port| format!("nats://127.0.0.1:{port}"))
            .collect();
        config += &format!(
            "cluster {{ name: rig, listen: 127.0.0.1:{}, routes: [{}] }}\n",
            routes[n],
            urls.join(", ")
        );
    }
    config += more;
    let path = dir.join(format!("node{n}.conf"));
    fs::write(&path, config).expect("the folder is writable");
    path
}

/// Makes a data folder with the configuration of its identities.
pub fn write_identities(dir: &Path) {
    let (status, _, stderr) = crate::process::run(dir, &["init", "--data", "data"]);
    assert_eq!(status.code(), Some(1), "init knows no broker yet: {stderr}");
}

/// Ports that were free a moment ago.
pub fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a loopback port is free"))
        .collect();
    held.iter()
        .map(|listener| {
            listener
                .local_addr()
                .expect("a bound socket has an address")
                .port()
        })
        .collect()
}
