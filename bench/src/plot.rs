//! Plots as PNG files: bars and lines, axes from zero, with a font of egui.

use std::path::Path;
use std::sync::Once;

use anyhow::{Context, Result, anyhow};
use image::{ImageFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

const WIDTH: u32 = 1000;
const FONT: &str = "sans-serif";
const TEXT_PIXELS: i32 = 20;
/// Height of title and legend, above the axes.
const HEAD_PIXELS: i32 = 84;
/// Blue, orange, green, purple, brown: distinguishable with red-green colour blindness.
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(120, 94, 60),
];

/// A name, and a value for each label.
pub(crate) type Series<T> = (String, Vec<T>);

/// How the bars of several series are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bars {
    Beside,
    Stacked,
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Horizontal bars, one group for each label, from top to bottom.
pub(crate) fn bars(
    path: &Path,
    title: &str,
    axis: &str,
    labels: &[String],
    series: &[Series<f64>],
    kind: Bars,
) -> Result<()> {
    let thickness = if kind == Bars::Beside {
        series.len() as u32
    } else {
        1
    };
    let height = 170 + labels.len() as u32 * (24 + 24 * thickness);
    let total = |index: usize| series.iter().map(|(_, values)| values[index]).sum::<f64>();
    let longest = match kind {
        Bars::Stacked => (0..labels.len()).map(total).fold(0.0, f64::max),
        Bars::Beside => series
            .iter()
            .flat_map(|(_, values)| values.iter().copied())
            .fold(0.0, f64::max),
    };
    draw(path, height, title, |area| {
        let places = labels.len() as f64;
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .margin_top(HEAD_PIXELS)
            .x_label_area_size(56)
            .y_label_area_size(250)
            // Leaves room for the number at the end of the longest bar.
            .build_cartesian_2d(0.0..longest.max(f64::MIN_POSITIVE) * 1.12, places..0.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(TRANSPARENT)
            .x_desc(axis)
            .x_labels(8)
            .x_label_formatter(&|value| number(*value))
            .label_style((FONT, TEXT_PIXELS))
            .axis_desc_style((FONT, TEXT_PIXELS))
            .draw()?;
        let mut starts = vec![0.0; labels.len()];
        for (which, (_, values)) in series.iter().enumerate() {
            let colour = COLOURS[which % COLOURS.len()];
            for (index, value) in values.iter().enumerate() {
                let (from, above, depth) = match kind {
                    Bars::Stacked => (starts[index], 0.2, 0.6),
                    Bars::Beside => {
                        let depth = 0.8 / series.len() as f64;
                        (0.0, 0.1 + depth * which as f64, depth)
                    }
                };
                let top = index as f64 + above;
                let corners = [(from, top), (from + value, top + depth)];
                chart.draw_series([Rectangle::new(corners, colour.filled())])?;
                starts[index] = from + value;
                let is_last = kind == Bars::Beside || which + 1 == series.len();
                if is_last {
                    let style = text(Pos::new(HPos::Left, VPos::Center));
                    let place = (starts[index], top + depth / 2.0);
                    let label =
                        EmptyElement::at(place) + Text::new(number(starts[index]), (6, 0), style);
                    chart.draw_series([label])?;
                }
            }
        }
        for (index, label) in labels.iter().enumerate() {
            // Drawn outside of the plotting area, which would clip it.
            let (x, y) = chart.backend_coord(&(0.0, index as f64 + 0.5));
            let style = text(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(label.clone(), (x - 8, y), style))?;
        }
        legend(area, series.iter().map(|(name, _)| name.as_str()))
    })
}

/// Lines with marked points.
pub(crate) fn lines(
    path: &Path,
    title: &str,
    (x_axis, y_axis): (&str, &str),
    series: &[Series<(f64, f64)>],
) -> Result<()> {
    let points = || series.iter().flat_map(|(_, points)| points.iter().copied());
    let highest = points().map(|(_, y)| y).fold(f64::MIN_POSITIVE, f64::max);
    let widest = points().map(|(x, _)| x).fold(f64::MIN_POSITIVE, f64::max);
    draw(path, 560, title, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .margin_top(HEAD_PIXELS)
            .margin_right(30)
            .x_label_area_size(56)
            .y_label_area_size(90)
            .build_cartesian_2d(0.0..widest * 1.04, 0.0..highest * 1.15)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(x_axis)
            .y_desc(y_axis)
            .x_label_formatter(&|value| number(*value))
            .y_label_formatter(&|value| number(*value))
            .label_style((FONT, TEXT_PIXELS))
            .axis_desc_style((FONT, TEXT_PIXELS))
            .draw()?;
        for (which, (_, points)) in series.iter().enumerate() {
            let colour = COLOURS[which % COLOURS.len()];
            chart.draw_series(LineSeries::new(
                points.iter().copied(),
                colour.stroke_width(3),
            ))?;
            chart.draw_series(
                points
                    .iter()
                    .map(|point| Circle::new(*point, 5, colour.filled())),
            )?;
        }
        legend(area, series.iter().map(|(name, _)| name.as_str()))
    })
}

