//! The files of a load: named files, and the files in named folders.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use musicstream_event::Format;

/// Replaces folders by the files in them whose extensions name a format, ordered by name. Subfolders are not searched.
///
/// # Errors
/// A folder cannot be read, or has no such file.
pub(super) fn expand(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() {
            all.extend(of_folder(path)?);
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

fn of_folder(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = || format!("cannot read the folder {}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy());
        if name.is_some_and(|name| Format::of_name(&name).is_some()) && path.is_file() {
            files.push(path);
        }
    }
    ensure!(
        !files.is_empty(),
        "the folder {} has no .csv, .ndjson, .jsonl or .json file, compressed or not",
        folder.display()
    );
    files.sort();
    Ok(files)
}

/// Whether what has been read of it cannot be read again: standard input, or a pipe such as a shell's `<(…)`.
pub(super) fn is_read_once(path: &Path) -> bool {
    path == Path::new("-")
        || std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_replaced_by_its_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.ndjson.gz", "a.csv", "readme.md", "c.csv.zst"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("d.csv")).unwrap();
        let found = expand(&["-".into(), folder.path().into(), "x.csv".into()]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["-", "a.csv", "b.ndjson.gz", "c.csv.zst", "x.csv"]);
        let empty = folder.path().join("d.csv");
        assert!(expand(&[empty]).is_err());
    }
}
