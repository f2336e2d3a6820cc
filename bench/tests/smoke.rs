//! A run of the benchmark with few events. It fails if a system fails or a number is wrong, never because of a time. It needs
//! the local stack, as the end-to-end tests do.

use std::path::Path;
use std::process::Command;

/// The systems that need no download.
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
fn every_system_gives_the_expected_numbers_and_appears_in_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("benchmarks.md");
    let output = Command::new(env!("CARGO_BIN_EXE_musicstream-bench"))
        .args(["--size", "smoke", "--systems", SYSTEMS])
        .arg("--write")
        .arg(&document)
        .args(["ingest", "freshness", "extension", "listening", "scale"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");

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
        assert_eq!(
            lines.count(),
            2,
            "the tables of speed and of cost must each have a row for {title}:\n{text}"
        );
    }
    for layout in ["one Postgres", "two independent Postgres"] {
        assert!(text.contains(&format!("| {layout} |")), "{text}");
    }
    for plot in PLOTS {
        assert!(text.contains(&format!("(benchmarks/{plot}.png)")), "{text}");
        assert_has_colours(
            &folder
                .path()
                .join("benchmarks")
                .join(plot)
                .with_extension("png"),
        );
    }
    assert!(!text.contains("NaN"), "{text}");
}

/// Fails for a plot without bars and lines, which is black on white.
fn assert_has_colours(path: &Path) {
    let picture = image::open(path).expect("the plot is a PNG file").to_rgb8();
    let colourful = picture.pixels().filter(|pixel| {
        let [red, green, blue] = pixel.0;
        red.abs_diff(green).max(green.abs_diff(blue)) > 60
    });
    assert!(colourful.count() > 100, "{}", path.display());
}
