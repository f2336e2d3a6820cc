//! The program: everything happens in the library.

use clap::Parser;
use musicstream_viewer::{
    cli::Args,
    command_line::{NoEffect, TooManyDays},
    names::UnknownName,
    run,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("musicstream-viewer: {error:#}");
            let is_wrong_usage =
                error.is::<UnknownName>() || error.is::<NoEffect>() || error.is::<TooManyDays>();
            match is_wrong_usage {
                true => ExitCode::from(2),
                false => ExitCode::FAILURE,
            }
        }
    }
}
