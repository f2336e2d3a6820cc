//! `generate`: makes up listening events, to Kafka, a file or standard output.
//!
//! The same options and seed give the same bytes on every machine, as long as `--from` and `--until` are given:
//! all of the model is integer arithmetic over one seeded stream of random numbers.

mod cast;
mod fault;
mod mix;
mod model;
mod options;
mod output;
mod plan;
mod random;
mod recent;
mod render;
mod schedule;
mod session;
mod sessions;
mod summary;
mod text;
mod topic;
mod truth;

#[cfg(test)]
mod tests;

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;

use crate::args::OutputFormat;
use crate::file::Format;
use crate::progress::{Progress, Unit};
use crate::shutdown::Shutdown;
use fault::Fault;
use mix::Kind;
use model::{Draft, Model};
pub(crate) use options::GenerateArgs;
use options::Target;
use output::Output;
use plan::Plan;
use render::{CSV_HEADER, Renderer, csv_quoted};
use sessions::Sessions;
use summary::Summary;
use topic::Topic;

/// Records between two looks at the clock when nothing holds the generator back.
const CHECK_EVERY: u64 = 4_096;

/// Between two lines about the progress where there is no terminal.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Options that contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUsage(String);

/// Where records go.
enum Sink {
    Topic(Topic),
    Lines(Box<Output>),
}

/// What makes the records.
enum Maker {
    /// Types and times follow their weights.
    Weights(Box<Model>),
    Sessions(Box<Sessions>),
}

impl Maker {
    fn new(args: &GenerateArgs, plan: &Plan) -> anyhow::Result<Maker> {
        if !args.sessions {
            return Ok(Maker::Weights(Box::new(Model::new(plan, now_micros()))));
        }
        let sessions = Sessions::new(plan).context("sessions need a span in the past")?;
        Ok(Maker::Sessions(Box::new(sessions)))
    }

    fn next(&mut self) -> anyhow::Result<Option<(Draft, Kind)>> {
        Ok(match self {
            Maker::Weights(model) => model.next(now_micros),
            Maker::Sessions(sessions) => sessions.next()?,
        })
    }
}

