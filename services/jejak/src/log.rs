//! Log lines, to standard error: plain text or JSON.

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, filter::ParseError};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line of text.
    Text,
    /// One JSON object.
    Json,
}

/// The filter given with --log cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("--log {filter:?} is no filter ({source}); one is `info` or `warn,jejak_gateway=debug`")]
pub struct InvalidFilter {
    filter: String,
    source: ParseError,
}

/// Starts logging, with a filter such as `info` or `warn,jejak_gateway=debug`.
///
/// # Errors
/// A filter that is none.
pub fn start(format: Format, filter: &str) -> Result<(), InvalidFilter> {
    let parsed = EnvFilter::builder().parse(filter);
    let filter = parsed.map_err(|source| InvalidFilter {
        filter: filter.to_owned(),
        source,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start finds the first in place, which is as good.
    let _ = match format {
        Format::Text => builder.with_ansi(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
    Ok(())
}
