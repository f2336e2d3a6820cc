//! Where a file goes on: its source in the ledger, found by the file's first bytes.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::{GENERATION, Load, LoadArgs, PARTITION, Source};
use crate::database::Holder;
use crate::file::{FileError, FileReader};
use crate::writer::{News, Order};

/// Tells a file that may be loaded from its beginning, because it was changed, how to.
const HINT: &str = "hint: --accept-changed loads it from its beginning, as a source of its own; stored events are not counted twice";

impl Load {
    /// Finds the file in the ledger, takes it over, and puts the reader where the last load ended.
    pub(super) fn place(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        file_name: String,
    ) -> anyhow::Result<Source> {
        let first = source_name(reader.fingerprint());
        let name = match self.look(&first)? {
            Some(holder) => self.go_on(reader, path, args, first, holder)?,
            None => self.grown(reader, path, args)?.unwrap_or(first),
        };
        let partitions = vec![PARTITION];
        self.writers[0].order(Order::Claim {
            generation: GENERATION,
            source: name.clone(),
            partitions,
        });
        let News::Claimed { claims, .. } = self.next_news()? else {
            bail!("the writer did not claim the file");
        };
        let (_, claim) = claims
            .into_iter()
            .next()
            .context("the writer claimed nothing")?;
        let expected = claim.next_offset.unwrap_or_default();
        if claim.next_offset.is_some() && u64::try_from(expected)? != reader.position() {
            bail!("another ingestor is loading this file");
        }
        if expected > 0 {
            tracing::info!(
                file = file_name,
                position = expected,
                "going on where the last load ended"
            );
        }
        Ok(Source {
            name,
            file_name,
            from: claim.next_offset,
            epoch: claim.epoch,
        })
    }

    /// Puts the reader where the last load of this source ended, or of the source that the file is since it was changed.
    fn go_on(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        first: Arc<str>,
        holder: Holder,
    ) -> anyhow::Result<Arc<str>> {
        let mut name = first.clone();
        let mut known = Some(holder);
        for version in 2.. {
            let Some(holder) = known else {
                break;
            };
            let Some(changed) = resume(reader, &holder)? else {
                break;
            };
            name = format!("{first}.{version}").into();
            known = self.look(&name)?;
            if known.is_none() && !args.accept_changed {
                return Err(anyhow::anyhow!("{changed}; {HINT}"));
            }
            begin_anew(reader, path, args)?;
        }
        Ok(name)
    }

    /// The source of a file that was shorter than what a fingerprint is made of when it was loaded.
    fn grown(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
    ) -> anyhow::Result<Option<Arc<str>>> {
        for earlier in reader.earlier_fingerprints().to_vec() {
            let name = source_name(&earlier);
            let Some(holder) = self.look(&name)? else {
                continue;
            };
            if holder.next_offset.is_none() {
                continue;
            }
            match resume(reader, &holder)? {
                None => return Ok(Some(name)),
                // Another one that begins alike.
                Some(_) => begin_anew(reader, path, args)?,
            }
        }
        Ok(None)
    }

    fn look(&mut self, name: &Arc<str>) -> anyhow::Result<Option<Holder>> {
        let partitions = vec![PARTITION];
        self.writers[0].order(Order::Look {
            generation: GENERATION,
            source: name.clone(),
            partitions,
        });
        match self.next_news()? {
            News::Seen { holders, .. } => {
                Ok(holders.into_iter().next().and_then(|(_, holder)| holder))
            }
            _ => bail!("the writer did not read the ledger"),
        }
    }
}

/// Puts the reader where the last load ended, or says how the file was changed since.
fn resume(reader: &mut FileReader, holder: &Holder) -> anyhow::Result<Option<FileError>> {
    let Some(position) = holder.next_offset else {
        return Ok(None);
    };
    let checksum = holder.checksum.as_deref().unwrap_or_default();
    match reader.resume(u64::try_from(position)?, checksum) {
        Err(changed @ FileError::Changed { .. }) => Ok(Some(changed)),
        outcome => Ok(outcome.map(|()| None)?),
    }
}

fn begin_anew(reader: &mut FileReader, path: &Path, args: &LoadArgs) -> anyhow::Result<()> {
    if path == Path::new("-") {
        bail!(
            "standard input begins like a file that was loaded before, and cannot be read from its beginning again; hint: load it from a file"
        );
    }
    *reader = FileReader::open(path, &args.file)?;
    Ok(())
}

fn source_name(fingerprint: &str) -> Arc<str> {
    format!("file:{fingerprint}").into()
}
