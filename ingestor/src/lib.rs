//! `musicstream-ingestor`: listening events from Kafka or files into Postgres, exactly once.
//!
//! Each subcommand is a file or folder of its own. They share the batch (pure), the writers and their database sessions, and
//! the command line.

mod advice;
mod args;
mod backoff;
mod batch;
mod cli;
mod config;
mod counts;
mod database;
mod dead_letter;
mod file;
mod generate;
mod load;
mod logging;
mod monitor;
mod outage;
mod output;
mod owner;
mod producer;
mod progress;
mod reject_limit;
mod replay;
mod reserved_option;
mod shutdown;
mod status;
mod stream;
mod summary;
mod writer;

use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use cli::Command;

/// The definition of the command line, from which manual pages and completions are generated.
pub fn command() -> clap::Command {
    cli::Cli::command()
}

/// Runs the subcommand of the command line.
pub fn run() -> ExitCode {
    let effective = config::read();
    if effective.cli.print_config {
        return match std::io::stdout().write_all(effective.print().as_bytes()) {
            // A closed pipe is no error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                eprintln!("cannot print the configuration: {error}");
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        };
    }
    let cli = effective.cli;
    logging::start(&cli.log);
    let outcome = match cli.command {
        Command::Stream(args) => stream::run(args),
        Command::Load(args) => load::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Status(args) => status::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<generate::WrongUsage>() => {
            command().error(ErrorKind::ValueValidation, error).exit()
        }
        Err(error) => {
            logging::failure(&error);
            exit_code(&error)
        }
    }
}

/// The exit code of a failure; see `--help`.
fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<reject_limit::TooManyRejects>() {
        return ExitCode::from(3);
    }
    ExitCode::FAILURE
}
