//! The gateway: HTTP and JSON for people and other systems. It checks the caller's token, passes
//! commands and queries on over NATS, and writes refusals in the reader's language. It holds no
//! rules and no data. It serves the pages of `jejak_pages` too, which ask this API as anybody else.
//!
//! The gateway answers from its first moment. While the broker is away, commands and queries get
//! 503 `log.unavailable` with `Retry-After`, and `/readyz` names the broker. Start reading at
//! `router.rs`.

mod access_log;
mod accounts;
mod app;
mod audit;
mod auth;
mod body;
mod broker;
mod browsers;
mod commands;
mod config;
mod docs;
mod events;
mod health;
mod issuer_http;
mod memory;
mod metrics;
mod middleware;
mod oidc;
#[cfg(test)]
mod openapi;
mod positions;
mod problem;
mod problem_history;
mod problem_pages;
mod provider_sign_in;
mod queries;
mod request_headers;
mod request_ids;
mod roles_claim;
mod router;
mod serve;
mod services_health;
mod shares;
mod site;
mod system;
mod tables;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use access_log::{AccessEvent, AccessFile, AccessLine, files as access_files};
pub use accounts::{Account, AccountError, AccountStore};
pub use auth::{LOCAL_ISSUER, TokenKey, TokenRegister};
pub use config::{
    AccessKeyError, AccessLogConfig, Config, ExternalIssuer, GatewayError, Limits, OidcConfig,
    Tokens,
};
pub use docs::OPENAPI;
pub use roles_claim::RolesClaim;

/// Serves until `shutdown`. Running requests are finished then, and event streams end.
///
/// # Errors
/// [`GatewayError`], before anything is served. A broker that is down is no error: the gateway
/// keeps connecting.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: CancellationToken,
) -> Result<(), GatewayError> {
    let (app, access_log) = app::App::new(&config, shutdown.clone())?;
    let app = Arc::new(app);
    let writing = tokio::task::spawn_blocking(move || access_log.run());
    let connecting = async {
        app.broker.connect().await;
        std::future::pending::<()>().await;
    };
    let upkeep = app.recorder.upkeep();
    let watching = app.verifier.watch();
    tokio::select! {
        () = serve::serve(listener, router::router(app.clone()), &config.limits, &shutdown) => {}
        () = connecting => {}
        () = upkeep => {}
        () = watching => {}
    }
    app.access_log.close();
    if let Err(error) = writing.await {
        tracing::error!(%error, "the access log ended early");
    }
    Ok(())
}
