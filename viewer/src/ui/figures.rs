//! The legend as a table: every line of the charts with its figures. Pointing at one makes it stand out.

use super::{
    chart,
    grid::{self, BETWEEN, HEADER, ROW, Wanted},
    icon::Icon,
    inputs::Inputs,
    memory::Memory,
    text, theme, widgets,
};
use crate::{
    calendar::format,
    page::{Command, Line, Page},
    stats::{Change, Figures},
};
use egui::{Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};
use egui_extras::TableRow;

/// Width of the card while it is folded away.
pub(super) const FOLDED: f32 = 34.0;
/// Columns that stay, however little room there is, beside the sum: series and last day.
const LEAST: usize = 2;
/// Place of the sum among the columns.
const SUM: usize = 1;
/// The smallest space between columns for which one more is shown.
const CLOSEST: f32 = 8.0;
/// Place of the change among the columns; those after it matter less.
const CHANGE: usize = 4;
/// Before the name of a series: its mark.
const MARK: f32 = 16.0;

/// Shows the lines of all charts over the whole of `rect`, or a button where they are folded away.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    inputs: &Inputs<'_>,
    page: &Page,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    widgets::paint_card(ui, rect, tokens);
    fold_button(ui, rect, inputs, commands);
    if inputs.state.figures_folded {
        return;
    }
    let lines: Vec<&Line> = page.charts.iter().flat_map(|chart| &chart.lines).collect();
    let inner = Rect::from_min_max(rect.min + vec2(theme::PAD, 0.0), rect.max - vec2(4.0, 4.0));
    let bar = ui.spacing().scroll.allocated_width();
    let (widths, between) = widths(ui, inner.width() - bar - 4.0, page, &lines);
    let builder = UiBuilder::new().max_rect(inner).id_salt("figures");
    let mut child = ui.new_child(builder);
    grid::builder(&mut child, "figures", &widths, Sense::hover())
        .header(HEADER, |row| head(row, page, widths.len(), between))
        .body(|body| {
            body.rows(ROW, lines.len(), |mut table_row| {
                if let Some(line) = lines.get(table_row.index()) {
                    let columns = (widths.len(), between);
                    row(&mut table_row, columns, inputs, page, line, memory);
                }
            });
        });
    let y = rect.min.y + HEADER - 0.5;
    ui.painter()
        .hline(rect.x_range(), y, Stroke::new(1.0, tokens.border));
}

fn fold_button(ui: &mut Ui, rect: Rect, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let folded = inputs.state.figures_folded;
    let [name, tip] = text::fold_button(folded);
    let icon = if folded { Icon::Unfold } else { Icon::Fold };
    let x = match folded {
        true => rect.center().x,
        false => rect.max.x - 17.0,
    };
    let place = Rect::from_center_size(pos2(x, rect.min.y + HEADER / 2.0), vec2(24.0, 24.0));
    let builder = UiBuilder::new().max_rect(place).id_salt("fold");
    let mut child = ui.new_child(builder);
    if widgets::bare_icon_button(&mut child, icon, name, tip).clicked() {
        commands.push(Command::FoldFigures);
    }
}

/// The columns that there can be, by their places: without the sum where numbers of several days do not add up.
fn columns(page: &Page) -> impl Iterator<Item = usize> {
    let adds_up = page.measure.adds_up();
    (0..text::figures(page.grain).len()).filter(move |at| adds_up || *at != SUM)
}

/// As wide as what stands in them, and the space between them, which gives way before a column does.
fn widths(ui: &Ui, room: f32, page: &Page, lines: &[&Line]) -> (Vec<f32>, f32) {
    let font = theme::font(12.5);
    let names = grid::widest(ui, lines.iter().map(|line| line.full_name.as_str()), &font);
    let number = |of: &dyn Fn(&Figures) -> Option<i64>| {
        let largest = lines.iter().filter_map(|line| of(&line.figures)).max();
        largest.map_or(0.0, |largest| {
            grid::width(ui, &format::grouped(largest), font.clone())
        })
    };
    // As wide for all changes of up to three figures, so that the columns stay where they are.
    let usual = text::change(Change::Share(-9.99));
    let changes: Vec<String> = lines
        .iter()
        .map(|line| text::change_of(page, line))
        .collect();
    let changes = changes.iter().map(String::as_str).chain([usual.as_str()]);
    let change = grid::widest(ui, changes, &font);
    let means = lines.iter().filter_map(|line| line.figures.mean);
    let means: Vec<String> = means.map(format::mean).collect();
    let means = means.iter().map(String::as_str).chain(["0.00"]);
    let mean = grid::widest(ui, means, &font);
    let words = [
        names + MARK,
        number(&|figures| Some(figures.sum)),
        number(&|figures| figures.last),
        mean,
        change,
        number(&|figures| figures.min),
        number(&|figures| figures.max),
    ];
    let titles = text::figures(page.grain);
    let widths = titles
        .iter()
        .zip(words)
        .map(|((title, _), words)| words.max(grid::width(ui, title, theme::bold(12.0))));
    let all: Vec<f32> = widths.collect();
    let widths: Vec<f32> = columns(page).map(|at| all[at]).collect();
    // The fold button stands at the end of the head.
    let room = room - 20.0;
    let spare = (room - widths.iter().sum::<f32>()) / widths.len() as f32;
    let between = if spare >= CLOSEST {
        spare.min(BETWEEN)
    } else {
        BETWEEN
    };
    let wanted = |(at, width): (usize, f32)| match at {
        0 => Wanted::name(width + between),
        _ => Wanted::whole(width + between),
    };
    let wanted: Vec<Wanted> = widths.into_iter().enumerate().map(wanted).collect();
    let least = LEAST + usize::from(page.measure.adds_up());
    (grid::fit(&wanted, least, room, 0), between)
}

