//! The effective configuration: a flag wins over an environment variable, a variable over the file, the file over the default.
//!
//! The values of the file are given to clap as defaults, so that they are checked like the values of flags.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::{Table, Value};

use crate::args;
use crate::cli::{CONFIG_VARIABLE, Cli};
use crate::{database, reserved_option};

/// Shown instead of a secret.
const HIDDEN: &str = "********";
/// The table of the file with librdkafka options.
const KAFKA_TABLE: &str = "kafka";

/// The configuration, with the origin of its values.
pub(crate) struct Effective {
    pub(crate) cli: Cli,
    command: Command,
    matches: ArgMatches,
    file: File,
}

/// A configuration file.
#[derive(Default)]
struct File {
    path: PathBuf,
    table: Table,
    /// Subcommand (empty: all) and flag of each value in the file.
    given: BTreeSet<(String, String)>,
    /// librdkafka options.
    kafka: Vec<(String, String)>,
}

/// Reads command line, environment and file. Ends the program, as clap does, if they are invalid.
pub(crate) fn read() -> Effective {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let path = path_of_file(&arguments, std::env::var_os(CONFIG_VARIABLE));
    match parse(arguments, path) {
        Ok(effective) => effective,
        Err(error) => error.exit(),
    }
}

fn parse(arguments: Vec<OsString>, path: Option<PathBuf>) -> Result<Effective, clap::Error> {
    let mut command = Cli::command();
    let mut file = File::default();
    if let Some(path) = path {
        let refuse = |command: &mut Command, why: String| {
            let message = format!("configuration file {}: {why}", path.display());
            command.error(clap::error::ErrorKind::ValueValidation, message)
        };
        file = File::read(&path).map_err(|why| refuse(&mut command, why))?;
        command = file
            .give_defaults(command)
            .map_err(|why| refuse(&mut Cli::command(), why))?;
    }
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    cli.check()
        .map_err(|why| command.error(clap::error::ErrorKind::ArgumentConflict, why))?;
    if let Some(kafka) = cli.kafka_mut() {
        let flags = std::mem::take(&mut kafka.options);
        kafka.options.clone_from(&file.kafka);
        kafka.options.extend(flags);
    }
    Ok(Effective {
        cli,
        command,
        matches,
        file,
    })
}

/// The value of `--config`, which must be known before the other arguments are parsed.
fn path_of_file(arguments: &[OsString], variable: Option<OsString>) -> Option<PathBuf> {
    let mut rest = arguments.iter().skip(1);
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        if text == "--" {
            break;
        }
        if text == "--config" {
            return rest.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    variable.filter(|path| !path.is_empty()).map(PathBuf::from)
}

impl File {
    fn read(path: &Path) -> Result<File, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        // The error's own message quotes the line, which may contain a secret.
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error
                .span()
                .map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("line {line} is not TOML: {}", error.message())
        })?;
        Ok(File {
            path: path.to_owned(),
            kafka: kafka_options(&table)?,
            table,
            given: BTreeSet::new(),
        })
    }

    /// Sets the values of the file as defaults of the flags.
    fn give_defaults(&mut self, mut command: Command) -> Result<Command, String> {
        let subcommands: Vec<String> = command
            .get_subcommands()
            .map(|subcommand| subcommand.get_name().to_owned())
            .collect();
        for (key, value) in self.table.clone() {
            match value {
                Value::Table(options) if key == KAFKA_TABLE => {
                    for option in options.keys() {
                        reserved_option::check(option)?;
                    }
                }
                Value::Table(table) => {
                    if !subcommands.contains(&key) {
                        return Err(format!("there is no subcommand {key}"));
                    }
                    for (flag, value) in table {
                        let (changed, is_known) = with_default(command, &key, &flag, &value)?;
                        command = changed;
                        if !is_known {
                            let (_, is_global) = with_default(command, "", &flag, &value)?;
                            return Err(if is_global {
                                format!("--{flag} is for all subcommands: move it above the tables")
                            } else {
                                format!("{key} has no flag --{flag}")
                            });
                        }
                        self.given.insert((key.clone(), flag));
                    }
                }
                value => {
                    let mut is_known_to_any = false;
                    for subcommand in [""]
                        .into_iter()
                        .chain(subcommands.iter().map(String::as_str))
                    {
                        // The table of a subcommand wins.
                        if self
                            .table
                            .get(subcommand)
                            .is_some_and(|table| table.get(&key).is_some())
                        {
                            is_known_to_any = true;
                            continue;
                        }
                        let (changed, is_known) = with_default(command, subcommand, &key, &value)?;
                        command = changed;
                        if is_known {
                            is_known_to_any = true;
                            self.given.insert((subcommand.to_owned(), key.clone()));
                        }
                    }
                    if !is_known_to_any {
                        return Err(format!("there is no flag --{key}"));
                    }
                }
            }
        }
        Ok(command)
    }
}

/// The librdkafka options, each with the value that `-X` would have.
fn kafka_options(table: &Table) -> Result<Vec<(String, String)>, String> {
    let options = table.get(KAFKA_TABLE).and_then(Value::as_table);
    options
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            // A key with dots and no quotes is a table, and its secrets would not be recognised by their names.
            if matches!(value, Value::Table(_) | Value::Array(_)) {
                return Err(format!(
                    "option {key} in [{KAFKA_TABLE}] is no single value: names with dots must be in quotes, as in \
                     \"sasl.username\" = \"loader\""
                ));
            }
            let value = args::option_value(&text_of(value))
                .map_err(|why| format!("option {key} in [{KAFKA_TABLE}]: {why}"))?;
            Ok((key.clone(), value))
        })
        .collect()
}

