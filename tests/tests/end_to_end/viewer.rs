//! The viewer's picture of a database, written without a display.

use std::collections::HashMap;
use std::time::Duration;

use musicstream_tests::database::Database;
use musicstream_tests::oracle::roll_up;
use musicstream_tests::pipeline::load;
use musicstream_tests::process::{program, run};

#[test]
fn the_picture_of_a_headless_run_is_not_blank() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.csv");
    run(
        program("musicstream-ingestor")
            .args(["generate", "--count", "5000", "--to"])
            .arg(&history),
        Duration::from_secs(60),
    )
    .with_code(0);
    let database = Database::create();
    assert_eq!(load(&database, &history).inserted, 5000);
    roll_up(&mut database.client());

    let picture = folder.path().join("viewer.png");
    run(
        program("musicstream-viewer")
            .arg("--screenshot")
            .arg(&picture)
            .env("DATABASE_URL", database.read_url())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", folder.path()),
        Duration::from_secs(120),
    )
    .with_code(0);

    let image = image::open(&picture).expect("a PNG").into_rgb8();
    let (width, height) = image.dimensions();
    assert!(width >= 800 && height >= 500, "{width} x {height}");
    let mut pixels: HashMap<[u8; 3], u32> = HashMap::new();
    for pixel in image.pixels() {
        *pixels.entry(pixel.0).or_default() += 1;
    }
    let commonest = pixels.values().max().copied().unwrap_or_default();
    assert!(pixels.len() > 100, "only {} colours", pixels.len());
    assert!(
        u64::from(commonest) * 100 < u64::from(width) * u64::from(height) * 98,
        "one colour fills {commonest} of {width} x {height}"
    );
    // Only series are drawn in saturated colours.
    let saturated =
        |[red, green, blue]: [u8; 3]| red.max(green).max(blue) - red.min(green).min(blue) > 90;
    let drawn: u32 = pixels
        .iter()
        .filter(|(colour, _)| saturated(**colour))
        .map(|(_, count)| count)
        .sum();
    assert!(drawn > 1000, "only {drawn} pixels of series");
}
