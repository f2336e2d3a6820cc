//! `replay`: rejected events once more, after a fix.
//!
//! The database has their bytes and judges them by the rules of every other event; see `musicstream_retry_rejected`.

use std::io::Write;

use crate::args::{DatabaseArgs, OutputArgs, OutputFormat};
use crate::database::{self, DatabaseError};

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// Only those that were rejected for this reason, such as unknown_event_type [default: any]
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Only those of this source, as `status` names it [default: any]
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// At most so many in one transaction, the oldest first; those that are refused again wait behind the others, so
    /// that calls one after the other come to all [default: all]
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

/// What became of the events that were judged again.
struct Outcome {
    retried: i64,
    inserted: i64,
    duplicate: i64,
    conflicting: i64,
    rejected: i64,
}

/// Replays and prints what came of it.
///
/// # Errors
/// The database cannot be reached, or refuses.
pub(crate) fn run(args: ReplayArgs) -> anyhow::Result<()> {
    let server = database::server(&args.database)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(replay(&server.target, &args))?;
    // A reader that has gone is no error: all is stored.
    let _ = writeln!(std::io::stdout(), "{}", outcome.render(args.output.output));
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
    Ok(Outcome {
        retried: row.get(0),
        inserted: row.get(1),
        duplicate: row.get(2),
        conflicting: row.get(3),
        rejected: row.get(4),
    })
}

impl Outcome {
    fn render(&self, output: OutputFormat) -> String {
        let Outcome {
            retried,
            inserted,
            duplicate,
            conflicting,
            rejected,
        } = self;
        match output {
            OutputFormat::Text => format!(
                "retried {retried}  inserted {inserted}  duplicate {duplicate}  conflicting {conflicting}  \
                 still rejected {rejected}"
            ),
            OutputFormat::Json => serde_json::json!({
                "retried": retried,
                "inserted": inserted,
                "duplicate": duplicate,
                "conflicting": conflicting,
                "rejected": rejected,
            })
            .to_string(),
        }
    }
}
