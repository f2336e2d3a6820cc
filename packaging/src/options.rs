//! Writes the options of a program as a Markdown page.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};

/// Options under one heading, and the subcommands that have exactly these options.
struct Group {
    heading: String,
    rows: Vec<String>,
    subcommands: Vec<String>,
}

/// The page of a program. Options that several subcommands share are described once, at its end.
pub(crate) fn page(mut program: Command) -> String {
    program.build();
    let name = program.get_name().to_owned();
    let mut page = format!(
        "# Options of {name}\n\n\
         <!-- Written by make docs from the program's command line; change the sources of --help instead. -->\n\n\
         `{name} --help` shows the same.\n\
         A name in capital letters behind an option is the environment variable for it.\n"
    );
    let groups = groups(&program);
    if program.has_subcommands() {
        for subcommand in subcommands(&program) {
            let _ = write!(page, "\n## {}\n", subcommand.get_name());
            describe(&mut page, subcommand);
            let own = |group: &&Group| group.subcommands == [subcommand.get_name()];
            groups
                .iter()
                .filter(own)
                .for_each(|group| write_group(&mut page, group));
        }
        page.push_str("\n## Options of several subcommands\n");
        let shared = groups.iter().filter(|group| group.subcommands.len() > 1);
        shared.for_each(|group| write_group(&mut page, group));
    } else {
        describe(&mut page, &program);
        groups
            .iter()
            .for_each(|group| write_group(&mut page, group));
    }
    if let Some(after) = program
        .get_after_help()
        .filter(|_| program.has_subcommands())
    {
        write_exit_codes(&mut page, &after.to_string());
    }
    page
}

fn subcommands(program: &Command) -> impl Iterator<Item = &Command> {
    program
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
}

fn groups(program: &Command) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let commands: Vec<&Command> = if program.has_subcommands() {
        subcommands(program).collect()
    } else {
        vec![program]
    };
    for command in commands {
        let mut own: Vec<Group> = Vec::new();
        for argument in command
            .get_arguments()
            .filter(|argument| is_shown(argument))
        {
            let heading = match argument.get_help_heading() {
                Some(heading) => heading,
                None if argument.is_positional() => "Arguments",
                None if argument.is_global_set() => "Configuration",
                None => "Options",
            };
            let row = row(argument);
            match own.iter_mut().find(|group| group.heading == heading) {
                Some(group) => group.rows.push(row),
                None => own.push(Group {
                    heading: heading.to_owned(),
                    rows: vec![row],
                    subcommands: Vec::new(),
                }),
            }
        }
        for group in own {
            let same =
                |other: &&mut Group| other.heading == group.heading && other.rows == group.rows;
            let name = command.get_name().to_owned();
            match groups.iter_mut().find(same) {
                Some(known) => known.subcommands.push(name),
                None => groups.push(Group {
                    subcommands: vec![name],
                    ..group
                }),
            }
        }
    }
    groups
}

fn is_shown(argument: &Arg) -> bool {
    let is_help = matches!(
        argument.get_action(),
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
    );
    !is_help && !argument.is_hide_set()
}

fn describe(page: &mut String, command: &Command) {
    let about = command.get_long_about().or(command.get_about());
    let _ = write!(page, "\n{}\n", sentence(&text(about)));
}

fn write_group(page: &mut String, group: &Group) {
    let of_whom = match &group.subcommands[..] {
        [_] => String::new(),
        several => format!(", for `{}`", several.join("`, `")),
    };
    let _ = write!(
        page,
        "\n{}{of_whom}:\n\n| option | default | |\n| --- | --- | --- |\n{}",
        group.heading,
        group.rows.concat()
    );
}

fn row(argument: &Arg) -> String {
    let mut names = Vec::new();
    names.extend(argument.get_short().map(|short| format!("-{short}")));
    names.extend(argument.get_long().map(|long| format!("--{long}")));
    let values: Vec<String> = argument
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(|value| format!("<{value}>"))
        .collect();
    let mut name = names.join(", ");
    if !argument.get_action().takes_values() {
        // A flag has no value.
    } else if name.is_empty() {
        name = values.join(" ");
    } else {
        name = format!("{name} {}", values.join(" "));
    }
    let mut first = format!("`{}`", name.trim());
    if let Some(variable) = argument.get_env() {
        let _ = write!(first, ", `{}`", variable.to_string_lossy());
    }
    let defaults: Vec<String> = match argument.get_action().takes_values() {
        true => argument
            .get_default_values()
            .iter()
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect(),
        false => Vec::new(),
    };
    let help = text(argument.get_long_help().or(argument.get_help()));
    let (help, default) = match help.split_once(" [default: ") {
        Some((help, default)) => (help.to_owned(), default.trim_end_matches(']').to_owned()),
        None => (help, defaults.join(", ")),
    };
    let mut meaning = sentence(&help);
    let possible: Vec<String> = match argument.get_action().takes_values() {
        true => argument
            .get_possible_values()
            .iter()
            .map(|value| match value.get_help() {
                Some(help) => format!("`{}` ({})", value.get_name(), lower(&help.to_string())),
                None => format!("`{}`", value.get_name()),
            })
            .collect(),
        false => Vec::new(),
    };
    if !possible.is_empty() {
        let _ = write!(meaning, " One of {}.", possible.join(", "));
    }
    format!(
        "| {first} | {default} | {} |\n",
        meaning.replace('|', "\\|")
    )
}

fn text(help: Option<&StyledStr>) -> String {
    let text = help.map(ToString::to_string).unwrap_or_default();
    let text = text.replace('<', "&lt;");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sentence(text: &str) -> String {
    match text.chars().last() {
        None | Some('.') => text.to_owned(),
        Some(_) => format!("{text}."),
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    // Two capitals begin an abbreviation, such as CSV, which stays.
    match text.chars().nth(1) {
        Some(second) if second.is_uppercase() => text.to_owned(),
        _ => first.into_iter().chain(letters).collect(),
    }
}

/// Writes the table of exit codes from the text after the help, whose lines have a code, two blanks and the meaning.
fn write_exit_codes(page: &mut String, after: &str) {
    page.push_str("\n## Exit codes\n\n| code | |\n| --- | --- |\n");
    for line in after.lines() {
        if let Some((code, meaning)) = line.trim().split_once("  ")
            && code.starts_with(|letter: char| letter.is_ascii_digit())
        {
            let _ = writeln!(page, "| {code} | {} |", meaning.trim());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::programs;

    #[test]
    fn the_pages_of_the_book_are_those_of_the_programs() {
        let [ingestor, viewer] = programs().map(super::page);
        let stale = "is stale: make docs writes it";
        assert!(
            ingestor == include_str!("../../docs/ingestor-options.md"),
            "docs/ingestor-options.md {stale}"
        );
        assert!(
            viewer == include_str!("../../docs/viewer-options.md"),
            "docs/viewer-options.md {stale}"
        );
    }
}
