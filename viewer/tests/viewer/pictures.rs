//! The window as pictures, painted by the viewer's own painter: `UPDATE_SNAPSHOTS=1` accepts changes.

use egui::{ColorImage, Context, FullOutput, Key, TexturesDelta, Theme, accesskit::Role, vec2};
use egui_kittest::{
    Harness, SnapshotOptions, TestRenderer,
    kittest::{NodeT, Queryable},
};
use image::RgbaImage;
use musicstream_viewer::{
    DEMO_TIME,
    model::{
        data::{Dataset, Row, Status},
        day::{DAY_US, Day},
        series::{Split, View},
        span::Range,
    },
    painter::Painter,
    source::{Feed, demo, problem::Problem},
    state::State,
    ui::{App, Clock, theme},
};

#[derive(Default)]
struct Renderer(Painter);

impl TestRenderer for Renderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.0.update(delta);
    }

    fn render(&mut self, ctx: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let scale = output.pixels_per_point;
        let primitives = ctx.tessellate(output.shapes.clone(), scale);
        let size = ctx.content_rect().size() * scale;
        let size = [size.x.round() as usize, size.y.round() as usize];
        let image: ColorImage = self.0.paint(&primitives, size, scale, egui::Color32::BLACK);
        let bytes = image
            .pixels
            .iter()
            .flat_map(|pixel| pixel.to_array())
            .collect();
        RgbaImage::from_raw(size[0] as u32, size[1] as u32, bytes).ok_or("size".to_owned())
    }
}

struct Shot {
    feed: Feed,
    state: State,
    size: [f32; 2],
    theme: Theme,
    scale: f32,
}

impl Shot {
    fn new(feed: Feed, state: State) -> Self {
        Self {
            feed,
            state,
            size: [1000.0, 640.0],
            theme: Theme::Light,
            scale: 1.0,
        }
    }

    fn harness(self) -> Harness<'static, App> {
        let theme = match self.theme {
            Theme::Light => musicstream_viewer::state::Theme::Light,
            Theme::Dark => musicstream_viewer::state::Theme::Dark,
        };
        let state = State {
            theme,
            ..self.state
        };
        let clock = Clock::Fixed(DEMO_TIME);
        let app = App::new(self.feed, state, clock, std::env::temp_dir());
        let mut harness = Harness::builder()
            .with_size(vec2(self.size[0], self.size[1]))
            .with_pixels_per_point(self.scale)
            .with_theme(self.theme)
            .with_max_steps(12)
            .with_render_cursor(false)
            .with_context_setup(theme::install)
            // Fonts are part of the program and the painter uses no GPU: only rounding may differ.
            .with_options(SnapshotOptions::new().threshold(1.0).max_failed_pixels(20))
            .renderer(Renderer::default())
            .build_ui_state(
                |ui, app: &mut App| {
                    app.logic();
                    app.ui(ui);
                },
                app,
            );
        harness.run_steps(4);
        harness
    }

    fn snapshot(self, name: &str) {
        self.harness().snapshot(name);
    }
}

fn sample() -> Feed {
    Feed::sample(DEMO_TIME)
}

fn state(view: View) -> State {
    State {
        view,
        ..State::default()
    }
}

fn status() -> Status {
    Status {
        now: DEMO_TIME,
        ..Status::default()
    }
}

fn today() -> Day {
    Day::of(DEMO_TIME)
}

#[test]
fn by_event_type_light() {
    let state = State {
        compare: true,
        ..state(View::ByEventType)
    };
    Shot {
        size: [1240.0, 760.0],
        ..Shot::new(sample(), state)
    }
    .snapshot("by_event_type_light");
}

#[test]
fn heatmap_dark() {
    let state = State {
        range: Range::Days90,
        ..state(View::Heatmap)
    };
    Shot {
        theme: Theme::Dark,
        ..Shot::new(sample(), state)
    }
    .snapshot("heatmap_dark");
}

#[test]
fn by_region_dark() {
    Shot {
        theme: Theme::Dark,
        ..Shot::new(sample(), state(View::ByRegion))
    }
    .snapshot("by_region_dark");
}

#[test]
fn overlay_both_dark() {
    let state = State {
        split: Split::Both,
        range: Range::Days90,
        ..state(View::Overlay)
    };
    Shot {
        theme: Theme::Dark,
        ..Shot::new(sample(), state)
    }
    .snapshot("overlay_both_dark");
}

/// The smallest window, in the theme that the view's large picture does not have.
fn small(view: View, theme: Theme, name: &str) {
    Shot {
        size: [780.0, 520.0],
        theme,
        ..Shot::new(sample(), state(view))
    }
    .snapshot(name);
}

#[test]
fn by_event_type_small_dark() {
    small(View::ByEventType, Theme::Dark, "by_event_type_small_dark");
}

#[test]
fn by_region_small_light() {
    small(View::ByRegion, Theme::Light, "by_region_small_light");
}

