//! `generate`: synthetic listening events, to Kafka, a file or standard output.

mod args;
mod pace;
mod summary;
mod topic;

#[cfg(test)]
mod tests;

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use musicstream_event::Format;
use musicstream_generator::{CSV_HEADER, Counts, Generator, Output, Plan};

use crate::args::OutputFormat;
use crate::output::Output as _;
use crate::progress::{Progress, Unit};
use crate::shutdown::Shutdown;
pub(crate) use args::GenerateArgs;
use args::Target;
use pace::Pace;
use summary::Summary;
use topic::Topic;

/// Records between checks for a signal when no rate is given.
const CHECK_EVERY: u64 = 4_096;
/// Time between two progress messages in the log.
const LOG_EVERY: Duration = Duration::from_secs(5);

/// Options that are missing or contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUsage(String);

/// Where records go.
enum Sink {
    Topic(Topic),
    Lines(Box<Output>),
}

/// Why generation ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Complete,
    /// A signal, or the reader of the pipe has closed it.
    Stopped,
}

/// Generates until the count is reached, or until stopped.
///
/// # Errors
/// Options are missing or contradict each other, the target cannot be written to, or a file is incomplete because of a signal.
pub(crate) fn run(args: GenerateArgs) -> anyhow::Result<()> {
    let plan = args.plan(now_micros()).map_err(WrongUsage)?;
    let shutdown = Shutdown::on_signal()?;
    let mut sink = open(&args)?;
    let mut generator = Generator::new(&plan, args.format(), now_micros())?;
    let started = Instant::now();
    let mut progress = Progress::start(Unit::Events, plan.count(), LOG_EVERY);
    let mut produced = Produced::default();
    let end = produce(
        &args,
        &plan,
        &mut generator,
        &mut sink,
        &mut produced,
        &mut progress,
        &shutdown,
    )?;
    progress.finish();

    let records = produced.counts.records();
    let is_complete = end == End::Complete || plan.count().is_none();
    let target = args.target_name();
    let mut undelivered = 0;
    let mut failure = None;
    match sink {
        Sink::Topic(topic) => (undelivered, failure) = topic.finish()?,
        Sink::Lines(output) if !is_complete && output.is_file() => {
            anyhow::bail!("stopped after {records} records; {target} is not written");
        }
        Sink::Lines(output) => {
            unless_pipe_is_closed(output.finish())
                .with_context(|| format!("cannot complete {target}"))?;
        }
    }
    let summary = Summary::new(&target, &produced, undelivered, started.elapsed());
    // Standard output may be the target itself; then, and in text form, the summary is on standard error.
    match args.output.output {
        OutputFormat::Json if args.to != Target::Stdout => summary.print(OutputFormat::Json),
        format => summary.print_on_stderr(format),
    }
    if let Some(error) = failure {
        return Err(error).with_context(|| format!("{undelivered} records were not delivered"));
    }
    if let Some(path) = &args.truth {
        anyhow::ensure!(
            is_complete,
            "stopped after {records} records; {} is not written",
            path.display()
        );
        generator
            .write_truth(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn open(args: &GenerateArgs) -> anyhow::Result<Sink> {
    Ok(match &args.to {
        Target::Kafka => Sink::Topic(Topic::open(&args.kafka, &args.topic, args.partitions)?),
        Target::Stdout => Sink::Lines(Box::new(Output::to_stdout())),
        Target::File(path) => {
            let output = Output::to_file(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Sink::Lines(Box::new(output))
        }
    })
}

/// What was written so far.
#[derive(Default)]
struct Produced {
    counts: Counts,
    bytes: u64,
}

fn produce(
    args: &GenerateArgs,
    plan: &Plan,
    generator: &mut Generator,
    sink: &mut Sink,
    produced: &mut Produced,
    progress: &mut Progress,
    shutdown: &Shutdown,
) -> anyhow::Result<End> {
    let mut pace = args.events.rate().map(Pace::new);
    let mut bytes = Vec::with_capacity(512);
    let mut key = Vec::with_capacity(20);
    if let (Sink::Lines(output), Format::Csv) = (&mut *sink, args.format()) {
        output.put(CSV_HEADER.as_bytes())?;
        produced.bytes += CSV_HEADER.len() as u64 + 1;
    }
    let check_every = pace.as_ref().map_or(CHECK_EVERY, Pace::records_per_step);
    let mut done = 0;
    while plan.count().is_none_or(|count| done < count) {
        if done % check_every == 0 {
            if shutdown.is_asked() {
                return Ok(End::Stopped);
            }
            progress.update(done, done, plan.count());
            if let Some(wait) = pace.as_mut().and_then(|pace| pace.wait_before(done)) {
                // A reader of a pipe sees the records so far before the pause.
                if let Sink::Lines(output) = sink
                    && !unless_pipe_is_closed(output.flush())?
                {
                    return Ok(End::Stopped);
                }
                std::thread::sleep(wait);
            }
        }
        bytes.clear();
        let Some(record) = generator.next(&mut bytes, now_micros)? else {
            break;
        };
        match sink {
            Sink::Topic(topic) => {
                // In Kafka a record can be without a value.
                if record.is_empty() {
                    bytes.clear();
                }
                key.clear();
                record.push_user(&mut key);
                topic.put(&key, &bytes)?;
            }
            Sink::Lines(output) => {
                if !unless_pipe_is_closed(output.put(&bytes))? {
                    return Ok(End::Stopped);
                }
            }
        }
        produced.bytes += bytes.len() as u64;
        produced.counts.add(&record);
        done += 1;
    }
    Ok(End::Complete)
}

/// False if the pipe has no reader any more. That is no error: `head` closes it when it has enough.
fn unless_pipe_is_closed(result: io::Result<()>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// Microseconds since 1970-01-01 UTC.
fn now_micros() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