/// The words of a cell stand off from those of the cell before, which may be a name.
fn inside(rect: Rect, between: f32) -> Rect {
    rect.shrink2(vec2(between / 2.0, 0.0))
}

fn head(mut row: TableRow<'_, '_>, page: &Page, count: usize, between: f32) {
    let titles = text::figures(page.grain);
    for at in columns(page).take(count) {
        let (title, tip) = titles[at];
        let (_, response) = row.col(|ui| {
            let rect = match at {
                0 => ui.max_rect(),
                _ => inside(ui.max_rect(), between),
            };
            let weak = theme::tokens(ui).weak;
            grid::cell_text(ui, rect, at > 0, title, theme::bold(12.0), weak);
        });
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, title));
        response.on_hover_text(tip);
    }
}

fn row(
    row: &mut TableRow<'_, '_>,
    (count, between): (usize, f32),
    inputs: &Inputs<'_>,
    page: &Page,
    line: &Line,
    memory: &mut Memory,
) {
    let figures = line.figures;
    let number = |value: Option<i64>| value.map_or("–".to_owned(), format::grouped);
    let change = text::change_of(page, line);
    let sum = match page.measure {
        measure if measure.adds_up() && figures.rows > 0 => format::grouped(figures.sum),
        // Nothing is known, or one listener may be there on many days.
        _ => "–".into(),
    };
    let texts = [
        sum,
        number(figures.last),
        figures.mean.map_or("–".into(), format::mean),
        change.clone(),
        number(figures.min),
        number(figures.max),
    ];
    row.col(|ui| name(ui, inputs, line));
    for at in columns(page).take(count).skip(1) {
        let words = &texts[at - 1];
        row.col(|ui| {
            let tokens = theme::tokens(ui);
            let color = if at <= CHANGE {
                tokens.text
            } else {
                tokens.weak
            };
            let rect = inside(ui.max_rect(), between);
            grid::cell_text(ui, rect, true, words, theme::font(12.5), color);
        });
    }
    let response = row.response();
    if response.hovered() {
        memory.highlight = Some(line.full_name.clone());
    }
    let spoken = text::series_row(
        page.grain,
        &line.full_name,
        &texts[0],
        &texts[1],
        &texts[2],
        &change,
    );
    if grid::is_in_sight(&response) {
        response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
    }
    let mut notes = Vec::new();
    if figures.missing > 0 {
        notes.push(text::missing(page.grain, &line.full_name, figures.missing));
    }
    notes.extend(text::own_comparison(page, line));
    if !notes.is_empty() {
        response.on_hover_text(notes.join("\n"));
    }
}

/// The mark of a series, as in the charts, and its name.
fn name(ui: &Ui, inputs: &Inputs<'_>, line: &Line) {
    let tokens = theme::tokens(ui);
    let colors = inputs.state.colors(inputs.state.colored());
    let color = chart::hue(colors, line, tokens);
    let rect = ui.max_rect();
    let dot = pos2(rect.min.x + 5.0, rect.center().y);
    match chart::second_cue(colors, line) {
        0 => {
            ui.painter().circle_filled(dot, 4.0, color);
        }
        cue => {
            ui.painter()
                .add(chart::symbol(dot, cue, color, tokens.surface));
        }
    }
    let words = Rect::from_min_max(rect.min + vec2(MARK, 0.0), rect.max);
    grid::cell_text(
        ui,
        words,
        false,
        &line.full_name,
        theme::font(12.5),
        tokens.text,
    );
}
