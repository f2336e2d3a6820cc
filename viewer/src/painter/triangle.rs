//! One triangle.

use egui::{Color32, ColorImage, Pos2};

/// The pixels that may be touched: from `min` up to, not including, `max`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clip {
    min: [i32; 2],
    max: [i32; 2],
}

impl Clip {
    pub(super) fn new(rect: egui::Rect, pixels_per_point: f32, size: [usize; 2]) -> Self {
        let edge = |value: f32, limit: usize| {
            ((value * pixels_per_point).round() as i32).clamp(0, limit as i32)
        };
        Self {
            min: [edge(rect.min.x, size[0]), edge(rect.min.y, size[1])],
            max: [edge(rect.max.x, size[0]), edge(rect.max.y, size[1])],
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Corner {
    /// In pixels.
    pub(super) position: Pos2,
    pub(super) uv: Pos2,
    pub(super) color: Color32,
}

/// Fills the pixels whose centre lies inside, row by row.
pub(super) fn fill(
    canvas: &mut ColorImage,
    texture: &ColorImage,
    corners: [Corner; 3],
    clip: Clip,
) {
    let [a, mut b, mut c] = corners;
    let mut area = cross(a.position, b.position, c.position);
    if area == 0.0 || !area.is_finite() {
        return;
    }
    if area < 0.0 {
        std::mem::swap(&mut b, &mut c);
        area = -area;
    }
    let ys = [a, b, c].map(|corner| corner.position.y);
    let first = (ys.iter().copied().fold(f32::MAX, f32::min).floor() as i32).max(clip.min[1]);
    let last = (ys.iter().copied().fold(f32::MIN, f32::max).ceil() as i32).min(clip.max[1]);
    let flat = a.color == b.color && b.color == c.color && a.uv == b.uv && b.uv == c.uv;
    let flat_color =
        flat.then(|| multiply(sample(texture, a.uv), a.color.to_array().map(f32::from)));
    let edges = [Edge::new(b, c), Edge::new(c, a), Edge::new(a, b)];
    for y in first..last {
        let Some((from, to)) = row(&edges, y as f32 + 0.5, clip) else {
            continue;
        };
        let row = &mut canvas.pixels[y as usize * canvas.size[0]..];
        for x in from..to {
            let color = flat_color.unwrap_or_else(|| {
                let at = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
                let weights = edges.map(|edge| edge.value(at) / area);
                shade(texture, [a, b, c], weights)
            });
            let pixel = &mut row[x as usize];
            *pixel = blend(*pixel, color);
        }
    }
}

/// Twice the signed area.
fn cross(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// A line that has the triangle on its positive side.
#[derive(Clone, Copy)]
struct Edge {
    from: Pos2,
    dx: f32,
    dy: f32,
    /// A centre exactly on this line belongs to the triangle: so two triangles never share a pixel.
    owns: bool,
}

impl Edge {
    fn new(from: Corner, to: Corner) -> Self {
        let (dx, dy) = (
            to.position.x - from.position.x,
            to.position.y - from.position.y,
        );
        Self {
            from: from.position,
            dx,
            dy,
            owns: dy < 0.0 || (dy == 0.0 && dx > 0.0),
        }
    }

    fn value(self, at: Pos2) -> f32 {
        self.dx * (at.y - self.from.y) - self.dy * (at.x - self.from.x)
    }

    fn has(self, at: Pos2) -> bool {
        let value = self.value(at);
        value > 0.0 || (value == 0.0 && self.owns)
    }
}

/// The columns of a row that lie inside, from the first up to, not including, the second.
fn row(edges: &[Edge; 3], y: f32, clip: Clip) -> Option<(i32, i32)> {
    let (mut low, mut high) = (clip.min[0] as f32, clip.max[0] as f32);
    for edge in edges {
        if edge.dy == 0.0 {
            if !edge.has(Pos2::new(0.0, y)) {
                return None;
            }
            continue;
        }
        let x = edge.from.x + (y - edge.from.y) * edge.dx / edge.dy;
        if edge.dy < 0.0 {
            low = low.max(x)
        } else {
            high = high.min(x)
        }
    }
    // Rounding may be off by one at the ends: the exact test decides there.
    let inside = |x: i32| {
        edges
            .iter()
            .all(|edge| edge.has(Pos2::new(x as f32 + 0.5, y)))
    };
    let mut from = ((low - 1.5).floor() as i32).max(clip.min[0]);
    let mut to = ((high + 1.5).ceil() as i32).min(clip.max[0]);
    while from < to && !inside(from) {
        from += 1;
    }
    while to > from && !inside(to - 1) {
        to -= 1;
    }
    (from < to).then_some((from, to))
}

fn shade(texture: &ColorImage, corners: [Corner; 3], weights: [f32; 3]) -> [f32; 4] {
    let mix = |value: fn(&Corner) -> f32| -> f32 {
        corners
            .iter()
            .zip(weights)
            .map(|(corner, weight)| value(corner) * weight)
            .sum()
    };
    let uv = Pos2::new(mix(|corner| corner.uv.x), mix(|corner| corner.uv.y));
    let color = [
        mix(|corner| f32::from(corner.color.r())),
        mix(|corner| f32::from(corner.color.g())),
        mix(|corner| f32::from(corner.color.b())),
        mix(|corner| f32::from(corner.color.a())),
    ];
    multiply(sample(texture, uv), color)
}

fn multiply(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [0, 1, 2, 3].map(|channel| a[channel] * b[channel] / 255.0)
}

/// Between the four texels around the point.
fn sample(texture: &ColorImage, uv: Pos2) -> [f32; 4] {
    let [width, height] = texture.size;
    let x = (uv.x * width as f32 - 0.5).clamp(0.0, width as f32 - 1.0);
    let y = (uv.y * height as f32 - 0.5).clamp(0.0, height as f32 - 1.0);
    let (left, top) = (x.floor() as usize, y.floor() as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let texel = |x: usize, y: usize| texture.pixels[y * width + x].to_array().map(f32::from);
    if fx < 1e-3 && fy < 1e-3 {
        return texel(left, top);
    }
    let (a, b) = (texel(left, top), texel(right, top));
    let (c, d) = (texel(left, bottom), texel(right, bottom));
    [0, 1, 2, 3].map(|at| {
        let upper = a[at] + (b[at] - a[at]) * fx;
        let lower = c[at] + (d[at] - c[at]) * fx;
        upper + (lower - upper) * fy
    })
}

/// Premultiplied "over".
fn blend(under: Color32, over: [f32; 4]) -> Color32 {
    let keep = 1.0 - over[3] / 255.0;
    let under = under.to_array();
    let mixed = [0, 1, 2, 3].map(|at| (over[at] + f32::from(under[at]) * keep + 0.5) as u8);
    Color32::from_rgba_premultiplied(mixed[0], mixed[1], mixed[2], mixed[3])
}
