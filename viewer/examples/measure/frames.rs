//! Frames of a window full of lines, while zooming and at rest.

use crate::{
    memory, report,
    window::{Times, Window, cpu_time, ms},
};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::Grain,
    data::{Dataset, Row, Status},
    page::{Range, Split, State, View},
    source::Feed,
    ui::Clock,
};

/// Days of five years.
pub(crate) const DAYS: i32 = 5 * 365;
pub(crate) const REGIONS: [&str; 8] = ["AFRICA", "ANZ", "APAC", "EU", "LATAM", "MENA", "UK", "US"];
const TYPES: [&str; 6] = ["pause", "play", "seek", "share", "skip", "stop"];

/// Five years of 48 series.
pub(crate) fn days() {
    let rows = rows(DAYS);
    let count = rows.len();
    let started = cpu_time();
    let data = Dataset::new(rows, status());
    let mut window = window(data, View::ByEventType);
    window.frame(vec![]);
    let first = cpu_time() - started;
    report(
        &format!("{count} day rows (5 years × 48 series): from their arrival to the first chart"),
        &format!("{} ms", ms(first)),
        "300 ms",
    );
    for (view, name) in [
        (View::Overlay, "overlay, 48 lines"),
        (View::ByEventType, "by event type, 6 charts of 8 lines"),
        (View::ByRegion, "by region, 8 charts of 6 lines"),
        (View::Heatmap, "heatmap, 48 rows"),
    ] {
        let mut window = self::window(Dataset::new(self::rows(DAYS), status()), view);
        window.frame(vec![]);
        window.report_zoom(&format!("the same, zooming, {name}"), "8 ms");
    }
    let mut window = self::window(Dataset::new(self::rows(DAYS), status()), View::Table);
    window.report_scroll("the same, scrolling the table", "8 ms");
    report(
        "memory of all that, without the graphics driver",
        &format!(
            "{:.0} MB, at most {:.0} MB",
            memory::resident_mb(),
            memory::peak_mb()
        ),
        "300 MB",
    );
}

/// A million points: 57 years of days for each series.
pub(crate) fn minutes() {
    let rows = rows(1_000_000 / 48 + 1);
    let count = rows.len();
    let mut window = window(Dataset::new(rows, status()), View::Overlay);
    window.frame(vec![]);
    window.report_zoom(
        &format!("{count} day rows (57 years × 48 series), zooming"),
        "16 ms",
    );
    let still = Times::of((0..50).map(|_| window.frame(vec![])));
    report("the same, at rest", &still.words(), "16 ms");
    report(
        "memory of all that, without the graphics driver",
        &format!("{:.0} MB", memory::resident_mb()),
        "",
    );
}

pub(crate) fn rows(back: i32) -> Vec<Row> {
    let today = Grain::Day.of(DEMO_TIME);
    let mut rows = Vec::new();
    for back in (0..back).rev() {
        for event_type in TYPES {
            for region in REGIONS {
                rows.push(Row {
                    slot: today.plus(-back),
                    event_type: event_type.into(),
                    region: region.into(),
                    events: 1000 + i64::from(back * 7919 % 500) * region.len() as i64,
                    late_events: i64::from(back % 40 == 7),
                    updated_at: None,
                });
            }
        }
    }
    rows
}

pub(crate) fn status() -> Status {
    Status {
        now: DEMO_TIME,
        ..Status::default()
    }
}

/// A window in which every series is seen.
fn window(data: Dataset, view: View) -> Window {
    let state = State {
        view,
        split: Split::Both,
        range: Range::All,
        ..State::default()
    };
    Window::new(
        Feed::fixed(data, "benchmark"),
        state,
        Clock::Fixed(DEMO_TIME),
    )
}
