//! One picture of the window, painted by the viewer's own painter: `UPDATE_SNAPSHOTS=1` accepts changes.

use egui::{ColorImage, Context, FullOutput, TexturesDelta, Theme, vec2};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults, TestRenderer};
use image::RgbaImage;
use musicstream_viewer::{
    DEMO_TIME,
    calendar::{Grain, Slot},
    data::Status,
    page::{State, View},
    painter::Painter,
    source::Feed,
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

pub(crate) struct Shot {
    pub(crate) feed: Feed,
    pub(crate) state: State,
    /// In points.
    pub(crate) size: [f32; 2],
    pub(crate) theme: Theme,
    /// Pixels a point.
    pub(crate) scale: f32,
    /// Fonts and styles.
    pub(crate) setup: fn(&Context),
}

impl Shot {
    pub(crate) fn new(feed: Feed, state: State) -> Self {
        Self {
            feed,
            state,
            size: [1000.0, 640.0],
            theme: Theme::Light,
            scale: 1.0,
            setup: theme::install,
        }
    }

    pub(crate) fn harness(self) -> Harness<'static, App> {
        let theme = match self.theme {
            Theme::Light => musicstream_viewer::page::Theme::Light,
            Theme::Dark => musicstream_viewer::page::Theme::Dark,
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
            .with_context_setup(self.setup)
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

    pub(crate) fn snapshot(self, name: &str) {
        self.harness().snapshot(name);
    }

    /// The same for one of several, whose results are looked at together.
    pub(crate) fn picture(self, name: &str) -> SnapshotResults {
        let mut harness = self.harness();
        harness.snapshot(name);
        harness.take_snapshot_results()
    }
}

pub(crate) fn sample() -> Feed {
    Feed::sample(DEMO_TIME)
}

pub(crate) fn state(view: View) -> State {
    State {
        view,
        ..State::default()
    }
}

pub(crate) fn status() -> Status {
    Status {
        now: DEMO_TIME,
        ..Status::default()
    }
}

pub(crate) fn today() -> Slot {
    Grain::Day.of(DEMO_TIME)
}
