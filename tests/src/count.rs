//! Independent counts by Python programs, which share no code with the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{Finished, run};

/// Events by day (`2026-01-31`), event type and region.
pub type Counts = BTreeMap<(String, String, String), i64>;

/// Runs a Python program of `tests/oracle`.
///
/// # Panics
/// Python 3 is missing, or the program fails.
pub fn python(program: &str, arguments: &[&Path]) -> Finished {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("oracle")
        .join(program);
    run(
        Command::new("python3").arg("-B").arg(path).args(arguments),
        Duration::from_secs(60),
    )
    .with_code(0)
}

/// Runs `count_events.py` on a file.
///
/// # Panics
/// It counts no events, or lists a group twice.
pub fn counted_by_python(format: &str, file: &Path) -> Counts {
    let printed = python("count_events.py", &[Path::new(format), file]).stdout;
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("day,event_type,region,events"));
    let mut counts = Counts::new();
    for line in lines {
        let [day, event_type, region, events] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("not four cells: {line}");
        };
        let group = (day.to_owned(), event_type.to_owned(), region.to_owned());
        let before = counts.insert(group, events.parse().unwrap());
        assert_eq!(before, None, "counted twice: {line}");
    }
    assert!(
        !counts.is_empty(),
        "no events were counted in {}",
        file.display()
    );
    counts
}
