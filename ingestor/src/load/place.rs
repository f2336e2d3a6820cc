//! Where a file goes on: its source in the ledger, found by the file's first bytes.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::{GENERATION, Load, LoadArgs, PARTITION, Source};
use crate::database::Holder;
use crate::file::{FileError, FileReader, States};
use crate::writer::{News, Order};

/// Tells a file that may be loaded from its beginning, because it was changed, how to.
const HINT: &str = "hint: --accept-changed loads it from its beginning, as a source of its own; stored events are not counted twice";

/// Where a file is loaded from.
struct Found {
    name: Arc<str>,
    /// What was loaded of it before.
    states: States,
}

impl Load {
    /// Finds the file in the ledger, takes it over, and puts the reader where the last load ended. `None`: all of it is
    /// loaded, as the beginning of a longer copy.
    pub(super) fn place(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        file_name: String,
    ) -> anyhow::Result<Option<Source>> {
        let first = source_name(reader.fingerprint());
        let found = match self.look(&first)? {
            Some(holder) => self.go_on(reader, path, args, first, holder)?,
            None => self.grown(reader, path, args, first)?,
        };
        let Some(Found { name, states }) = found else {
            tracing::info!(
                file = file_name,
                "all of it is loaded, as the beginning of a longer file"
            );
            return Ok(None);
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
        if let Some(last) = states.iter().last() {
            tracing::info!(
                file = file_name,
                position = last.position,
                "going on where the last load ended"
            );
        }
        Ok(Some(Source {
            name,
            file_name,
            from: claim.next_offset,
            epoch: claim.epoch,
            states,
        }))
    }

    /// Puts the reader where the last load of this source ended, or of the source that the file is since it was changed.
    fn go_on(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        first: Arc<str>,
        holder: Holder,
    ) -> anyhow::Result<Option<Found>> {
        let mut name = first.clone();
        let mut known = Some(holder);
        let mut states = States::default();
        for version in 2.. {
            let Some(holder) = known else {
                break;
            };
            let changed = match resume(reader, &holder)? {
                Ok(found) => {
                    states = found;
                    break;
                }
                Err(changed) => changed,
            };
            begin_anew(reader, path, args)?;
            if is_loaded(reader, &holder)? {
                return Ok(None);
            }
            name = format!("{first}.{version}").into();
            known = self.look(&name)?;
            if known.is_none() && !args.accept_changed {
                return Err(anyhow::anyhow!("{changed}; {HINT}"));
            }
            begin_anew(reader, path, args)?;
        }
        Ok(Some(Found { name, states }))
    }

    /// The source of a file that was shorter than what a fingerprint is made of when it was loaded; else one of its own.
    fn grown(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        first: Arc<str>,
    ) -> anyhow::Result<Option<Found>> {
        for earlier in reader.earlier_fingerprints().to_vec() {
            let name = source_name(&earlier);
            let Some(holder) = self.look(&name)? else {
                continue;
            };
            if holder.next_offset.is_none() {
                continue;
            }
            if let Ok(states) = resume(reader, &holder)? {
                return Ok(Some(Found { name, states }));
            }
            begin_anew(reader, path, args)?;
            if is_loaded(reader, &holder)? {
                return Ok(None);
            }
            // Another one that begins alike.
            begin_anew(reader, path, args)?;
        }
        Ok(Some(Found {
            name: first,
            states: States::default(),
        }))
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

/// Puts the reader where the last load ended; returns what was loaded, or how the file was changed since.
fn resume(reader: &mut FileReader, holder: &Holder) -> anyhow::Result<Result<States, FileError>> {
    let Some(position) = holder.next_offset else {
        return Ok(Ok(States::default()));
    };
    let stored = holder.checksum.as_deref().unwrap_or_default();
    let (state, mut states) = States::of_ledger(u64::try_from(position)?, stored);
    match reader.resume(state.position, &state.checksum) {
        Ok(()) => {
            states.push(state);
            Ok(Ok(states))
        }
        Err(changed @ FileError::Changed { .. }) => Ok(Err(changed)),
        Err(error) => Err(error.into()),
    }
}

/// Whether a file is, from its beginning to its end, what an earlier load of this source had reached: the position is that
/// of a longer copy.
fn is_loaded(reader: &mut FileReader, holder: &Holder) -> anyhow::Result<bool> {
    let stored = holder.checksum.as_deref().unwrap_or_default();
    let (_, earlier) = States::of_ledger(0, stored);
    for state in earlier.iter() {
        match reader.resume(state.position, &state.checksum) {
            Ok(()) if reader.is_at_end()? => return Ok(true),
            Ok(()) => {}
            Err(FileError::Changed { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
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
