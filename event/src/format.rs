//! The formats of files.

/// How the events of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// One JSON object per line.
    Ndjson,
}

impl Format {
    /// The format that the extension of a file name stands for, ignoring `.gz` or `.zst`.
    pub fn of_name(name: &str) -> Option<Format> {
        let name = name
            .strip_suffix(".gz")
            .or_else(|| name.strip_suffix(".zst"))
            .unwrap_or(name);
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Format::Csv),
            "ndjson" | "jsonl" | "json" => Some(Format::Ndjson),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_extension_determines_the_format() {
        for (name, format) in [
            ("a.csv", Some(Format::Csv)),
            ("a.b.csv.gz", Some(Format::Csv)),
            ("a.ndjson.zst", Some(Format::Ndjson)),
            ("a.jsonl", Some(Format::Ndjson)),
            ("a.json", Some(Format::Ndjson)),
            ("csv", None),
            ("a.parquet", None),
            ("a.gz", None),
        ] {
            assert_eq!(Format::of_name(name), format, "{name}");
        }
    }
}
