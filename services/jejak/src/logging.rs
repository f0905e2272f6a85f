//! Log lines on standard error, as plain text or as JSON.

use std::io;

use clap::ValueEnum;
use tracing_subscriber::{
    Layer,
    filter::{ParseError, Targets},
    fmt,
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text.
    Text,
    /// One JSON object.
    Json,
}

/// The filter of `--log` cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("--log {filter:?} is no filter ({source}); write `info`, or `warn,jejak_gateway=debug`")]
pub struct InvalidFilter {
    filter: String,
    source: ParseError,
}

/// Starts logging. A filter is a level, or levels of modules: `warn,jejak_gateway=debug`.
///
/// # Errors
/// [`InvalidFilter`].
pub fn start(format: LogFormat, filter: &str) -> Result<(), InvalidFilter> {
    let targets: Targets = filter.parse().map_err(|source| InvalidFilter {
        filter: filter.to_owned(),
        source,
    })?;
    let layer = fmt::layer().with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    // Fails if logging was started before; that start serves as well.
    let _ = registry().with(layer.with_filter(targets)).try_init();
    Ok(())
}
