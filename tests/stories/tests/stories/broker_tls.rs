//! TLS between the services and the broker.

use std::{fs, path::Path, time::Duration};

use jejak_rig::{
    broker::Broker,
    nats_server::find_binary,
    process::{self, Process},
    tls,
};

/// The time between two looks whether the broker listens.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Starts a broker in a folder that speaks TLS alone. Returns its `host:port`.
async fn broker_with_tls(dir: &Path) -> (Process, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let [cert, key] =
        ["broker.pem", "broker.key"].map(|name| tls::file(name).display().to_string());
    let configuration = format!(
        "listen: \"{address}\"\njetstream {{ store_dir: secure, sync_interval: always }}\n\
         tls {{ cert_file: \"{cert}\", key_file: \"{key}\" }}\n"
    );
    fs::write(dir.join("tls.conf"), configuration).unwrap();
    let broker = Process::start_program(&find_binary(), dir, "tls", &["-c", "tls.conf"]);
    let mut ticks = tokio::time::interval(ASK_EVERY);
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        ticks.tick().await;
    }
    (broker, address)
}

/// Goal: with `--nats-ca`, an office works over TLS, and nothing goes to a broker that those
/// certificates do not vouch for, or that speaks no TLS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_speaks_to_the_broker_that_its_certificates_vouch_for() {
    let plain = Broker::single().await;
    let dir = plain.dir.path();
    let (broker, address) = broker_with_tls(dir).await;
    let secure = format!("tls://{address}");
    let [ca, other_ca] =
        ["ca.pem", "other_ca.pem"].map(|name| tls::file(name).display().to_string());
    let init = |nats: &str, ca: &[&str]| {
        let arguments = [&["init", "--data", "data", "--nats", nats], ca].concat();
        process::run(dir, &arguments)
    };
    for (nats, ca) in [
        (&secure, &["--nats-ca", &other_ca][..]),
        (&secure, &[]),
        (&plain.url(), &["--nats-ca", &ca]),
    ] {
        let (status, stdout, stderr) = init(nats, ca);
        assert_eq!(status.code(), Some(1), "{nats} {ca:?}: {stdout}");
        assert!(stderr.starts_with("jejak: cannot connect"), "{stderr}");
        assert!(stderr.contains("--nats-ca"), "{stderr}");
    }
    let (status, stdout, stderr) = init(&secure, &["--nats-ca", &ca]);
    assert!(status.success(), "{stderr}");
    assert!(stdout.contains("is ready"), "{stdout}");

    let arguments = ["up", "--data", "data", "--listen", "127.0.0.1:0", "--nats"];
    let arguments = [&arguments[..], &[&secure, "--nats-ca", &ca]].concat();
    let mut up = Process::start(dir, "up", &arguments);
    up.wait_for_line("jejak ready at ");
    up.terminate();
    drop(broker);
}
