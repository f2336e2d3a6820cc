//! Compares pg_musicstream with a plain COPY and with its peers. `make bench` runs this; it writes docs/benchmarks.md with plots.

mod copy;
mod daily;
mod document;
mod freshness;
mod ingest;
mod listening;
mod plan;
mod plot;
mod program;
mod scale;
mod server;
mod stats;
mod stored;
mod topic;
mod usage;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};

use crate::ingest::load::loads;
use crate::ingest::system::System;
use crate::plan::{Part, Size};
use crate::program::Programs;
use crate::server::Server;
use crate::topic::Topic;
use crate::usage::Processes;

/// Measures pg_musicstream, a plain COPY and the installed peers, one after the other on one machine.
#[derive(Debug, Parser)]
struct Options {
    /// Parts to measure
    #[arg(value_enum, default_values_t = [Part::Ingest, Part::Freshness, Part::Extension, Part::Listening])]
    parts: Vec<Part>,
    /// Size of the measurements
    #[arg(long, value_enum, default_value_t = Size::Default)]
    size: Size,
    /// Systems of the part ingest [default: all that are installed]
    #[arg(long, value_enum, value_delimiter = ',')]
    systems: Vec<System>,
    /// Number of rounds of each comparison [default: by size]
    #[arg(long)]
    rounds: Option<usize>,
    /// Replace the section of each part in this file, and write the plots into the folder of the same name
    #[arg(long, value_name = "FILE")]
    write: PathBuf,
    /// URL of a superuser on a server with the extension; databases musicstream_bench_* are created and dropped
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Addresses of the Kafka brokers
    #[arg(long, env = "KAFKA_BROKERS")]
    brokers: String,
    /// Process id of the broker, to measure its CPU time
    #[arg(long)]
    broker_pid: Option<i32>,
    /// Path of musicstream-ingestor [default: in the folder of this program]
    #[arg(long)]
    ingestor: Option<PathBuf>,
    /// The folder with the scripts of the peers
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/peers"))]
    scripts: PathBuf,
    /// The folder into which set-up.sh has installed the peers
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/peers"))]
    peers: PathBuf,
    /// The table that the decoder's benchmark has printed
    #[arg(long, value_name = "FILE", required_if_eq("parts", "decoder"))]
    decoder_table: Option<PathBuf>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let server = Server::new(&options.database_url)?;
    let processes = Processes {
        postmaster: server.postmaster()?,
        broker: options.broker_pid,
    };
    let programs = programs(&options, &server)?;
    server.drop_leftovers()?;
    Topic::delete_leftovers(&options.brokers)?;
    for part in &options.parts {
        let circumstances = document::circumstances(&server, &name(&options.size))?;
        let section = measure(&options, *part, &server, &programs, processes)
            .with_context(|| format!("part {}", name(part)))?;
        let old = match std::fs::read_to_string(&options.write) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                "# Benchmarks\n".to_owned()
            }
            Err(error) => return Err(error).context("cannot read the document"),
        };
        let new = document::replaced(
            &old,
            &name(part),
            &format!("{}\n{circumstances}\n{section}", title(*part)),
        );
        std::fs::write(&options.write, new)
            .with_context(|| format!("cannot write {}", options.write.display()))?;
        eprintln!("written: {}, part {}", options.write.display(), name(part));
    }
    Ok(())
}

fn measure(
    options: &Options,
    part: Part,
    server: &Server,
    programs: &Programs,
    processes: Processes,
) -> Result<String> {
    let pictures = options.write.with_extension("");
    let link = pictures
        .file_name()
        .context("--write needs a file name")?
        .to_string_lossy();
    match part {
        Part::Ingest => {
            let (systems, left_out) = systems(options, programs)?;
            let folder = tempfile::tempdir()?;
            let bench = ingest::Bench {
                server,
                programs,
                processes,
                folder: folder.path(),
            };
            let measured = bench.measure(loads(options.size, &systems, options.rounds))?;
            ingest::section(&measured, &left_out, &pictures, &link)
        }
        Part::Freshness => {
            let plan = freshness::Plan::new(options.size);
            let figures = freshness::measure(server, programs, processes, &plan)?;
            freshness::section(&plan, &figures, &pictures, &link)
        }
        Part::Extension => {
            let plan = stored::Plan::new(options.size, options.rounds);
            let figures = stored::measure(server, &plan)?;
            stored::section(&plan, &figures, &pictures, &link)
        }
        Part::Listening => {
            let plan = listening::Plan::new(options.size, options.rounds);
            let sizes = listening::measure(server, &plan)?;
            listening::section(&plan, &sizes, &pictures, &link)
        }
        Part::Scale => {
            let figures = scale::measure(programs, options.size, options.rounds)?;
            Ok(scale::section(&figures))
        }
        Part::Decoder => {
            let path = options.decoder_table.as_deref().unwrap_or(Path::new(""));
            let table = std::fs::read_to_string(path).context("cannot read the decoder's table")?;
            ensure!(table.starts_with('|'), "the decoder's table has no rows");
            Ok(include_str!("decoder.md").to_owned() + &table)
        }
    }
}

fn title(part: Part) -> &'static str {
    match part {
        Part::Ingest => "## From a full topic to rows and daily numbers\n",
        Part::Freshness => "## From a produced record to the daily numbers\n",
        Part::Extension => "## The extension, by the number of stored events\n",
        Part::Listening => "## Listening, by the number of stored events\n",
        Part::Scale => "## One Postgres, Citus, and two Postgres that share a topic\n",
        Part::Decoder => "## The decoder alone\n",
    }
}

fn name<T: ValueEnum>(value: &T) -> String {
    // `None` only for values that are hidden from the command line; there are none.
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The selected systems that can run, and the reasons why the others cannot.
fn systems(options: &Options, programs: &Programs) -> Result<(Vec<System>, Vec<String>)> {
    let mut here = Vec::new();
    let mut left_out = Vec::new();
    for system in System::ALL {
        if !options.systems.is_empty() && !options.systems.contains(&system) {
            continue;
        }
        match system.reason_missing(programs) {
            None => here.push(system),
            Some(reason) => {
                ensure!(system.is_peer(), "{} cannot run: {reason}", system.title());
                eprintln!("left out: {}: {reason}", system.title());
                left_out.push(format!("{} ({reason})", system.title()));
            }
        }
    }
    Ok((here, left_out))
}

fn programs(options: &Options, server: &Server) -> Result<Programs> {
    let ingestor = match &options.ingestor {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("musicstream-ingestor"),
    };
    Ok(Programs {
        ingestor: std::path::absolute(ingestor)?,
        psql: server.psql()?,
        scripts: options.scripts.clone(),
        peers: options.peers.clone(),
        brokers: options.brokers.clone(),
        has_stand_in: options.size == Size::Smoke,
    })
}
