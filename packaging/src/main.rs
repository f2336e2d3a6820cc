//! Writes files for packages and the documentation from the command lines of the programs (manual pages, shell completions,
//! pages of options) and from cargo's metadata (licences of the linked crates). A separate program, so that the shipped
//! programs do not contain this code.

mod copyright;
mod linked;
mod options;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::{Shell, generate_to};

/// Writes manual pages, completions, pages of options and copyright files.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Manual pages of all programs, one for each subcommand
    Manuals {
        /// Folder to write to
        folder: PathBuf,
    },
    /// Completions of all programs, in a folder for each shell
    Completions {
        /// Folder to write to
        folder: PathBuf,
    },
    /// Markdown pages of the options of all programs, for the documentation
    Options {
        /// Folder to write to
        folder: PathBuf,
    },
    /// Debian copyright file of a package of the workspace with all that is linked into it, on standard output
    Copyright {
        /// Output of `cargo metadata --format-version 1`
        metadata: PathBuf,
        /// Name of the package in the workspace
        package: String,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Manuals { folder } => manuals(&folder),
        Command::Completions { folder } => completions(&folder),
        Command::Options { folder } => option_pages(&folder),
        Command::Copyright { metadata, package } => {
            let metadata = linked::Metadata::read(&metadata)?;
            print!("{}", copyright::write(&metadata, &package)?);
            Ok(())
        }
    }
}

fn programs() -> [clap::Command; 2] {
    [
        musicstream_ingestor::command(),
        musicstream_viewer::cli::Args::command(),
    ]
}

fn manuals(folder: &Path) -> Result<()> {
    create_folder(folder)?;
    for program in programs() {
        clap_mangen::generate_to(program, folder).context("a manual page cannot be written")?;
    }
    Ok(())
}

fn completions(folder: &Path) -> Result<()> {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let of_shell = folder.join(shell.to_string());
        create_folder(&of_shell)?;
        for mut program in programs() {
            let name = program.get_name().to_owned();
            generate_to(shell, &mut program, name, &of_shell)
                .context("completions cannot be written")?;
        }
    }
    Ok(())
}

fn option_pages(folder: &Path) -> Result<()> {
    for (program, file) in programs()
        .into_iter()
        .zip(["ingestor-options.md", "viewer-options.md"])
    {
        let path = folder.join(file);
        std::fs::write(&path, options::page(program))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn create_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}
