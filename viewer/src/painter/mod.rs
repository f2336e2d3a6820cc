//! Pictures without a display: egui's triangles, painted on the CPU.
//!
//! Blending and interpolation follow egui's own shader: colours are premultiplied and mixed as sRGB bytes,
//! textures are sampled linearly, and a pixel belongs to a triangle if its centre does.

mod triangle;

use egui::{
    ClippedPrimitive, Color32, ColorImage, TextureId, TexturesDelta,
    epaint::{ImageData, ImageDelta, Mesh, Primitive},
};
use std::collections::HashMap;

/// Holds the textures that egui has sent, and paints with them.
#[derive(Default)]
pub struct Painter {
    textures: HashMap<TextureId, ColorImage>,
}

impl Painter {
    /// Takes over new and changed textures.
    pub fn update(&mut self, delta: &TexturesDelta) {
        for (id, changes) in &delta.set {
            for change in changes {
                self.update_texture(*id, change);
            }
        }
        for id in &delta.free {
            self.textures.remove(id);
        }
    }

    fn update_texture(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        let Some([left, top]) = delta.pos else {
            self.textures.insert(id, ColorImage::clone(image));
            return;
        };
        let Some(texture) = self.textures.get_mut(&id) else {
            return;
        };
        let (width, height) = (image.width(), image.height());
        for y in 0..height {
            let to = (top + y) * texture.width() + left;
            if let Some(row) = texture.pixels.get_mut(to..to + width) {
                row.copy_from_slice(&image.pixels[y * width..(y + 1) * width]);
            }
        }
    }

    /// Paints the primitives over a background.
    pub fn paint(
        &self,
        primitives: &[ClippedPrimitive],
        size: [usize; 2],
        pixels_per_point: f32,
        background: Color32,
    ) -> ColorImage {
        let mut canvas = ColorImage::filled(size, background);
        for ClippedPrimitive {
            clip_rect,
            primitive,
        } in primitives
        {
            let clip = triangle::Clip::new(*clip_rect, pixels_per_point, size);
            if let Primitive::Mesh(mesh) = primitive {
                self.paint_mesh(&mut canvas, mesh, clip, pixels_per_point);
            }
        }
        canvas
    }

    fn paint_mesh(
        &self,
        canvas: &mut ColorImage,
        mesh: &Mesh,
        clip: triangle::Clip,
        pixels_per_point: f32,
    ) {
        let Some(texture) = self.textures.get(&mesh.texture_id) else {
            return;
        };
        for corners in mesh.indices.chunks_exact(3) {
            let corner = |at: usize| {
                let vertex = mesh.vertices[corners[at] as usize];
                triangle::Corner {
                    position: vertex.pos * pixels_per_point,
                    uv: vertex.uv,
                    color: vertex.color,
                }
            };
            triangle::fill(canvas, texture, [corner(0), corner(1), corner(2)], clip);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Pos2, Rect, pos2, vec2};

    const SIZE: [usize; 2] = [40, 30];

    fn painter() -> Painter {
        let mut painter = Painter::default();
        let white = ColorImage::filled([1, 1], Color32::WHITE);
        painter.update_texture(
            TextureId::default(),
            &ImageDelta::full(white, egui::TextureOptions::LINEAR),
        );
        painter
    }

    fn paint(color: Color32, rect: Rect, clip: Rect) -> ColorImage {
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(rect, color);
        let primitive = ClippedPrimitive {
            clip_rect: clip,
            primitive: Primitive::Mesh(mesh),
        };
        painter().paint(&[primitive], SIZE, 1.0, Color32::BLACK)
    }

    fn everywhere() -> Rect {
        Rect::from_min_size(Pos2::ZERO, vec2(40.0, 30.0))
    }

    #[test]
    fn a_rectangle_covers_its_pixels_once() {
        let half = Color32::from_rgba_premultiplied(100, 0, 0, 128);
        let rect = Rect::from_min_max(pos2(5.0, 5.0), pos2(15.0, 12.0));
        let canvas = paint(half, rect, everywhere());
        for y in 0..30 {
            for x in 0..40 {
                let inside = (5..15).contains(&x) && (5..12).contains(&y);
                let red = canvas.pixels[y * 40 + x].r();
                assert_eq!(
                    red,
                    if inside { 100 } else { 0 },
                    "{x}, {y}: the diagonal counts once"
                );
            }
        }
    }

    #[test]
    fn nothing_is_painted_outside_of_the_clip() {
        let clip = Rect::from_min_max(pos2(10.0, 10.0), pos2(20.0, 20.0));
        let canvas = paint(Color32::RED, everywhere().expand(100.0), clip);
        let painted = canvas.pixels.iter().filter(|pixel| pixel.r() > 0).count();
        assert_eq!(painted, 100);
    }
}
