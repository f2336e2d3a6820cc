//! `replay`: upserts rejected events again, after their cause was fixed.
//!
//! The database has their bytes, and applies the same rules as to all other events; see `musicstream_retry_rejected()`.

use serde::Serialize;

use crate::args::{DatabaseArgs, OutputArgs};
use crate::database::{self, DatabaseError};
use crate::output::{Output, line_of_counts};

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// Only events that were rejected for this reason, such as unknown_event_type; after conflicting_duplicate run
    /// musicstream_reconcile(), because an event may then be stored on two days [default: any but conflicting_duplicate]
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Only events of this source, as named by `status` [default: any]
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Maximum number of events, the oldest first; events that are rejected again move to the end of the queue, so that
    /// repeated calls reach all of them [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_rows: Option<i64>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl ReplayArgs {
    pub(crate) fn database(&self) -> &DatabaseArgs {
        &self.database
    }
}

/// Counts of the replayed events.
#[derive(Serialize)]
struct Outcome {
    retried: u64,
    inserted: u64,
    duplicate: u64,
    conflicting: u64,
    rejected: u64,
}

/// Replays rejected events and prints the counts.
///
/// # Errors
/// The database cannot be reached, or refuses.
pub(crate) fn run(args: ReplayArgs) -> anyhow::Result<()> {
    let server = database::server(&args.database)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(replay(&server.target, &args))?;
    outcome.print(args.output.output);
    Ok(())
}

async fn replay(target: &database::Target, args: &ReplayArgs) -> Result<Outcome, DatabaseError> {
    let client = database::connect(target).await?;
    let row = client
        .query_one(
            include_str!("sql/replay.sql"),
            &[&args.reason, &args.source, &args.max_rows],
        )
        .await
        .map_err(|error| DatabaseError::of("cannot replay rejected events", &error))?;
    let count = |column: usize| u64::try_from(row.get::<_, i64>(column)).unwrap_or_default();
    Ok(Outcome {
        retried: count(0),
        inserted: count(1),
        duplicate: count(2),
        conflicting: count(3),
        rejected: count(4),
    })
}

impl Output for Outcome {
    fn text(&self) -> String {
        line_of_counts([
            ("retried", self.retried),
            ("inserted", self.inserted),
            ("duplicate", self.duplicate),
            ("conflicting", self.conflicting),
            ("still rejected", self.rejected),
        ])
    }
}
