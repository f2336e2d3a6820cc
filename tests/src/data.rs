//! Data from elsewhere, which are not part of the project.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Tests that said so.
static SKIPPED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A file or folder of the test data, which lie at `MUSICSTREAM_TEST_DATA`, or in `shared/data` beside the
/// checkout. `None` if it is not there: the test is to return at once; a line says that it was skipped.
pub fn find(test: &str, name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MUSICSTREAM_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    skip(test, &format!("no test data at {}", path.display()));
    None
}

/// Says, once, that a test is skipped, which is to return at once.
///
/// # Panics
/// Another test has died while it said so.
pub fn skip(test: &str, why: &str) {
    let mut skipped = SKIPPED.lock().unwrap();
    if skipped.insert(test.to_owned()) {
        // Not by a macro: what those print in a test that passes is swallowed. On a line of its own, whatever the
        // test runner is writing.
        let line = format!("\nskipped: {test}: {why}\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

/// The files of a folder, by name.
///
/// # Panics
/// It cannot be read, or holds none.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let bytes = std::fs::read(entry.path())
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", entry.path().display()));
            (name, bytes)
        })
        .collect();
    assert!(!files.is_empty(), "{} holds no files", folder.display());
    files.sort();
    files
}
