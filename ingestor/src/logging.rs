//! The log on standard error, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::{LogArgs, LogFormat};

/// Starts the log. A filter that cannot be read falls back to `info` and says so.
pub(crate) fn start(args: &LogArgs) {
    // The driver repeats the server's notices; what matters of them comes as an error too.
    let with_ours = format!("tokio_postgres=warn,{}", args.log_level);
    let (filter, complaint) = match EnvFilter::try_new(with_ours) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => builder
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .init(),
        LogFormat::Json => builder.json().init(),
    }
    if let Some(error) = complaint {
        tracing::warn!(%error, "log filter not understood, using info");
    }
}

/// Logs the error that ends the program, with its causes.
pub(crate) fn failure(error: &anyhow::Error) {
    tracing::error!("{error:#}");
}
