//! Log lines on standard error, as plain text or as JSON.
//!
//! Below `info`, other crates may print what passes through them: messages and headers. So their lines
//! are never written, whatever `--log` says. The lines of Jejak itself hold no personal data.

use std::io;

use clap::ValueEnum;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, ParseError, Targets, filter_fn},
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
    let filter = targets.and(filter_fn(is_safe));
    // Fails if logging was started before; that start serves as well.
    let _ = registry().with(layer.with_filter(filter)).try_init();
    Ok(())
}

/// Whether a line cannot hold what passes through another crate.
fn is_safe(line: &Metadata<'_>) -> bool {
    line.target().starts_with("jejak") || *line.level() <= Level::INFO
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Goal: at `trace`, other crates print nothing below `info`, and Jejak prints all.
    #[test]
    fn other_crates_print_no_details() {
        let written = Written::default();
        let to = written.clone();
        let layer = fmt::layer().with_writer(move || to.clone());
        let all: Targets = "trace".parse().unwrap();
        let layer = layer.with_filter(all.and(filter_fn(is_safe)));
        tracing::subscriber::with_default(registry().with(layer), || {
            tracing::trace!(target: "async_nats::client", "a payload");
            tracing::debug!(target: "hyper::proto", "a header");
            tracing::info!(target: "async_nats::client", "connected");
            tracing::trace!(target: "jejak_gateway::serve", "a step");
        });
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(
            written.contains("connected") && written.contains("a step"),
            "{written}"
        );
        assert!(
            !written.contains("payload") && !written.contains("header"),
            "{written}"
        );
    }
}
