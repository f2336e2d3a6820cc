//! External test data, which is not part of the project.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Tests that were reported as skipped.
static SKIPPED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The path of a file or folder of the test data, in `MUSICSTREAM_TEST_DATA`, or in `shared/data` beside the checkout.
/// `None` if it does not exist: the caller must return, and a line reports the test as skipped.
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

/// Reports, once, that a test is skipped; the caller must return.
///
/// # Panics
/// Another test has panicked in this function.
pub fn skip(test: &str, why: &str) {
    let mut skipped = SKIPPED.lock().unwrap();
    if skipped.insert(test.to_owned()) {
        // Written directly, because the output of print macros is captured in tests that pass. It begins with a line end,
        // because the test runner may be in the middle of a line.
        let line = format!("\nskipped: {test}: {why}\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

/// The files of a folder, sorted by name.
///
/// # Panics
/// The folder cannot be read, or is empty.
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
    assert!(!files.is_empty(), "{} has no files", folder.display());
    files.sort();
    files
}