/// The legend below the title: a coloured square before each name. A single series has none.
fn legend<'n>(area: &Area<'_>, names: impl ExactSizeIterator<Item = &'n str>) -> Result<()> {
    if names.len() < 2 {
        return Ok(());
    }
    let mut x = 20;
    for (which, name) in names.enumerate() {
        let colour = COLOURS[which % COLOURS.len()];
        area.draw(&Rectangle::new([(x, 50), (x + 18, 64)], colour.filled()))?;
        let style = text(Pos::new(HPos::Left, VPos::Center));
        let (width, _) = area.estimate_text_size(name, &style)?;
        area.draw(&Text::new(name.to_owned(), (x + 24, 57), style))?;
        x += 24 + i32::try_from(width)? + 30;
    }
    Ok(())
}

fn text(anchor: Pos) -> TextStyle<'static> {
    TextStyle::from((FONT, TEXT_PIXELS).into_font()).pos(anchor)
}

/// At most two decimals; none from 100 on.
pub(crate) fn number(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}").trim_end_matches(".0").to_owned(),
        value => {
            let text = format!("{value:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

fn draw(
    path: &Path,
    height: u32,
    title: &str,
    paint: impl FnOnce(&Area<'_>) -> Result<()>,
) -> Result<()> {
    static FONTS: Once = Once::new();
    FONTS.call_once(|| {
        // Fails only for bytes that are not a font.
        let _ = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
    let mut pixels = vec![0; (WIDTH * height * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE).map_err(|error| anyhow!("{error}"))?;
        let style = TextStyle::from((FONT, 26).into_font()).pos(Pos::new(HPos::Left, VPos::Top));
        area.draw(&Text::new(title.to_owned(), (20, 14), style))?;
        paint(&area)?;
        area.present().map_err(|error| anyhow!("{error}"))?;
    }
    let picture = RgbImage::from_raw(WIDTH, height, pixels).context("a picture of that size")?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    picture
        .save_with_format(path, ImageFormat::Png)
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 0.25, 1.0, 9.87, 12.0, 12.34, 512.3].map(number);
        assert_eq!(texts, ["0", "0.25", "1", "9.87", "12", "12.3", "512"]);
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bars.png");
        let labels = ["one".to_owned(), "two".to_owned()];
        let series = [("a".to_owned(), vec![1.0, 2.0])];
        bars(&path, "t", "x", &labels, &series, Bars::Stacked).unwrap();
        let picture = image::open(&path).unwrap().to_rgb8();
        let RGBColor(r, g, b) = COLOURS[0];
        let mut lengths: Vec<usize> = picture
            .rows()
            .map(|row| row.filter(|pixel| pixel.0 == [r, g, b]).count())
            .filter(|length| *length > 0)
            .collect();
        lengths.sort_unstable();
        let (shortest, longest) = (lengths[0], lengths[lengths.len() - 1]);
        assert!(
            (longest as f64 / shortest as f64 - 2.0).abs() < 0.05,
            "{shortest} {longest}"
        );
    }
}
