//! Commands services on a broker of their own, asked over NATS as the gateway asks them.

use async_nats::{Client, HeaderMap, Request};
use futures_util::StreamExt;
use jejak_bus::{
    Actor, CommandAnswer, Problem, Role, command_subject,
    request::{ACTOR, COMMAND_ID, DRY_RUN},
};
use jejak_events::secret::TenantKey;
use jejak_journal::Journal;
use jejak_rig::broker::Broker;
use jejak_stories::tenant;
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A broker with some commands services on it, each with its own connection and states.
pub(crate) struct Office {
    pub(crate) broker: Broker,
    pub(crate) client: Client,
    services: TaskTracker,
    stop: CancellationToken,
}

impl Office {
    pub(crate) async fn open(broker: Broker, services: usize) -> Self {
        let client = broker.client().await;
        Journal::init(client.clone(), &tenant(), broker.replicas())
            .await
            .unwrap();
        let mut office = Self {
            broker,
            client,
            services: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        office.start(services).await;
        office
    }

    pub(crate) async fn start(&mut self, services: usize) {
        self.start_in(chrono_tz::Asia::Pontianak, services).await;
    }

    /// Starts services of an office in a time zone.
    pub(crate) async fn start_in(&mut self, time_zone: chrono_tz::Tz, services: usize) {
        self.stop = CancellationToken::new();
        self.services = TaskTracker::new();
        for _ in 0..services {
            let config = jejak_commands::Config {
                broker: jejak_bus::BrokerConfig::without_identity(self.broker.url()),
                tenant: tenant(),
                quarantine: None,
                tenant_key: TenantKey::new([1; 32]),
                time_zone,
                // Far fewer than the people of a story, so that states leave the cache all the
                // time.
                cache_capacity: 2,
                group_commit: true,
            };
            let stop = self.stop.clone();
            self.services
                .spawn(async move { jejak_commands::run(config, stop).await.unwrap() });
        }
        self.services.close();
        self.answering(services).await;
    }

    /// Waits until so many services have answered a ping (ADR-32).
    async fn answering(&self, services: usize) {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            assert!(
                tokio::time::Instant::now() < deadline,
                "the services do not answer"
            );
            let inbox = self.client.new_inbox();
            let mut pongs = self.client.subscribe(inbox.clone()).await.unwrap();
            self.client
                .publish_with_reply("$SRV.PING.jejak-commands", inbox, "".into())
                .await
                .unwrap();
            let mut seen = 0;
            while seen < services {
                match tokio::time::timeout(std::time::Duration::from_millis(300), pongs.next())
                    .await
                {
                    Ok(Some(pong)) if pong.status.is_none() => seen += 1,
                    _ => break,
                }
            }
            if seen == services {
                return;
            }
        }
    }

    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.services.wait().await;
    }

    pub(crate) async fn send(
        &self,
        role: Role,
        name: &str,
        id: &str,
        body: Value,
    ) -> Result<CommandAnswer, Problem> {
        send(&self.client, role, name, id, body.to_string().into_bytes()).await
    }

    /// Sends a command for a dry run.
    pub(crate) async fn try_out(
        &self,
        role: Role,
        name: &str,
        id: &str,
        body: Value,
    ) -> Result<CommandAnswer, Problem> {
        let body = body.to_string().into_bytes();
        try_as(&self.client, &actor(role), name, id, body).await
    }

    pub(crate) async fn publish_terms(&self, quota: u32) {
        self.publish("2020-tenaga-it", "terms", quota).await;
    }

    pub(crate) async fn publish(&self, package_id: &str, id: &str, quota: u32) {
        let body = json!({"package_id": package_id, "title": "Tenaga IT", "agency": "BKPSDM", "fiscal_year": 2020,
            "fund_source": "APBD", "budget_ceiling": "999000000", "quota": quota,
            "period": {"start": "2020-10-01", "end": "2020-12-31"}, "officers_may": "any"});
        self.send(Role::Admin, "publish-terms", id, body)
            .await
            .unwrap();
    }

    pub(crate) async fn register(&self, n: u32) -> String {
        let answer = self
            .send(
                Role::Officer,
                "register-operator",
                &format!("register-{n}"),
                person(n),
            )
            .await
            .unwrap();
        let event: Value = serde_json::from_str(answer.events[0].get()).unwrap();
        event["subject"]
            .as_str()
            .unwrap()
            .strip_prefix("operator/")
            .unwrap()
            .to_owned()
    }
}

/// Sends a command as the gateway does.
pub(crate) async fn send(
    client: &Client,
    role: Role,
    name: &str,
    id: &str,
    body: Vec<u8>,
) -> Result<CommandAnswer, Problem> {
    send_as(client, &actor(role), name, id, body).await
}

fn actor(role: Role) -> Actor {
    let sub = if role == Role::Admin {
        "admin-bkpsdm"
    } else {
        "197701161997031006"
    };
    Actor {
        sub: sub.to_owned(),
        roles: vec![role],
        name: None,
    }
}

/// Sends a command in an actor's name, as the gateway does.
pub(crate) async fn send_as(
    client: &Client,
    actor: &Actor,
    name: &str,
    id: &str,
    body: Vec<u8>,
) -> Result<CommandAnswer, Problem> {
    request(client, actor, name, (COMMAND_ID, id), body).await
}

/// Sends a command for a dry run in an actor's name, as the gateway does.
pub(crate) async fn try_as(
    client: &Client,
    actor: &Actor,
    name: &str,
    id: &str,
    body: Vec<u8>,
) -> Result<CommandAnswer, Problem> {
    request(client, actor, name, (DRY_RUN, id), body).await
}

async fn request(
    client: &Client,
    actor: &Actor,
    name: &str,
    (header, id): (&'static str, &str),
    body: Vec<u8>,
) -> Result<CommandAnswer, Problem> {
    let mut headers = HeaderMap::new();
    headers.insert(ACTOR, actor.header().unwrap());
    headers.insert(header, id);
    let timeout = Some(std::time::Duration::from_secs(30));
    let request = Request::new()
        .headers(headers)
        .payload(body.into())
        .timeout(timeout);
    let reply = client
        .send_request(command_subject(&tenant(), name), request)
        .await
        .unwrap();
    match Problem::from_reply(&reply.payload) {
        Some(problem) => Err(problem),
        None => Ok(serde_json::from_slice(&reply.payload).unwrap()),
    }
}

/// An eligible person, with the nth citizen number.
pub(crate) fn person(n: u32) -> Value {
    json!({"nik": format!("617101150395{n:04}"), "full_name": format!("Contoh {n}"), "birth_date": "1995-03-15",
        "sex": "male", "domicile_code": "6171", "citizenship": "WNI", "education": {"level": "D3",
        "major": "Teknik Informatika", "institution": "Politeknik", "accredited": true, "gpa": "3.10"}})
}

/// A hire in the package of 2020.
pub(crate) fn hire(operator_id: &str, number: usize) -> Value {
    json!({"package_id": "2020-tenaga-it", "operator_id": operator_id, "spk_number": format!("800/{number}"),
        "spk_date": "2020-09-30", "start": "2020-10-01", "end": "2020-12-31",
        "monthly": {"wage": "2601875", "health_insurance": "110000", "employment_insurance": "38125"},
        "integrity_pact": true})
}
