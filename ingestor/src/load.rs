//! `load`: files into Postgres, each row exactly once.

use std::path::PathBuf;

use crate::cli::{DatabaseArgs, OutputArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// CSV or NDJSON files, plain, .gz or .zst
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

pub(crate) fn run(_args: LoadArgs) -> anyhow::Result<()> {
    anyhow::bail!("load is not built yet")
}
