//! The log on standard error, as text or JSON.

use std::io::IsTerminal;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::args::{LogArgs, LogFormat};

/// Starts the log. An invalid filter is reported, and replaced by `info`.
pub(crate) fn start(args: &LogArgs) {
    let (filter, invalid) = match EnvFilter::try_new(&args.log_level) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer = match args.log_format {
        LogFormat::Text => layer
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(shows_no_payload))
        .with(layer)
        .init();
    if let Some(error) = invalid {
        tracing::warn!(%error, "the log filter is invalid: using info");
    }
}

/// The driver's own messages are dropped at every level: they show the parameters of statements, which hold the bytes of
/// rejected records, and repeat the server's notices.
fn shows_no_payload(metadata: &Metadata<'_>) -> bool {
    !metadata.target().starts_with("tokio_postgres") || *metadata.level() <= Level::WARN
}

/// Logs the error that ends the program, with its causes.
pub(crate) fn failure(error: &anyhow::Error) {
    tracing::error!("{error:#}");
}
