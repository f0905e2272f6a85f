//! `jejak rebuild VIEW`: asks a running projector for a rebuild of its view, and waits for the end.

use std::time::Duration;

use jejak_bus::{
    Problem, RequestProblem,
    health::{RebuildProgress, RebuildStatus, ViewHealth},
    query_subject,
};
use tokio::time::interval;

use crate::{
    identity::BrokerIdentity,
    office_config::{LogAccessError, OfficeConfig},
};

/// The interval of questions about the progress.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// The reason why a view was not rebuilt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RebuildError {
    #[error(transparent)]
    Connect(#[from] LogAccessError),
    #[error(
        "the projector of {view} does not answer; start it with `jejak projector {view}`, or `jejak up`"
    )]
    NoAnswer { view: String },
    /// The old rows go on answering.
    #[error("the view was not rebuilt and goes on as it was: {0}")]
    Failed(String),
}

/// Starts a rebuild and waits for its end. `report` receives the position and the last position.
pub(crate) async fn rebuild(
    config: &OfficeConfig,
    view: &str,
    mut report: impl FnMut(u64, u64),
) -> Result<(), RebuildError> {
    let client = config.connect(BrokerIdentity::Admin).await?;
    ask(&client, config, view, "rebuild").await?;
    let mut ticks = interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        let health = ask(&client, config, view, "health").await?;
        let Some(RebuildProgress { position, state }) = health.rebuild else {
            return Err(RebuildError::Failed(
                "the projector was restarted; run `jejak rebuild` again".to_owned(),
            ));
        };
        match state {
            RebuildStatus::Running => report(position, health.log_position),
            RebuildStatus::Failed(reason) => return Err(RebuildError::Failed(reason)),
            RebuildStatus::Done => return Ok(()),
        }
    }
}

async fn ask(
    client: &async_nats::Client,
    config: &OfficeConfig,
    view: &str,
    query: &str,
) -> Result<ViewHealth, RebuildError> {
    let no_answer = || RebuildError::NoAnswer {
        view: view.to_owned(),
    };
    let subject = query_subject(&config.tenant, view, query);
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
