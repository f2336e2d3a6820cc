//! Prints the result of a subcommand, as text or JSON. The only place that does.

use std::io::Write;

use serde::Serialize;

use crate::args::OutputFormat;

/// A result: its JSON form is that of `Serialize`.
pub(crate) trait Output: Serialize {
    /// One or more lines, without the last line end.
    fn text(&self) -> String;

    fn render(&self, format: OutputFormat) -> String {
        match format {
            OutputFormat::Text => self.text(),
            // Maps with keys that are not text cannot be serialized; no result has one.
            OutputFormat::Json => serde_json::to_string(self).unwrap_or_default(),
        }
    }

    /// Prints on standard output. A closed pipe is no error: the work of the subcommand is done.
    fn print(&self, format: OutputFormat) {
        let _ = writeln!(std::io::stdout(), "{}", self.render(format));
    }

    /// Prints on standard error, where standard output has the records themselves.
    fn print_on_stderr(&self, format: OutputFormat) {
        let _ = writeln!(std::io::stderr(), "{}", self.render(format));
    }
}

/// Counts with their names on one line: `read 10  inserted 5`.
pub(crate) fn line_of_counts<const N: usize>(counts: [(&str, u64); N]) -> String {
    counts
        .map(|(name, count)| format!("{name} {count}"))
        .join("  ")
}

/// A ratio per second, whole; 0 if no time has passed.
pub(crate) fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        (count as f64 / seconds).round()
    } else {
        0.0
    }
}

/// Seconds with milliseconds.
pub(crate) fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// How the cells of a column are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table with a title line.
pub(crate) struct Table<const N: usize> {
    columns: [(&'static str, Align); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(columns: [(&'static str, Align); N]) -> Table<N> {
        Table {
            columns,
            rows: vec![columns.map(|(title, _)| title.to_owned())],
        }
    }

    pub(crate) fn add(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    /// The lines of the table.
    pub(crate) fn lines(&self) -> Vec<String> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..N).map(width).collect();
        let line = |row: &[String; N]| {
            let cells: Vec<String> = (0..N)
                .map(|column| match (self.columns[column].1, widths[column]) {
                    (Align::Left, width) => format!("{:<width$}", row[column]),
                    (Align::Right, width) => format!("{:>width$}", row[column]),
                })
                .collect();
            cells.join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new([
            ("source", Align::Left),
            ("lag", Align::Right),
            ("owner", Align::Left),
        ]);
        table.add(["a".to_owned(), "12345".to_owned(), String::new()]);
        table.add(["longer é".to_owned(), "7".to_owned(), "me".to_owned()]);
        assert_eq!(
            table.lines(),
            [
                "source      lag  owner",
                "a         12345",
                "longer é      7  me",
            ]
        );
    }

    #[test]
    fn rates_and_counts() {
        assert_eq!(
            line_of_counts([("read", 10), ("rejected", 1)]),
            "read 10  rejected 1"
        );
        assert_eq!((rate(10, 2.5), rate(10, 0.0)), (4.0, 0.0));
        assert_eq!(rounded(2.50049), 2.5);
    }
}
