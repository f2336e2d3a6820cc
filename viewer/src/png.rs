//! Pictures as files.

use anyhow::{Context as _, Result};
use egui::ColorImage;
use image::{
    ColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use std::{fs::File, io::BufWriter, path::Path};

/// Writes a picture as PNG.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write(image: &ColorImage, path: &Path) -> Result<()> {
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
