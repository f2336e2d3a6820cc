//! The compared systems: how each is started, and how its run ends.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::program::{End, Programs};
use crate::server::Database;
use crate::topic::{Content, Recipe, Topic};

/// The work that a system is started for.
pub(crate) struct Task<'a> {
    pub(crate) recipe: &'a Recipe,
    /// Number of connections that write, if it is not the default.
    pub(crate) writers: Option<usize>,
    /// The folder that it runs in.
    pub(crate) work: &'a Path,
}

/// A system that writes a topic, or prepared rows, into a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum System {
    /// COPY BINARY into a table with a uuid key, in the order of the topic
    Copy,
    /// The same, with every 100,000 rows sorted by event_id
    Sorted,
    /// This project
    Ours,
    /// Bento, insert … on conflict do nothing
    Bento,
    /// Debezium's JDBC sink on Kafka Connect
    Debezium,
    /// Spark Structured Streaming: staging by JDBC, upsert, daily numbers
    Spark,
    /// kcat and psql's \copy
    Kcat,
}

fn has_kcat() -> bool {
    Command::new("kcat").arg("-V").output().is_ok()
}

impl System {
    pub(crate) const ALL: [System; 7] = [
        System::Copy,
        System::Sorted,
        System::Ours,
        System::Bento,
        System::Debezium,
        System::Spark,
        System::Kcat,
    ];

    /// Whether it is neither COPY nor this project.
    pub(crate) fn is_peer(self) -> bool {
        !matches!(self, System::Copy | System::Sorted | System::Ours)
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            System::Copy => "plain COPY",
            System::Sorted => "plain COPY, sorted",
            System::Ours => "pg_musicstream",
            System::Bento => "Bento",
            System::Debezium => "Debezium JDBC sink",
            System::Spark => "Spark Structured Streaming",
            System::Kcat => "kcat, psql \\copy",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            System::Copy | System::Sorted => "copy",
            System::Ours => "ours",
            System::Bento => "bento",
            System::Debezium => "debezium",
            System::Spark => "spark",
            System::Kcat => "kcat",
        }
    }

    /// Why it cannot run on this machine.
    pub(crate) fn reason_missing(self, programs: &Programs) -> Option<String> {
        let is_there = match self {
            System::Copy | System::Sorted => true,
            System::Ours => programs.ingestor.exists(),
            System::Kcat => programs.has_stand_in || has_kcat(),
            System::Bento | System::Debezium | System::Spark => programs
                .peers
                .join(self.folder())
                .join("built-from")
                .exists(),
        };
        if is_there {
            return None;
        }
        // set-up.sh installs the peers only.
        if self == System::Ours {
            return Some(format!(
                "{} does not exist: build it, or name it with --ingestor",
                programs.ingestor.display()
            ));
        }
        let reason = programs.peers.join(format!("{}.left-out", self.folder()));
        Some(std::fs::read_to_string(reason).map_or_else(
            |_| "it is not set up: bench/peers/set-up.sh".to_owned(),
            |text| text.trim().to_owned(),
        ))
    }

    /// How its run ends; `rows` are expected.
    pub(crate) fn end(self, rows: i64) -> End {
        match self {
            System::Bento | System::Debezium => End::Rows(rows),
            _ => End::Exit,
        }
    }

    /// Whether the run itself computes the daily numbers.
    pub(crate) fn keeps_daily_numbers(self) -> bool {
        matches!(self, System::Ours | System::Spark)
    }

    pub(crate) fn command(
        self,
        programs: &Programs,
        database: &Database,
        topic: &Topic,
        content: &Content,
        task: &Task<'_>,
    ) -> Result<Command> {
        let mut command = match self {
            System::Ours => {
                let mut command = Command::new(&programs.ingestor);
                command
                    .args(["stream", "--until-end", "--output", "json"])
                    .args(["--topic", topic.name()]);
                if let Some(writers) = task.writers {
                    command.args(["--writers", &writers.to_string()]);
                }
                command
            }
            _ => Command::new(programs.scripts.join(self.folder()).join("run.sh")),
        };
        match self {
            System::Copy => command.args(&content.plain),
            System::Sorted => command.args(&content.sorted),
            _ => &mut command,
        };
        if self.is_peer() && task.writers.is_some() {
            bail!("the number of writers of {} cannot be set", self.title());
        }
        if self == System::Kcat && !has_kcat() {
            let mut stand_in = vec![programs.ingestor.display().to_string()];
            stand_in.extend(["generate", "--to", "-"].map(str::to_owned));
            stand_in.extend(task.recipe.options());
            command.args(stand_in);
        }
        let group = task.work.file_name().context("the folder has no name")?;
        command
            .envs(database.variables())
            .env("DATABASE_URL", database.url()?)
            .env("KAFKA_BROKERS", &programs.brokers)
            .env("TOPIC", topic.name())
            .env("GROUP", group)
            .env("WORK", task.work)
            .env("PEERS", &programs.peers)
            .env("PSQL", &programs.psql)
            .current_dir(task.work);
        Ok(command)
    }
}
