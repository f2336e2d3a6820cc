//! docs/benchmarks.md: a section for each part, between markers, so that measuring a part again replaces only its section.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::Result;

use crate::server::Server;

/// The versions of the peers; `set-up.sh` reads the same file.
const VERSIONS: &str = include_str!("../peers/versions.env");
const KAFKA_POM: &str = include_str!("../../scripts/kafka/pom.xml");

fn begin(part: &str) -> String {
    format!("<!-- written by make bench: {part}: from here -->\n")
}

fn end(part: &str) -> String {
    format!("<!-- written by make bench: {part}: to here -->\n")
}

/// Replaces the section of this part in the document, or appends it.
pub(crate) fn replaced(old: &str, part: &str, section: &str) -> String {
    let (begin, end) = (begin(part), end(part));
    match (old.find(&begin), old.find(&end)) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{section}{}", &old[..from + begin.len()], &old[to..])
        }
        _ => format!("{old}\n{begin}{section}{end}"),
    }
}

/// A Markdown table.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(header.to_vec());
    text += &line(vec!["---"; header.len()]);
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// The date, machine and versions of a measurement.
pub(crate) fn circumstances(server: &Server, size: &str) -> Result<String> {
    let version = versions();
    let kafka = KAFKA_POM
        .split_once("<version>4")
        .and_then(|(_, rest)| rest.split_once('<'))
        .map_or_else(String::new, |(rest, _)| format!("4{rest}"));
    Ok(format!(
        "Measured on {date}, size `{size}`, pg_musicstream {ours} (commit {commit}); {processor}, {cores} cores, {memory:.0} GB, {system}; \
         clients, broker and Postgres on that machine.\n\
         {postgres}; Kafka {kafka}; Bento {bento}, Debezium {debezium} on Connect {connect}, Spark {spark}.\n\
         Load average before this part: {load}.\n",
        date = chrono::Utc::now().format("%Y-%m-%d %H:%M UTC"),
        ours = env!("CARGO_PKG_VERSION"),
        commit = commit(),
        processor =
            field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned()),
        cores = std::thread::available_parallelism().map_or(0, usize::from),
        memory = field("/proc/meminfo", "MemTotal")
            .and_then(|text| text.trim_end_matches(" kB").parse::<f64>().ok())
            .unwrap_or_default()
            / 1e6,
        system = field_of(
            &std::fs::read_to_string("/etc/os-release").unwrap_or_default(),
            "PRETTY_NAME",
            '='
        )
        .map_or_else(
            || "Linux".to_owned(),
            |name| name.trim_matches('"').to_owned()
        ),
        postgres = server.describe()?,
        bento = version["BENTO_VERSION"],
        debezium = version["DEBEZIUM_VERSION"],
        connect = version["CONNECT_VERSION"],
        spark = version["SPARK_VERSION"],
        load = load_average(),
    ))
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(", ")
}

fn versions() -> BTreeMap<&'static str, &'static str> {
    VERSIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .collect()
}

/// The commit of the checkout, with `-dirty` if there are uncommitted changes.
fn commit() -> String {
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty", "--exclude", "*"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}

fn field(file: &str, name: &str) -> Option<String> {
    field_of(&std::fs::read_to_string(file).ok()?, name, ':')
}

fn field_of(text: &str, name: &str, separator: char) -> Option<String> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(separator)?;
        (found.trim() == name).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_of_the_measured_part_is_replaced() {
        let old = replaced(&replaced("# Benchmarks\n", "a", "one\n"), "b", "two\n");
        let new = replaced(&old, "a", "three\n");
        assert_eq!(new, old.replace("one", "three"));
        assert!(old.contains("one") && old.contains("two"), "{old}");
    }

    #[test]
    fn all_versions_in_the_document_are_found() {
        for name in [
            "BENTO_VERSION",
            "DEBEZIUM_VERSION",
            "CONNECT_VERSION",
            "SPARK_VERSION",
        ] {
            assert!(versions().contains_key(name), "{name}");
        }
    }
}
