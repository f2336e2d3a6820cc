//! The window as a picture, without a display.

use crate::{
    painter::Painter,
    ui::{App, fonts, theme},
};
use anyhow::{Context as _, Result};
use egui::{Color32, ColorImage, RawInput, Rect, Theme, ViewportId, vec2};
use image::{
    ColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use std::{fs::File, io::BufWriter, path::Path};

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

/// Writes a picture as PNG.
///
/// # Errors
/// If the file cannot be written.
pub fn write(image: &ColorImage, path: &Path) -> Result<()> {
    let [width, height] = image.size;
    let bytes: Vec<u8> = image
        .pixels
        .iter()
        .flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()])
        .collect();
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    PngEncoder::new_with_quality(
        BufWriter::new(file),
        CompressionType::Best,
        FilterType::Adaptive,
    )
    .write_image(
        &bytes,
        u32::try_from(width)?,
        u32::try_from(height)?,
        ColorType::Rgb8.into(),
    )
    .with_context(|| format!("cannot write {}", path.display()))
}
