//! How far each partition is, and what rollups take.

use super::{
    parts::grid,
    rollups,
    tiles::{self, Tile},
};
use crate::{
    data::reports::pipeline::PartitionState,
    page::reports::{pipeline::Contents, sheet::Value},
    ui::{grid::sheet, memory::Memory, text, theme},
};
use egui::{Rect, Ui, pos2};

/// Width of the table of rollups.
const ROLLUPS: f32 = 360.0;
/// A lag beyond this is a warning.
const LATE_US: i64 = 10 * 60 * 1_000_000;
/// The same for the watermark, which is an hour behind unless set otherwise.
const LATE_WATERMARK_US: i64 = 75 * 60 * 1_000_000;

/// Shows the report over the whole of `rect`.
pub(super) fn show(ui: &mut Ui, rect: Rect, contents: &Contents, memory: &mut Memory) {
    let above = Rect::from_x_y_ranges(rect.x_range(), rect.min.y..=rect.min.y + tiles::HEIGHT);
    let tiles = tiles(contents);
    // What waits, and what the last rollup took, is left to its table where there is little room.
    let count = if rect.width() > 760.0 { 5 } else { 3 };
    tiles::show(ui, above, &tiles[..count]);
    let below = Rect::from_min_max(pos2(rect.min.x, above.max.y + theme::GAP), rect.max);
    let is_wide = below.width() > 900.0;
    // As high as its rows, as far as what is below keeps some room.
    let least = if is_wide { 0.4 } else { 0.36 };
    let room = below.height() * (1.0 - least) - theme::GAP;
    let height = sheet::height(&contents.sheet).min(room);
    let split = below.min.y + height;
    let upper = Rect::from_min_max(below.min, pos2(below.max.x, split));
    let lower = Rect::from_min_max(pos2(below.min.x, split + theme::GAP), below.max);
    grid(ui, upper, &contents.sheet, memory);
    if !is_wide {
        grid(ui, lower, &contents.rollups, memory);
        return;
    }
    let middle = lower.max.x - ROLLUPS;
    let left = Rect::from_min_max(lower.min, pos2(middle - theme::GAP, lower.max.y));
    let right = Rect::from_min_max(pos2(middle, lower.min.y), lower.max);
    rollups::show(ui, left, &contents.pipeline);
    grid(ui, right, &contents.rollups, memory);
}

fn tiles(contents: &Contents) -> [Tile; 5] {
    let of = &contents.pipeline;
    let [lag, watermark, rate, waiting, rollup] = text::pipeline_tiles();
    let is_late = |at: Option<i64>, late: i64| at.is_some_and(|at| of.read_at - at > late);
    let tile = |at: usize, title: &str, value: String, notes: Vec<String>, warn: bool| Tile {
        title: title.into(),
        value,
        change: None,
        notes,
        warn,
        tip: text::pipeline_tip(at).into(),
    };
    let last = of.rollups.first();
    let instant = match of.watermark {
        Some(at) => text::watermark_at(at).into(),
        None => Vec::new(),
    };
    // Without an active partition, what came last of all.
    let slowest_at = of
        .slowest()
        .map_or(of.newest_event_at, |slowest| slowest.newest_event_at);
    let active = of.count(PartitionState::Active);
    let idle = of.count(PartitionState::Idle);
    [
        tile(
            0,
            lag,
            text::cell(&contents.age(slowest_at)),
            text::slowest(
                of.slowest().map(|slowest| slowest.partition),
                of.newest_event_at,
            ),
            is_late(slowest_at, LATE_US),
        ),
        tile(
            1,
            watermark,
            match of.watermark {
                Some(at) => text::ago(of.read_at - at),
                None => text::cell(&Value::Nothing),
            },
            instant,
            is_late(of.watermark, LATE_WATERMARK_US),
        ),
        tile(
            2,
            rate,
            text::cell(&of.per_second().map_or(Value::Nothing, Value::PerSecond)),
            text::partitions(active, idle),
            false,
        ),
        tile(
            3,
            waiting,
            text::deltas(of.pending_deltas),
            text::waiting(of.staged, of.touched_hours),
            false,
        ),
        tile(
            4,
            rollup,
            text::cell(&last.map_or(Value::Nothing, |last| Value::Milliseconds(last.ms))),
            vec![
                last.map_or(text::cell(&Value::Nothing), |last| {
                    text::ago(of.read_at - last.at)
                }),
                String::new(),
            ],
            false,
        ),
    ]
}
