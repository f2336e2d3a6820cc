//! The program: everything happens in the library.

use clap::Parser;
use musicstream_viewer::{cli::Args, command_line::NoEffect, names::UnknownName, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("musicstream-viewer: {error:#}");
            match error.is::<UnknownName>() || error.is::<NoEffect>() {
                true => ExitCode::from(2),
                false => ExitCode::FAILURE,
            }
        }
    }
}
