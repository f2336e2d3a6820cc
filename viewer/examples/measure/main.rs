//! What the viewer costs: `make bench PARTS=viewer` writes it to docs/viewer-benchmarks.md.
//!
//! Prints lines of a Markdown table: what, measured, target. Time is that of the processor for the window's own
//! work (layout, shapes, triangles): neither the graphics driver nor other programs count.

#![allow(
    clippy::unwrap_used,
    reason = "what is not as expected ends the measurement"
)]

mod frames;
mod memory;
mod refresh;
mod reports;
mod window;

use std::env;

fn main() {
    match env::args().nth(1).as_deref() {
        Some("days") => frames::days(),
        Some("minutes") => frames::minutes(),
        Some("reports") => reports::reports(),
        Some("refresh") => refresh::refresh(&env::var("DATABASE_URL").unwrap()),
        _ => eprintln!("usage: measure days | minutes | reports | refresh"),
    }
}

/// A line of the table.
fn report(what: &str, measured: &str, target: &str) {
    println!("| {what} | {measured} | {target} |");
}
