//! Fallback glyphs: a character that no font has is drawn as a frame with its code point, as browsers do, so that
//! names with such characters can be told apart and looked up.

use egui::{
    Color32, ColorImage, Context,
    epaint::text::{GlyphBitmap, GlyphRasterizer, GlyphRasterizerRequest, RasterizedGlyph},
    vec2,
};

/// Digits to base 16, a row of three pixels each, the left one highest.
const DIGITS: [[u8; 5]; 16] = [
    [7, 5, 5, 5, 7],
    [2, 6, 2, 2, 7],
    [7, 1, 7, 4, 7],
    [7, 1, 7, 1, 7],
    [5, 5, 7, 1, 1],
    [7, 4, 7, 1, 7],
    [7, 4, 7, 5, 7],
    [7, 1, 1, 2, 2],
    [7, 5, 7, 5, 7],
    [7, 5, 7, 1, 7],
    [7, 5, 7, 5, 5],
    [6, 5, 6, 5, 6],
    [7, 4, 4, 4, 7],
    [6, 5, 5, 5, 6],
    [7, 4, 7, 4, 7],
    [7, 4, 7, 4, 4],
];
/// From one digit to the next.
const STEP: [usize; 2] = [4, 6];
/// Frame and the room within it, on either side.
const EDGE: usize = 2;
/// A size of text, in pixels, at which a digit's pixel is one of the screen's.
const PLAIN_SIZE: f32 = 13.0;

/// Gives a context the frames.
pub(super) fn install(ctx: &Context) {
    ctx.add_glyph_rasterizer(GlyphRasterizer::new("musicstream::number", glyph));
}

fn glyph(request: &GlyphRasterizerRequest<'_>) -> Option<RasterizedGlyph> {
    let character = request.cluster.chars().next().filter(|c| !c.is_control())?;
    let zoom = (request.font_size_px / PLAIN_SIZE).round().max(1.0) as usize;
    let image = picture(u32::from(character), zoom);
    let [width, height] = image.size;
    Some(RasterizedGlyph {
        advance_px: (width + 2 * zoom) as f32,
        bitmap: GlyphBitmap {
            offset_px: vec2(zoom as f32, 3.0 * zoom as f32 - height as f32),
            image,
            is_color: false,
        },
    })
}

/// A frame with the digits in two rows.
fn picture(number: u32, zoom: usize) -> ColorImage {
    let columns = if number > 0xFFFF { 3 } else { 2 };
    let size = [columns * STEP[0] - 1 + 2 * EDGE, 2 * STEP[1] - 1 + 2 * EDGE];
    let is_ink = |x: usize, y: usize| {
        if x == 0 || y == 0 || x + 1 == size[0] || y + 1 == size[1] {
            return true;
        }
        let (Some(x), Some(y)) = (x.checked_sub(EDGE), y.checked_sub(EDGE)) else {
            return false;
        };
        let (column, row) = (x / STEP[0], y / STEP[1]);
        let (x, y) = (x % STEP[0], y % STEP[1]);
        if column >= columns || row > 1 || x > 2 || y > 4 {
            return false;
        }
        let place = 2 * columns - 1 - (row * columns + column);
        let digit = number >> (4 * place) & 0xF;
        DIGITS[digit as usize][y] >> (2 - x) & 1 == 1
    };
    let pixels = (0..size[1] * zoom).flat_map(|y| {
        (0..size[0] * zoom).map(move |x| match is_ink(x / zoom, y / zoom) {
            true => Color32::WHITE,
            false => Color32::TRANSPARENT,
        })
    });
    ColorImage::new([size[0] * zoom, size[1] * zoom], pixels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(number: u32, zoom: usize) -> Vec<String> {
        let image = picture(number, zoom);
        let line = |row: &[Color32]| {
            let ink = |pixel: &Color32| if *pixel == Color32::WHITE { '#' } else { '.' };
            row.iter().map(ink).collect()
        };
        image.pixels.chunks(image.size[0]).map(line).collect()
    }

    #[test]
    fn the_number_stands_in_the_frame() {
        let lines = drawn(0x4E2D, 1);
        assert_eq!(
            lines,
            [
                "###########",
                "#.........#",
                "#.#.#.###.#",
                "#.#.#.#...#",
                "#.###.###.#",
                "#...#.#...#",
                "#...#.###.#",
                "#.........#",
                "#.###.##..#",
                "#...#.#.#.#",
                "#.###.#.#.#",
                "#.#...#.#.#",
                "#.###.##..#",
                "#.........#",
                "###########",
            ]
        );
    }

    #[test]
    fn large_numbers_and_large_text_have_their_room() {
        assert_eq!(drawn(0x1_F3B5, 1)[0].len(), 15);
        assert_eq!(drawn(0x4E2D, 2).len(), 30);
        let mut seen: Vec<_> = (0..0x3000).map(|number| drawn(number, 1)).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 0x3000, "no two look alike");
    }
}