/// Sets the default of a flag of a subcommand (empty: of all). Returns whether there is such a flag.
fn with_default(
    command: Command,
    subcommand: &str,
    flag: &str,
    value: &Value,
) -> Result<(Command, bool), String> {
    let id = |command: &Command| {
        command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(flag) && !["config", "print-config"].contains(&flag))
            .map(|arg| arg.get_id().clone())
    };
    let values: Vec<String> = match value {
        Value::Array(values) if values.is_empty() => {
            return Err(format!("{flag} is an empty list"));
        }
        Value::Array(values) => values.iter().map(text_of).collect(),
        Value::Table(_) => return Err(format!("{flag} is a table")),
        value => vec![text_of(value)],
    };
    // clap requires defaults that live as long as the program.
    let values: Vec<&'static str> = values
        .into_iter()
        .map(|value| &*String::leak(value))
        .collect();
    // Help shows defaults, and the URL may contain the password. A required flag has its value then, but clap does not count
    // a default.
    let set = |arg: Arg| {
        arg.default_values(values)
            .hide_default_value(flag == "database-url")
            .required(false)
    };
    if subcommand.is_empty() {
        return Ok(match id(&command) {
            Some(id) => (command.mut_arg(id, set), true),
            None => (command, false),
        });
    }
    match command.find_subcommand(subcommand).and_then(id) {
        Some(id) => Ok((
            command.mut_subcommand(subcommand, |subcommand| subcommand.mut_arg(id, set)),
            true,
        )),
        None => Ok((command, false)),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

impl Effective {
    /// The configuration in the format of a configuration file, secrets hidden, with the origin of each value as a comment.
    pub(crate) fn print(&self) -> String {
        let mut out = String::new();
        let Some((name, matches)) = self.matches.subcommand() else {
            return out;
        };
        // These include the global flags.
        let arguments = self
            .command
            .find_subcommand(name)
            .map(Command::get_arguments);
        let mut unset = Vec::new();
        for argument in arguments.into_iter().flatten() {
            let Some(flag) = argument.get_long() else {
                continue;
            };
            if ["help", "version", "config", "print-config"].contains(&flag) {
                continue;
            }
            let id = argument.get_id().as_str();
            let values: Vec<String> = matches
                .try_get_raw(id)
                .ok()
                .flatten()
                .into_iter()
                .flatten()
                .map(|value| value.to_string_lossy().into_owned())
                .collect();
            if values.is_empty() {
                unset.push(flag);
                continue;
            }
            let origin = self.origin(name, flag, argument, matches.value_source(id));
            let shown = shown(flag, &values);
            // Writing to a string does not fail.
            let _ = writeln!(out, "{flag} = {shown}  # {origin}");
        }
        let _ = writeln!(out, "# not set: {}", unset.join(", "));
        self.print_database(&mut out);
        self.print_kafka(&mut out);
        out
    }

    fn origin(
        &self,
        name: &str,
        flag: &str,
        argument: &Arg,
        source: Option<ValueSource>,
    ) -> String {
        let is_in_file = ["", name].iter().any(|of| {
            self.file
                .given
                .contains(&((*of).to_owned(), flag.to_owned()))
        });
        match source {
            Some(ValueSource::CommandLine) => "flag".to_owned(),
            Some(ValueSource::EnvVariable) => {
                let variable = argument.get_env().map(|name| name.to_string_lossy());
                format!("variable {}", variable.unwrap_or_default())
            }
            _ if is_in_file => format!("file {}", self.file.path.display()),
            _ => "default".to_owned(),
        }
    }

    /// The database that results from the connection string and libpq's variables.
    fn print_database(&self, out: &mut String) {
        let Some(args) = self.cli.database() else {
            return;
        };
        let _ = match database::server(args) {
            Ok(server) => writeln!(
                out,
                "# the database is {} as user {}",
                server.target.name(),
                server.target.user()
            ),
            Err(error) => writeln!(out, "# the database settings are invalid: {error:#}"),
        };
    }

    fn print_kafka(&self, out: &mut String) {
        let Some(kafka) = self.cli.kafka() else {
            return;
        };
        let _ = writeln!(out, "[{KAFKA_TABLE}]");
        for (place, (key, value)) in kafka.options.iter().enumerate() {
            let later = &kafka.options[place + 1..];
            if later.iter().any(|(other, _)| other == key) {
                continue;
            }
            let shown = if is_secret(key) { HIDDEN } else { value };
            // Escaped: a value that begins with @ would name a file.
            let mark = if shown.starts_with('@') { "@" } else { "" };
            let shown = format!("{mark}{shown}");
            let origin = if place < self.file.kafka.len() {
                format!("file {}", self.file.path.display())
            } else {
                "flag".to_owned()
            };
            let _ = writeln!(out, "{} = {}  # {origin}", quoted(key), quoted(&shown));
        }
    }
}

fn shown(flag: &str, values: &[String]) -> String {
    if flag == "database-url" {
        return quoted(HIDDEN);
    }
    match values {
        // Only what TOML reads as the same text again: a group may have the name 007.
        [value]
            if value
                .parse::<i64>()
                .is_ok_and(|number| number.to_string() == *value)
                || ["true", "false"].contains(&value.as_str()) =>
        {
            value.clone()
        }
        [value] => quoted(value),
        values => {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

/// Whether the name of a librdkafka option indicates a secret.
fn is_secret(key: &str) -> bool {
    [
        "password",
        "passphrase",
        "secret",
        "key.pem",
        "token",
        "oauthbearer.config",
        "jaas",
    ]
    .iter()
    .any(|word| key.contains(word))
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests;
