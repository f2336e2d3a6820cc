//! CSV files that the window saves.

use std::{
    fs::File,
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
        let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err((path, error)),
        }
    }
}
