//! `stream`: a Kafka topic into Postgres, exactly once.

use crate::cli::{DatabaseArgs, KafkaArgs, OutputArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct StreamArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

pub(crate) fn run(_args: StreamArgs) -> anyhow::Result<()> {
    anyhow::bail!("stream is not built yet")
}
