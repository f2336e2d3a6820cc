//! Finds a file in the ledger by its first bytes, and where its load continues.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::{GENERATION, Load, LoadArgs, PARTITION, Source, lost_rows, paths};
use crate::database::LedgerEntry;
use crate::file::{FileError, FileReader, States};
use crate::writer::{Reply, Request};

/// For a file that was changed.
const HINT: &str = "hint: --accept-changed loads it from its beginning, as a source of its own; stored events are not counted twice";

/// The source of a file.
struct Found {
    name: Arc<str>,
    /// The ends of earlier loads.
    states: States,
}

impl Load {
    /// Finds the file in the ledger, claims it, and positions the reader where the last load ended. `None`: a longer copy of
    /// the file, which has all of it, was loaded.
    pub(super) fn find_source(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        file_name: String,
    ) -> anyhow::Result<Option<Source>> {
        let first = source_name(reader.fingerprint());
        let found = match self.ledger_entry(&first)? {
            Some(entry) => self.continue_source(reader, path, args, first, entry)?,
            None => self.source_of_shorter_file(reader, path, args, first)?,
        };
        let Some(Found { name, states }) = found else {
            tracing::info!(
                file = file_name,
                "the whole file is loaded already, as the beginning of a longer one"
            );
            return Ok(None);
        };
        let resumed = states
            .iter()
            .last()
            .map(|state| i64::try_from(state.position))
            .transpose()?;
        // Before the claim, which fences another load: if the other load has stored rows since this one read the ledger, only
        // this one fails.
        check_position(self.position(&name)?, resumed, path)?;
        let partitions = vec![PARTITION];
        self.writers[0].send(Request::Claim {
            generation: GENERATION,
            source: name.clone(),
            partitions,
        });
        let Reply::Claimed { claims, .. } = self.next_reply()? else {
            bail!("the writer did not claim the file");
        };
        let (_, claim) = claims
            .into_iter()
            .next()
            .context("the writer claimed nothing")?;
        check_position(claim.next_offset, resumed, path)?;
        if let Some(last) = states.iter().last() {
            tracing::info!(
                file = file_name,
                position = last.position,
                "continuing where the last load ended"
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

    /// Positions the reader where the last load of this source ended. If the file was changed, tries the sources NAME.2, NAME.3
    /// and so on, as which changed versions of it were loaded.
    fn continue_source(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        first: Arc<str>,
        entry: LedgerEntry,
    ) -> anyhow::Result<Option<Found>> {
        let mut name = first.clone();
        let mut known = Some(entry);
        let mut states = States::default();
        for version in 2.. {
            let Some(entry) = known else {
                break;
            };
            let changed = match resume(reader, &entry)? {
                Ok(found) => {
                    states = found;
                    break;
                }
                Err(changed) => changed,
            };
            reopen(reader, path, args)?;
            if is_loaded(reader, &entry)? {
                self.add_loaded(path, name, entry.next_offset);
                return Ok(None);
            }
            name = format!("{first}.{version}").into();
            known = self.ledger_entry(&name)?;
            if known.is_none() && !args.accept_changed {
                return Err(anyhow::anyhow!("{changed}; {HINT}"));
            }
            reopen(reader, path, args)?;
        }
        Ok(Some(Found { name, states }))
    }

    /// The source of a file that was loaded when it was shorter than the block from which fingerprints are made; otherwise a
    /// new source.
    fn source_of_shorter_file(
        &mut self,
        reader: &mut FileReader,
        path: &Path,
        args: &LoadArgs,
        first: Arc<str>,
    ) -> anyhow::Result<Option<Found>> {
        for earlier in reader.earlier_fingerprints().to_vec() {
            let name = source_name(&earlier);
            let Some(entry) = self.ledger_entry(&name)? else {
                continue;
            };
            if entry.next_offset.is_none() {
                continue;
            }
            if let Ok(states) = resume(reader, &entry)? {
                return Ok(Some(Found { name, states }));
            }
            reopen(reader, path, args)?;
            if is_loaded(reader, &entry)? {
                self.add_loaded(path, name, entry.next_offset);
                return Ok(None);
            }
            // Another file with the same beginning.
            reopen(reader, path, args)?;
        }
        Ok(Some(Found {
            name: first,
            states: States::default(),
        }))
    }

    /// The position of a source in the ledger; `None`: nothing of it is stored.
    pub(super) fn position(&mut self, name: &Arc<str>) -> anyhow::Result<Option<i64>> {
        Ok(self.ledger_entry(name)?.and_then(|entry| entry.next_offset))
    }

    fn ledger_entry(&mut self, name: &Arc<str>) -> anyhow::Result<Option<LedgerEntry>> {
        let partitions = vec![PARTITION];
        self.writers[0].send(Request::ReadLedger {
            generation: GENERATION,
            source: name.clone(),
            partitions,
        });
        match self.next_reply()? {
            Reply::LedgerRead { entries, .. } => {
                Ok(entries.into_iter().next().and_then(|(_, entry)| entry))
            }
            _ => bail!("the writer did not read the ledger"),
        }
    }
}

/// Checks that the ledger still has the position at which the reader continues.
fn check_position(now: Option<i64>, resumed: Option<i64>, path: &Path) -> anyhow::Result<()> {
    // No position is less than any position.
    match now.cmp(&resumed) {
        Ordering::Less => Err(lost_rows(path)),
        Ordering::Equal => Ok(()),
        Ordering::Greater => bail!("another ingestor is loading this file"),
    }
}

/// Positions the reader where the last load ended. Returns the ends of earlier loads, or how the file was changed.
fn resume(
    reader: &mut FileReader,
    entry: &LedgerEntry,
) -> anyhow::Result<Result<States, FileError>> {
    let Some(position) = entry.next_offset else {
        return Ok(Ok(States::default()));
    };
    let stored = entry.source_identity.as_deref().unwrap_or_default();
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

/// Whether the whole file is what an earlier load of this source had reached, before a longer copy of it was loaded.
fn is_loaded(reader: &mut FileReader, entry: &LedgerEntry) -> anyhow::Result<bool> {
    let stored = entry.source_identity.as_deref().unwrap_or_default();
    let (_, earlier) = States::of_ledger(0, stored);
    for state in earlier.iter() {
        // An earlier load has ended between blank lines that `is_at_end` has skipped: the file goes on after them.
        if state.position < reader.position() {
            continue;
        }
        match reader.resume(state.position, &state.checksum) {
            Ok(()) if reader.is_at_end()? => return Ok(true),
            Ok(()) => {}
            Err(FileError::Changed { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

fn reopen(reader: &mut FileReader, path: &Path, args: &LoadArgs) -> anyhow::Result<()> {
    if paths::is_read_once(path) {
        bail!(
            "standard input or a pipe begins like a file that was loaded before, and cannot be read from its beginning again; hint: load it from a file"
        );
    }
    *reader = FileReader::open(path, &args.file)?;
    Ok(())
}

fn source_name(fingerprint: &str) -> Arc<str> {
    format!("file:{fingerprint}").into()
}