/// Runs the subcommand.
pub(crate) fn run(args: GenerateArgs) -> anyhow::Result<()> {
    let plan = args.plan(now_micros()).map_err(WrongUsage)?;
    let shutdown = Shutdown::on_signal()?;
    let mut sink = open(&args)?;
    let mut maker = Maker::new(&args, &plan)?;
    let mut renderer = Renderer::new(args.format(), &plan);
    let started = Instant::now();
    let mut progress = Progress::start(Unit::Events, plan.count, SAY_EVERY);
    let (mut summary, end) = produce(
        &args,
        &plan,
        &mut maker,
        &mut renderer,
        &mut sink,
        &mut progress,
        &shutdown,
    )?;
    progress.finish();

    let is_complete = end == End::Complete || plan.count.is_none();
    let target = args.target_name();
    let failure = match sink {
        Sink::Topic(topic) => {
            let (count, first) = topic.finish()?;
            summary.undelivered = count;
            first
        }
        Sink::Lines(_) if !is_complete && matches!(args.to, Target::File(_)) => {
            anyhow::bail!(
                "stopped after {} records; {target} is not written",
                summary.records()
            );
        }
        Sink::Lines(output) => {
            quiet_if_pipe_is_closed(output.finish())
                .with_context(|| format!("cannot complete {target}"))?;
            None
        }
    };
    report(&args, &summary, &target, started.elapsed());
    if let Some(error) = failure {
        return Err(error)
            .with_context(|| format!("{} records were not delivered", summary.undelivered));
    }
    if let (Some(path), Maker::Sessions(sessions)) = (&args.truth, &maker) {
        anyhow::ensure!(
            is_complete,
            "stopped after {} records; {} is not written",
            summary.records(),
            path.display()
        );
        let regions: Vec<String> = plan
            .regions
            .iter()
            .map(|region| csv_quoted(&region.name))
            .collect();
        let written = sessions.truth().write(path, &regions);
        written.with_context(|| format!("cannot write {}", path.display()))?;
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

/// Why no more records are made.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Complete,
    /// Asked to stop, or nobody reads any more.
    Stopped,
}

fn produce(
    args: &GenerateArgs,
    plan: &Plan,
    maker: &mut Maker,
    renderer: &mut Renderer,
    sink: &mut Sink,
    progress: &mut Progress,
    shutdown: &Shutdown,
) -> anyhow::Result<(Summary, End)> {
    let mut summary = Summary::default();
    let mut pace = args.rate.map(Pace::new);
    let mut record = Vec::with_capacity(512);
    let mut key = Vec::with_capacity(20);
    if let (Sink::Lines(output), Format::Csv) = (&mut *sink, args.format()) {
        output.put(CSV_HEADER.as_bytes())?;
        summary.bytes += CSV_HEADER.len() as u64 + 1;
    }
    let check_every = pace.as_ref().map_or(CHECK_EVERY, Pace::records_a_step);
    let mut done = 0;
    while plan.count.is_none_or(|count| done < count) {
        if done % check_every == 0 {
            if shutdown.is_asked() {
                return Ok((summary, End::Stopped));
            }
            progress.update(done, done, plan.count);
            if let Some(pace) = &mut pace
                && !pace.wait(done, sink)?
            {
                return Ok((summary, End::Stopped));
            }
        }
        let Some((draft, kind)) = maker.next()? else {
            break;
        };
        record.clear();
        let fault = match kind {
            Kind::Malformed => Some(renderer.push_malformed(&mut record, &draft)),
            _ => {
                renderer.push(&mut record, &draft);
                None
            }
        };
        match sink {
            Sink::Topic(topic) => {
                if fault == Some(Fault::Empty) {
                    record.clear();
                }
                key.clear();
                text::push_decimal(&mut key, draft.user);
                topic.put(&key, &record)?;
            }
            Sink::Lines(output) => {
                if !quiet_if_pipe_is_closed(output.put(&record))? {
                    return Ok((summary, End::Stopped));
                }
            }
        }
        summary.bytes += record.len() as u64;
        summary.add(kind, fault);
        done += 1;
    }
    Ok((summary, End::Complete))
}

/// False if nobody reads standard output any more, which is how `head` says thank you.
fn quiet_if_pipe_is_closed(result: io::Result<()>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// Holds the generator to a number of records a second.
struct Pace {
    records_a_second: u64,
    started: Instant,
}

impl Pace {
    fn new(records_a_second: u64) -> Pace {
        Pace {
            records_a_second,
            started: Instant::now(),
        }
    }

    /// A hundred steps a second at most: even enough to look steady.
    fn records_a_step(&self) -> u64 {
        (self.records_a_second / 100).clamp(1, CHECK_EVERY)
    }

    /// When record number `done` is due, since the start.
    fn due(&self, done: u64) -> Duration {
        let micros = u128::from(done) * 1_000_000 / u128::from(self.records_a_second);
        Duration::from_micros(micros as u64)
    }

    /// Waits until record number `done` is due; what was made so far goes out first. False if nobody reads it.
    fn wait(&self, done: u64, sink: &mut Sink) -> io::Result<bool> {
        let Some(left) = self.due(done).checked_sub(self.started.elapsed()) else {
            return Ok(true);
        };
        if let Sink::Lines(output) = sink
            && !quiet_if_pipe_is_closed(output.flush())?
        {
            return Ok(false);
        }
        std::thread::sleep(left);
        Ok(true)
    }
}

fn report(args: &GenerateArgs, summary: &Summary, target: &str, elapsed: Duration) {
    match args.output.output {
        OutputFormat::Text => eprintln!("{}", summary.text(target, elapsed)),
        // Standard output may be the target itself.
        OutputFormat::Json if args.to == Target::Stdout => {
            eprintln!("{}", summary.json(target, elapsed))
        }
        OutputFormat::Json => println!("{}", summary.json(target, elapsed)),
    }
}

/// Microseconds since 1970-01-01 UTC.
fn now_micros() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
