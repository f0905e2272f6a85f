//! `jejak rebuild VIEW`: asks a running projector to build its view anew, and waits until it has.

use std::time::Duration;

use jejak_bus::{
    Problem, RequestProblem,
    health::{RebuildProgress, RebuildStatus, ViewHealth},
    query_subject,
};
use tokio::time::interval;

use crate::services::{ServiceError, Setting};

/// How often the projector is asked how far it has come.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// Why a view was not built anew.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The broker or the keys.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// No answer.
    #[error(
        "the projector of {view} does not answer; start it with `jejak projector {view}`, or `jejak up`"
    )]
    NoAnswer {
        /// The view.
        view: String,
    },
    /// It failed, and the old view goes on answering.
    #[error("the view goes on as it was: {0}")]
    Failed(String),
}

/// Starts a rebuild and waits for its end; `report` hears how far it has come.
///
/// # Errors
/// See [`RebuildError`].
pub async fn rebuild(
    setting: &Setting,
    view: &str,
    mut report: impl FnMut(u64, u64),
) -> Result<(), RebuildError> {
    let broker = setting.broker("admin").map_err(ServiceError::from)?;
    let client = jejak_bus::connect(&broker, &crate::permissions::connection_name("admin")).await;
    let client = client.map_err(ServiceError::from)?;
    ask(&client, setting, view, "rebuild").await?;
    let mut ticks = interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        let health = ask(&client, setting, view, "health").await?;
        match health.rebuild {
            Some(RebuildProgress {
                position,
                state: RebuildStatus::Running,
            }) => report(position, health.log_position),
            Some(RebuildProgress {
                state: RebuildStatus::Failed(reason),
                ..
            }) => {
                return Err(RebuildError::Failed(reason));
            }
            Some(RebuildProgress {
                state: RebuildStatus::Done,
                ..
            }) => return Ok(()),
            None => {
                return Err(RebuildError::Failed(
                    "the projector was restarted meanwhile".to_owned(),
                ));
            }
        }
    }
}

async fn ask(
    client: &async_nats::Client,
    setting: &Setting,
    view: &str,
    query: &str,
) -> Result<ViewHealth, RebuildError> {
    let no_answer = || RebuildError::NoAnswer {
        view: view.to_owned(),
    };
    let subject = query_subject(&setting.tenant, view, query);
    let reply = client
        .request(subject, "{}".into())
        .await
        .map_err(|_| no_answer())?;
    match Problem::from_reply(&reply.payload) {
        Some(Problem::Request(RequestProblem::ViewStopped { reason, .. })) => {
            Err(RebuildError::Failed(reason))
        }
        Some(problem) => Err(RebuildError::Failed(format!("{problem:?}"))),
        None => serde_json::from_slice(&reply.payload).map_err(|_| no_answer()),
    }
}
