//! Frames of a window full of lines, while zooming and at rest.

use crate::{memory, report};
use egui::{Event, Pos2, RawInput, Rect, vec2};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::Grain,
    data::{Dataset, Row, Status},
    page::{Range, Split, State, View},
    source::Feed,
    ui::{App, Clock, theme},
};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

const TYPES: [&str; 6] = ["pause", "play", "seek", "share", "skip", "stop"];
const REGIONS: [&str; 8] = ["AFRICA", "ANZ", "APAC", "EU", "LATAM", "MENA", "UK", "US"];
const FRAMES: usize = 600;

/// Five years of 48 series.
pub(crate) fn days() {
    let rows = rows(5 * 365);
    let count = rows.len();
    let started = cpu_time();
    let data = Dataset::new(rows, status());
    let mut window = Window::new(data, View::ByEventType);
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
        (View::Table, "table"),
    ] {
        let mut window = Window::new(Dataset::new(self::rows(5 * 365), status()), view);
        window.frame(vec![]);
        window.report_zoom(&format!("the same, zooming, {name}"), "8 ms");
    }
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

/// A million points: as many minutes for each series as there are days above, and some.
pub(crate) fn minutes() {
    let rows = rows(1_000_000 / 48 + 1);
    let count = rows.len();
    let mut window = Window::new(Dataset::new(rows, status()), View::Overlay);
    window.frame(vec![]);
    window.report_zoom(&format!("{count} minute points, zooming"), "16 ms");
    let still = Times::of((0..50).map(|_| window.frame(vec![])));
    report("the same, at rest", &still.words(), "16 ms");
    report(
        "memory of all that, without the graphics driver",
        &format!("{:.0} MB", memory::resident_mb()),
        "",
    );
}

fn rows(back: i32) -> Vec<Row> {
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

fn status() -> Status {
    Status {
        now: DEMO_TIME,
        ..Status::default()
    }
}

/// A window without a display, in which every series is seen.
struct Window {
    ctx: egui::Context,
    app: App,
    number: usize,
    triangles: Duration,
}

impl Window {
    fn new(data: Dataset, view: View) -> Self {
        let state = State {
            view,
            split: Split::Both,
            range: Range::All,
            ..State::default()
        };
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let feed = Feed::fixed(data, "benchmark");
        Self {
            ctx,
            app: App::new(feed, state, Clock::Fixed(DEMO_TIME), ".".into()),
            number: 0,
            triangles: Duration::ZERO,
        }
    }

    /// Zooms in and out around a day, for some hundred frames.
    fn report_zoom(&mut self, what: &str, target: &str) {
        self.triangles = Duration::ZERO;
        let times = Times::of((0..FRAMES).map(|number| {
            let closer = number % 120 < 60;
            let zoom = Event::Zoom(if closer { 1.05 } else { 1.0 / 1.05 });
            // The wheel and the pointer move: what a person does is never exactly still.
            let at = Pos2::new(900.0 + (number % 7) as f32, 380.0);
            self.frame(vec![Event::PointerMoved(at), zoom])
        }));
        let total: Duration = times.cpu.iter().sum();
        let share = self.triangles.as_secs_f64() / total.as_secs_f64() * 100.0;
        let words = times.words();
        report(
            what,
            &format!("{words} ({share:.0} % of it triangles)"),
            target,
        );
    }

    /// Its time on the processor, and on the clock.
    fn frame(&mut self, events: Vec<Event>) -> (Duration, Duration) {
        self.number += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0))),
            time: Some(self.number as f64 / 60.0),
            events,
            ..RawInput::default()
        };
        let (started, clock) = (cpu_time(), Instant::now());
        self.app.logic();
        let mut output = self.ctx.run_ui(input, |ui| self.app.ui(ui));
        let shapes = std::mem::take(&mut output.shapes);
        let drawn = cpu_time();
        let triangles = self.ctx.tessellate(shapes, output.pixels_per_point);
        let (done, elapsed) = (cpu_time(), clock.elapsed());
        self.triangles += done - drawn;
        output.textures_delta.clear();
        drop(triangles);
        (done - started, elapsed)
    }
}

/// Times of frames, the shortest first.
struct Times {
    cpu: Vec<Duration>,
    clock: Vec<Duration>,
}

impl Times {
    fn of(frames: impl Iterator<Item = (Duration, Duration)>) -> Self {
        let (mut cpu, mut clock): (Vec<_>, Vec<_>) = frames.unzip();
        cpu.sort();
        clock.sort();
        Self { cpu, clock }
    }

    fn words(&self) -> String {
        let at = |times: &[Duration], share: usize| ms(times[(times.len() - 1) * share / 100]);
        format!(
            "95 % of {} frames under {} ms, median {} ms, longest {} ms; by the clock, with what else the machine did, {}, {} and {} ms",
            self.cpu.len(),
            at(&self.cpu, 95),
            at(&self.cpu, 50),
            at(&self.cpu, 100),
            at(&self.clock, 95),
            at(&self.clock, 50),
            at(&self.clock, 100),
        )
    }
}

/// Time that this thread has run.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
