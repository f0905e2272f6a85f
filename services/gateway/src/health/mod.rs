//! `/healthz` (the process runs) and `/readyz` (every service behind works, or the list of
//! failures). They need no token, so they name services and views only, and the services are asked
//! once a second at most.

use std::{sync::Arc, time::Duration};

use async_nats::HeaderMap;
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{FutureExt, future::join_all};
use jejak_bus::{
    command_subject,
    health::{AuditHealth, CommandsHealth, ViewHealth, WitnessHealth},
    query_subject,
    tile::AUDIT,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::{app::App, services_health::ServicesHealth};
use parts::{PartReadiness, parts};

mod parts;

/// The deadline for a service's health.
const ANSWER: Duration = Duration::from_secs(2);
/// Response header: the time since the services were asked, in milliseconds.
const JEJAK_AGE_MS: HeaderName = HeaderName::from_static("jejak-age-ms");

/// The health of the gateway itself now, and that of the services in the last second.
pub(crate) struct Health {
    pub(crate) connected: bool,
    /// The faults of the gateway itself.
    pub(crate) own: Vec<String>,
    pub(crate) services: Arc<ServicesHealth>,
    /// The time at which the services were asked.
    pub(crate) asked: Instant,
}

/// The answer of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Whether there are no problems.
    ready: bool,
    /// Every problem, each beginning with the service or view it concerns.
    pub(crate) problems: Vec<String>,
    /// Every part of the office: broker, gateway, commands, each view, auditor.
    parts: Vec<PartReadiness>,
    /// The views that answer.
    views: Vec<ViewReadiness>,
    /// The signed tree, if the auditor answers.
    audit: Option<AuditReadiness>,
}

/// The progress of the signed tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct AuditReadiness {
    /// The position of the last signed event.
    position: u64,
    /// The last position of the log that the auditor has heard of.
    log_position: u64,
    /// The time since it fell behind, in milliseconds; 0 when it has not.
    behind_ms: u64,
    /// The reason why it no longer signs.
    stopped: Option<String>,
    /// The log was compared with the signed tree up to this position, since the last connection to
    /// the broker.
    compared_position: u64,
    /// The witnesses elsewhere that receive the checkpoints.
    witnesses: Vec<WitnessReadiness>,
}

/// A witness elsewhere. One that is away is no problem of the office; one that contradicts is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct WitnessReadiness {
    /// The name of its key, or `folder`.
    name: String,
    /// The size of the last checkpoint that it has.
    position: u64,
    /// The reason why it gets no checkpoint now.
    away: Option<String>,
    /// The difference, if it has a checkpoint that the signed tree does not extend.
    contradicts: Option<String>,
}

/// The progress of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct ViewReadiness {
    /// The view's name, such as `contracts`.
    view: String,
    /// The version of the rows' format.
    version: u32,
    /// The position of the last applied event.
    position: u64,
    /// The last position of the log that the view has heard of.
    log_position: u64,
    /// The time since it fell behind, in milliseconds; 0 when it has not.
    behind_ms: u64,
    /// The reason why it stopped: an event that it cannot apply.
    stopped: Option<String>,
}

/// The health now. Services are asked once a second at most.
pub(crate) async fn now(app: &Arc<App>) -> Health {
    let asker = app.clone();
    let ask = || async move { Arc::new(ask(&asker).await) }.boxed();
    let (services, asked) = app.health.get(ask).await;
    Health {
        connected: app.broker.connected().is_some(),
        own: own_problems(app),
        services,
        asked,
    }
}

/// Asks every service for its health, all at once.
async fn ask(app: &App) -> ServicesHealth {
    let tenant = &app.broker.tenant;
    let commands = ask_one::<CommandsHealth>(app, command_subject(tenant, "health"));
    let names = jejak_projections::VIEWS.iter().map(|view| view.name());
    let views = join_all(
        names
            .chain([jejak_bus::history::NAME])
            .map(|name| async move {
                let health =
                    ask_one::<ViewHealth>(app, query_subject(tenant, name, "health")).await;
                (name, health)
            }),
    );
    let audit = ask_one::<AuditHealth>(app, query_subject(tenant, AUDIT, "health"));
    let (commands, views, audit) = futures_util::join!(commands, views, audit);
    ServicesHealth {
        commands,
        views,
        audit,
    }
}

fn own_problems(app: &App) -> Vec<String> {
    let register = app.verifier.problem();
    let register = register.map(|reason| format!("gateway: the token register: {reason}"));
    let access_log = app.access_log.problem();
    let access_log = access_log.map(|reason| format!("gateway: the access log: {reason}"));
    register.into_iter().chain(access_log).collect()
}

async fn ask_one<T: DeserializeOwned>(app: &App, subject: String) -> Option<T> {
    let reply = app
        .broker
        .request(subject, HeaderMap::new(), Bytes::new(), ANSWER)
        .await
        .ok()?;
    serde_json::from_slice(&reply).ok()
}

impl Health {
    pub(crate) fn readiness(self) -> Readiness {
        let parts = parts(&self);
        let services = &self.services;
        let audit = services.audit.clone().map(AuditReadiness::from);
        let views = services
            .views
            .iter()
            .filter_map(|(_, health)| health.clone())
            .map(ViewReadiness::from)
            .collect();
        let problems = parts.iter().flat_map(PartReadiness::named_problems);
        let problems: Vec<_> = problems.collect();
        Readiness {
            ready: problems.is_empty(),
            problems,
            parts,
            views,
            audit,
        }
    }
}

impl From<AuditHealth> for AuditReadiness {
    fn from(health: AuditHealth) -> Self {
        let AuditHealth {
            position,
            log_position,
            behind_ms,
            stopped,
            compared_position,
            witnesses,
            ..
        } = health;
        Self {
            position,
            log_position,
            behind_ms,
            stopped,
            compared_position,
            witnesses: witnesses.into_iter().map(WitnessReadiness::from).collect(),
        }
    }
}

impl From<WitnessHealth> for WitnessReadiness {
    fn from(health: WitnessHealth) -> Self {
        let WitnessHealth {
            name,
            position,
            away,
            contradicts,
        } = health;
        Self {
            name,
            position,
            away: away.map(|away| away.reason),
            contradicts,
        }
    }
}

impl From<ViewHealth> for ViewReadiness {
    fn from(health: ViewHealth) -> Self {
        let ViewHealth {
            view,
            version,
            position,
            log_position,
            behind_ms,
            stopped,
            ..
        } = health;
        Self {
            view,
            version,
            position,
            log_position,
            behind_ms,
            stopped,
        }
    }
}

/// `GET /healthz`.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let health = now(&app).await;
    let age_ms = u64::try_from(health.asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    let readiness = health.readiness();
    app.problems.note(&readiness.problems);
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        [
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (JEJAK_AGE_MS, HeaderValue::from(age_ms)),
        ],
        Json(readiness),
    )
        .into_response()
}

#[cfg(test)]
mod tests;
