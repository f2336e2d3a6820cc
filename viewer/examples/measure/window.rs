//! A window without a display, and what its frames cost.

use crate::report;
use egui::{
    Event, FullOutput, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, RawInput, Rect, Shape,
    TouchPhase, pos2, vec2,
};
use musicstream_viewer::{
    page::State,
    source::Feed,
    ui::{App, Clock, theme},
};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

const FRAMES: usize = 600;
/// A point in a chart, in each view that has charts.
const CHART: Pos2 = pos2(780.0, 380.0);
/// A point in a table of each view: those of the pipeline are higher than others.
const TABLES: [Pos2; 2] = [pos2(900.0, 720.0), pos2(900.0, 420.0)];

/// A window without a display.
pub(crate) struct Window {
    pub(crate) app: App,
    ctx: egui::Context,
    number: usize,
    triangles: Duration,
}

impl Window {
    pub(crate) fn new(feed: Feed, state: State, clock: Clock) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        Self {
            app: App::new(feed, state, clock, ".".into()),
            ctx,
            number: 0,
            triangles: Duration::ZERO,
        }
    }

    /// Zooms in and out around a slot of a chart.
    pub(crate) fn report_zoom(&mut self, what: &str, target: &str) {
        let mut is_zoomed = false;
        self.report(what, CHART, target, |window, closer| {
            is_zoomed |= window.app.state().zoom.is_some();
            Event::Zoom(if closer { 1.05 } else { 1.0 / 1.05 })
        });
        assert!(is_zoomed, "no chart is at {CHART}: {what}");
    }

    /// Scrolls a table down and up again.
    pub(crate) fn report_scroll(&mut self, what: &str, target: &str) {
        let table = TABLES.into_iter().find(|at| self.scrolls(*at));
        let table = table.unwrap_or_else(|| panic!("no table is at {TABLES:?}: {what}"));
        self.report(what, table, target, |_, down| scrolled(down));
    }

    /// Whether the wheel changes what is shown with the pointer there.
    fn scrolls(&mut self, at: Pos2) -> bool {
        self.frame(vec![Event::PointerMoved(at)]);
        let before = self.texts(vec![]);
        // The way of the wheel is spread over some frames.
        for _ in 0..5 {
            self.frame(vec![scrolled(true)]);
        }
        self.texts(vec![]) != before
    }

    /// `event` is what happens in a frame: sixty times one way, sixty times the other.
    fn report(
        &mut self,
        what: &str,
        at: Pos2,
        target: &str,
        mut event: impl FnMut(&Self, bool) -> Event,
    ) {
        self.triangles = Duration::ZERO;
        let times = Times::of((0..FRAMES).map(|number| {
            let event = event(self, number % 120 < 60);
            // The pointer moves as well: what a person does is never exactly still.
            let at = at + vec2((number % 7) as f32, 0.0);
            self.frame(vec![Event::PointerMoved(at), event])
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

    /// Draws a frame. Returns its time on the processor, and on the clock.
    pub(crate) fn frame(&mut self, events: Vec<Event>) -> (Duration, Duration) {
        let (started, clock) = (cpu_time(), Instant::now());
        let mut output = self.draw(events);
        let shapes = std::mem::take(&mut output.shapes);
        let drawn = cpu_time();
        let triangles = self.ctx.tessellate(shapes, output.pixels_per_point);
        let (done, elapsed) = (cpu_time(), clock.elapsed());
        self.triangles += done - drawn;
        output.textures_delta.clear();
        drop(triangles);
        (done - started, elapsed)
    }

    /// Draws a frame. Returns all words in it.
    fn texts(&mut self, events: Vec<Event>) -> Vec<String> {
        let output = self.draw(events);
        let texts = output.shapes.iter().filter_map(|shape| match &shape.shape {
            Shape::Text(text) => Some(text.galley.job.text.clone()),
            _ => None,
        });
        texts.collect()
    }

    fn draw(&mut self, events: Vec<Event>) -> FullOutput {
        self.number += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0))),
            time: Some(self.number as f64 / 60.0),
            events,
            ..RawInput::default()
        };
        self.app.logic();
        self.ctx.run_ui(input, |ui| self.app.ui(ui))
    }
}

/// A turn of the wheel.
fn scrolled(down: bool) -> Event {
    Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, if down { -40.0 } else { 40.0 }),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    }
}

/// Times of frames, the shortest first.
pub(crate) struct Times {
    cpu: Vec<Duration>,
    clock: Vec<Duration>,
}

impl Times {
    pub(crate) fn of(frames: impl Iterator<Item = (Duration, Duration)>) -> Self {
        let (mut cpu, mut clock): (Vec<_>, Vec<_>) = frames.unzip();
        cpu.sort();
        clock.sort();
        Self { cpu, clock }
    }

    pub(crate) fn words(&self) -> String {
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
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

pub(crate) fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
