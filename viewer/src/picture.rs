//! The window as a picture, without a display.

use crate::{
    painter::Painter,
    ui::{App, fonts, theme},
};
use egui::{Color32, ColorImage, RawInput, Rect, Theme, ViewportId, vec2};

/// How a picture is made.
#[derive(Clone, Copy, Debug)]
pub struct Shot {
    /// Width and height in points.
    pub size: [u32; 2],
    /// Pixels a point.
    pub scale: f32,
    /// Light or dark.
    pub theme: Theme,
}

/// How many times the window is drawn before the picture counts: sizes settle within two or three.
const PASSES: usize = 4;

/// Draws the window a few times and paints the last one.
pub fn take(app: &mut App, shot: Shot) -> ColorImage {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    fonts::install_system(&ctx);
    let mut painter = Painter::default();
    let size = vec2(shot.size[0] as f32, shot.size[1] as f32);
    let mut output = egui::FullOutput::default();
    for pass in 0..PASSES {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, size)),
            time: Some(pass as f64),
            system_theme: Some(shot.theme),
            focused: true,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(shot.scale);
        }
        app.logic();
        output = ctx.run_ui(input, |ui| app.ui(ui));
        painter.update(&output.textures_delta);
        output.textures_delta.clear();
    }
    let shapes = std::mem::take(&mut output.shapes);
    let primitives = ctx.tessellate(shapes, output.pixels_per_point);
    let pixels = [
        (size.x * output.pixels_per_point).round() as usize,
        (size.y * output.pixels_per_point).round() as usize,
    ];
    painter.paint(&primitives, pixels, output.pixels_per_point, Color32::BLACK)
}
