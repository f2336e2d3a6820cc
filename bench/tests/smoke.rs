//! The benchmark with so few events that only its checks say anything: it fails when a system fails or when a number is
//! wrong, never on a time. It needs the stack, as the end-to-end tests do.

use std::path::Path;
use std::process::Command;

/// Without those that have to be fetched.
const SYSTEMS: &str = "copy,sorted,ours,kcat";
const PLOTS: [&str; 6] = [
    "freshness",
    "ingest-bytes",
    "ingest-cpu",
    "ingest-rate",
    "listening",
    "stored",
];

#[test]
fn every_system_comes_to_the_right_numbers_and_the_document_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("benchmarks.md");
    let output = Command::new(env!("CARGO_BIN_EXE_musicstream-bench"))
        .args(["--size", "smoke", "--systems", SYSTEMS])
        .arg("--write")
        .arg(&document)
        .args(["ingest", "freshness", "extension", "listening", "scale"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let text = std::fs::read_to_string(&document).unwrap();
    for title in [
        "plain COPY",
        "plain COPY, sorted",
        "pg_musicstream",
        "kcat, psql \\copy",
    ] {
        let lines = text
            .lines()
            .filter(|line| line.starts_with(&format!("| {title} |")));
        assert_eq!(lines.count(), 2, "speed and cost of {title}:\n{text}");
    }
    for layout in ["one Postgres", "two independent Postgres"] {
        assert!(text.contains(&format!("| {layout} |")), "{text}");
    }
    for plot in PLOTS {
        assert!(text.contains(&format!("(benchmarks/{plot}.png)")), "{text}");
        has_colours(
            &folder
                .path()
                .join("benchmarks")
                .join(plot)
                .with_extension("png"),
        );
    }
    assert!(!text.contains("NaN"), "{text}");
}

/// A plot without bars and lines is black on white.
fn has_colours(path: &Path) {
    let picture = image::open(path).expect("a picture").to_rgb8();
    let colourful = picture.pixels().filter(|pixel| {
        let [red, green, blue] = pixel.0;
        red.abs_diff(green).max(green.abs_diff(blue)) > 60
    });
    assert!(colourful.count() > 100, "{}", path.display());
}
