//! How long the window takes: five years of 48 series, all of them in one chart, while zooming.
//!
//! `cargo run --release -p musicstream-viewer --example frame_time` prints the figures. They count the
//! program's own work (layout, shapes, triangles), not the graphics driver's.

use egui::{Event, Pos2, RawInput, Rect, vec2};
use musicstream_viewer::{
    DEMO_TIME,
    model::{
        board::Board,
        data::{Dataset, Row, Status},
        day::Day,
        series::{Split, View},
        span::Range,
    },
    source::Feed,
    state::State,
    ui::{App, Clock, theme},
};
use std::time::{Duration, Instant};

const YEARS: i32 = 5;
const FRAMES: usize = 400;

fn rows() -> Vec<Row> {
    let today = Day::of(DEMO_TIME);
    let mut rows = Vec::new();
    for back in 0..YEARS * 365 {
        for event_type in ["pause", "play", "seek", "share", "skip", "stop"] {
            for region in ["AFRICA", "APAC", "ANZ", "EU", "LATAM", "MENA", "UK", "US"] {
                rows.push(Row {
                    day: today.plus(-back),
                    event_type: event_type.into(),
                    region: region.into(),
                    events: 1000 + i64::from(back * 7919 % 500) * region.len() as i64,
                    late_events: 0,
                    updated_at: None,
                    is_final: back > 0,
                });
            }
        }
    }
    rows
}

fn main() {
    let rows = rows();
    println!("{} rows", rows.len());
    let started = Instant::now();
    let data = Dataset::new(
        rows,
        Status {
            now: DEMO_TIME,
            ..Status::default()
        },
    );
    println!("sorted and indexed in {:.1} ms", ms(started.elapsed()));
    let state = State {
        view: View::Overlay,
        split: Split::Both,
        range: Range::All,
        ..State::default()
    };
    let mut boards: Vec<Duration> = (0..20)
        .map(|_| {
            let started = Instant::now();
            assert!(Board::new(&data, &state).is_some());
            started.elapsed()
        })
        .collect();
    boards.sort();
    println!(
        "lines, figures and rows worked out in {:.1} ms (median)",
        ms(boards[10])
    );
    let feed = Feed::fixed(data, "benchmark");
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut app = App::new(feed, state, Clock::Fixed(DEMO_TIME), ".".into());
    let first = frame(&ctx, &mut app, 0, vec![]);
    println!("first frame {:.1} ms (fonts included)", ms(first));
    let mut times: Vec<Duration> = (1..=FRAMES)
        .map(|number| {
            let closer = number % 100 < 50;
            let zoom = Event::Zoom(if closer { 1.06 } else { 1.0 / 1.06 });
            let events = vec![Event::PointerMoved(Pos2::new(900.0, 380.0)), zoom];
            frame(&ctx, &mut app, number, events)
        })
        .collect();
    times.sort();
    println!(
        "zooming, {FRAMES} frames: median {:.1} ms, 95 % under {:.1} ms, longest {:.1} ms",
        ms(times[FRAMES / 2]),
        ms(times[FRAMES * 95 / 100]),
        ms(times[FRAMES - 1]),
    );
    let mut still: Vec<Duration> = (0..50)
        .map(|number| frame(&ctx, &mut app, FRAMES + number, vec![]))
        .collect();
    still.sort();
    println!("at rest: median {:.1} ms", ms(still[25]));
}

fn frame(ctx: &egui::Context, app: &mut App, number: usize, events: Vec<Event>) -> Duration {
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0))),
        time: Some(number as f64 / 60.0),
        events,
        ..RawInput::default()
    };
    let started = cpu_time();
    app.logic();
    let mut output = ctx.run_ui(input, |ui| app.ui(ui));
    let shapes = std::mem::take(&mut output.shapes);
    let drawn = cpu_time() - started;
    let triangles = ctx.tessellate(shapes, output.pixels_per_point);
    let taken = cpu_time() - started;
    output.textures_delta.clear();
    drop(triangles);
    if number.is_multiple_of(60) {
        println!(
            "  frame {number}: layout and shapes {:.1} ms, triangles {:.1} ms",
            ms(drawn),
            ms(taken - drawn)
        );
    }
    taken
}

/// Time this thread has run: what other programs take of the machine is not counted.
fn cpu_time() -> Duration {
    let read = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanos = read
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
