//! CSV files that the window saves.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Writes a file under an unused name; never overwrites.
pub(super) fn write(
    folder: &Path,
    stem: &str,
    text: &str,
) -> Result<PathBuf, (PathBuf, io::Error)> {
    let mut number = 1;
    loop {
        let name = match number {
            1 => format!("{stem}.csv"),
            number => format!("{stem}_{number}.csv"),
        };
        let path = folder.join(name);
        let written = File::create_new(&path).and_then(|file| fill(file, &path, text));
        match written {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err((path, error)),
        }
    }
}

/// Writes the text to the new file at `path`, and removes that file on an error: part of the rows would look like all of
/// them.
fn fill(mut file: impl Write, path: &Path, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // The error of the write is the one to report.
        let _ = fs::remove_file(path);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes four bytes, then fails.
    struct FullDisk {
        file: File,
        is_full: bool,
    }

    impl Write for FullDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.is_full, true) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.file.write(&bytes[..bytes.len().min(4)])
        }

        fn flush(&mut self) -> io::Result<()> {
            self.file.flush()
        }
    }

    #[test]
    fn part_of_the_rows_does_not_stay_on_a_full_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let file = FullDisk {
            file: File::create_new(&path).unwrap(),
            is_full: false,
        };
        let error = fill(file, &path, "day,events\r\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(!path.exists());
        let written = write(folder.path(), "rows", "day,events\r\n").unwrap();
        assert_eq!(written, path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "day,events\r\n");
    }
}
