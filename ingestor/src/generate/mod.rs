//! Makes up listening events.

use crate::cli::KafkaArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArgs {
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
}

pub(crate) fn run(_args: GenerateArgs) -> anyhow::Result<()> {
    anyhow::bail!("generate is not built yet")
}