#[test]
fn heatmap_small_light() {
    small(View::Heatmap, Theme::Light, "heatmap_small_light");
}

#[test]
fn live_small_light() {
    small(View::Live, Theme::Light, "live_small_light");
}

#[test]
fn listeners_small_dark() {
    small(View::Listeners, Theme::Dark, "listeners_small_dark");
}

#[test]
fn table_small_dark() {
    small(View::Table, Theme::Dark, "table_small_dark");
}

#[test]
fn live_dark() {
    let state = State {
        split: Split::Regions,
        ..state(View::Live)
    };
    Shot {
        theme: Theme::Dark,
        ..Shot::new(sample(), state)
    }
    .snapshot("live_dark");
}

#[test]
fn listeners_light() {
    let state = State {
        compare: true,
        ..state(View::Listeners)
    };
    Shot::new(sample(), state).snapshot("listeners_light");
}

#[test]
fn no_listeners() {
    let feed = Feed::fixed(demo::at(DEMO_TIME, 1), "music on db:5432");
    Shot {
        size: [780.0, 520.0],
        ..Shot::new(feed, state(View::Listeners))
    }
    .snapshot("no_listeners");
}

#[test]
fn palette() {
    let mut harness = Shot::new(sample(), State::default()).harness();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    harness.event(egui::Event::Text("show".into()));
    harness.run_steps(3);
    harness.snapshot("palette");
}

#[test]
fn days_typed() {
    let mut harness = Shot {
        size: [780.0, 520.0],
        ..Shot::new(sample(), State::default())
    }
    .harness();
    harness.key_press(Key::D);
    harness.run_steps(3);
    harness.snapshot("days_typed");
}

#[test]
fn table_small_light() {
    Shot {
        size: [780.0, 520.0],
        ..Shot::new(sample(), state(View::Table))
    }
    .snapshot("table_small_light");
}

#[test]
fn two_pixels_a_point() {
    Shot {
        size: [780.0, 520.0],
        scale: 2.0,
        ..Shot::new(sample(), state(View::Overlay))
    }
    .snapshot("two_pixels_a_point");
}

#[test]
fn no_extension() {
    let feed = Feed::failed(
        Problem::NoExtension { available: true },
        DEMO_TIME,
        None,
        "music on db:5432",
    );
    Shot {
        size: [780.0, 520.0],
        ..Shot::new(feed, State::default())
    }
    .snapshot("no_extension");
}

#[test]
fn empty_dark() {
    let feed = Feed::fixed(Dataset::new(vec![], status()), "music on db:5432");
    Shot {
        size: [780.0, 520.0],
        theme: Theme::Dark,
        ..Shot::new(feed, State::default())
    }
    .snapshot("empty_dark");
}

#[test]
fn stale() {
    let lost = Problem::Lost("server closed the connection unexpectedly".into());
    let data = demo::at(DEMO_TIME, 1);
    let feed = Feed::failed(lost, DEMO_TIME - 42_000_000, Some(data), "music on db:5432");
    Shot::new(feed, State::default()).snapshot("stale");
}

/// Missing, zero, incomplete, final and late days; long names and names in other scripts.
#[test]
fn what_days_can_be() {
    let long = "a region with a name that is far too long for its place";
    let mut rows = Vec::new();
    for back in 0..14 {
        for (region, size) in [(long, 900), ("Łódź · Ελλάδα · Россия", 500)] {
            let events = match back {
                3..=5 => continue,
                8 if region != long => continue,
                10 => 0,
                0 => size / 3,
                back => size + i64::from(back * 37 % 90),
            };
            rows.push(Row {
                day: today().plus(-back),
                event_type: "play".into(),
                region: region.into(),
                events,
                late_events: if back == 7 { 12 } else { 0 },
                updated_at: Some(DEMO_TIME),
                is_final: back > 1,
            });
        }
    }
    let watermark = Some(DEMO_TIME - DAY_US);
    let feed = Feed::fixed(
        Dataset::new(
            rows,
            Status {
                watermark,
                ..status()
            },
        ),
        "odd days",
    );
    Shot::new(
        feed,
        State {
            range: Range::Days28,
            ..State::default()
        },
    )
    .snapshot("what_days_can_be");
}

#[test]
fn a_day_read_with_the_pointer() {
    let mut harness = Shot::new(sample(), state(View::Overlay)).harness();
    let chart = harness
        .query_all_by_role(Role::Figure)
        .next()
        .and_then(|node| node.accesskit_node().bounding_box())
        .unwrap();
    harness.hover_at(egui::pos2(
        chart.x0 as f32 * 0.4 + chart.x1 as f32 * 0.6,
        chart.y0 as f32 + 40.0,
    ));
    harness.run_steps(3);
    harness.snapshot("a_day_read_with_the_pointer");
}

#[test]
fn help() {
    let mut harness = Shot::new(sample(), State::default()).harness();
    harness.key_press(Key::F1);
    harness.run_steps(3);
    harness.snapshot("help");
}
