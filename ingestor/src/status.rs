//! `status`: how far each partition and file has come.

use crate::cli::{DatabaseArgs, KafkaArgs, OutputArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

pub(crate) fn run(_args: StatusArgs) -> anyhow::Result<()> {
    anyhow::bail!("status is not built yet")
}
