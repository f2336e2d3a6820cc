//! Pictures as files.

use anyhow::{Context as _, Result};
use egui::ColorImage;
use image::{
    ColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

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
    let mut file = BufWriter::new(file);
    PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::Adaptive)
        .write_image(
            &bytes,
            u32::try_from(width)?,
            u32::try_from(height)?,
            ColorType::Rgb8.into(),
        )
        .with_context(|| format!("cannot write {}", path.display()))?;
    // Dropping a BufWriter ignores the error of its last write.
    file.flush()
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use egui::Color32;

    /// The picture is smaller than the buffer, so that only the last write can fail.
    #[test]
    fn a_picture_on_a_full_disk_is_an_error_with_its_cause() {
        let image = ColorImage::filled([4, 4], Color32::RED);
        let error = write(&image, Path::new("/dev/full")).unwrap_err();
        let words = format!("{error:#}");
        assert!(
            words.starts_with("cannot write /dev/full: ") && words.contains("No space left"),
            "{words}"
        );
    }
}
