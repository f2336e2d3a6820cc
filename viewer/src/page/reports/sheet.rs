//! A table of a report: what its cells say on screen, and what the same cells say as CSV.

use crate::{
    calendar::{Day, Grain, Micros, Slot, UTC, format, quantity},
    page::quoting::quoted,
    stats::Change,
};
use std::{cmp::Ordering, rc::Rc};

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing is known, or there is nothing.
    Nothing,
    /// A day, or a week or month.
    Slot(Grain, Slot),
    /// An instant, in UTC.
    At(Micros),
    /// Text from the data, which is never translated.
    Text(String),
    /// A word of the user interface, to be translated.
    Word(&'static str),
    /// A number, exact.
    Number(i64),
    /// On how many days of a week or month there was a row, and how many it has.
    Days(usize, usize),
    /// A number per second.
    PerSecond(f64),
    /// Microseconds, shown as hours.
    Hours(i64),
    /// Microseconds, shown as a duration.
    Age(i64),
    /// Milliseconds.
    Milliseconds(f64),
    /// Millionths, shown as a percentage.
    Rate(i64),
    /// A change as a share.
    Change(Change),
}

/// Emphasis of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Normal text.
    #[default]
    Plain,
    /// Less important.
    Weak,
    /// Not complete, not settled.
    Accent,
    /// A warning.
    Warn,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What it holds.
    pub value: Value,
    /// How it stands out.
    pub tone: Tone,
    /// A bar behind it, from 0 to 1.
    pub bar: Option<f32>,
    /// What it is of is not complete: its bar is hollow.
    pub is_open: bool,
    /// Strength of a coloured background, from 0 to 1.
    pub heat: Option<f32>,
    /// The colour of its bar, or of a dot before its words: that of a series in the chart beside the table.
    pub swatch: Option<Swatch>,
}

/// The colour of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swatch {
    /// One of the hues.
    Hue(usize),
    /// That of several names together.
    Others,
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self {
            value,
            tone: Tone::Plain,
            bar: None,
            is_open: false,
            heat: None,
            swatch: None,
        }
    }
}

impl Cell {
    /// The same in another tone.
    pub fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// The same in the colour of a series.
    pub fn swatched(self, swatch: Swatch) -> Self {
        Self {
            swatch: Some(swatch),
            ..self
        }
    }

    /// The same, of something that is complete or not.
    pub fn opened(self, is_open: bool) -> Self {
        Self { is_open, ..self }
    }

    /// The same with a bar behind it.
    pub fn with_bar(self, share: f64) -> Self {
        Self {
            bar: Some(share.clamp(0.0, 1.0) as f32),
            ..self
        }
    }
}

impl Value {
    /// A day.
    pub fn day(day: Day) -> Self {
        Self::Slot(Grain::Day, Grain::Day.slot(day))
    }

    /// As shown on screen, except that [`Self::Word`] is not translated.
    pub fn shown(&self) -> String {
        match self {
            Self::Nothing => "–".into(),
            Self::Slot(grain, slot) => grain.iso(*slot),
            Self::At(at) => format::stamp(*at),
            Self::Text(text) => text.clone(),
            Self::Word(word) => (*word).into(),
            Self::Number(number) => format::grouped(*number),
            Self::Days(days, of) => format!("{days} of {of} days"),
            Self::PerSecond(rate) => format!("{}/s", format::compact(*rate)),
            Self::Hours(us) => quantity::hours(*us),
            Self::Age(us) => format::duration(*us),
            Self::Milliseconds(ms) => quantity::milliseconds(*ms),
            Self::Rate(millionths) => quantity::percentage(*millionths),
            Self::Change(Change::Nothing) => "–".into(),
            Self::Change(Change::New) => "new".into(),
            Self::Change(Change::Share(share)) => format::percent(*share),
        }
    }

    /// In a CSV file: exact, and as the database would write it.
    pub fn csv(&self) -> String {
        match self {
            Self::Nothing | Self::Change(Change::Nothing) => String::new(),
            Self::Slot(grain, slot) => grain.iso(*slot),
            Self::At(at) => quantity::iso_stamp(*at),
            Self::Text(text) => quoted(text),
            Self::Word(word) => (*word).into(),
            Self::Number(number) => number.to_string(),
            Self::Days(days, _) => days.to_string(),
            Self::PerSecond(rate) => format!("{rate:.3}"),
            Self::Hours(us) | Self::Age(us) => quantity::decimal(*us),
            Self::Milliseconds(ms) => format!("{ms:.3}"),
            Self::Rate(millionths) => quantity::decimal(*millionths),
            Self::Change(Change::New) => "new".into(),
            Self::Change(Change::Share(share)) => format!("{share:.6}"),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Slot(_, slot) => Some(f64::from(slot.0)),
            Self::At(number)
            | Self::Number(number)
            | Self::Hours(number)
            | Self::Age(number)
            | Self::Rate(number) => Some(*number as f64),
            Self::Days(days, _) => Some(*days as f64),
            Self::PerSecond(number) | Self::Milliseconds(number) => Some(*number),
            Self::Change(Change::Share(share)) => Some(*share),
            Self::Change(Change::New) => Some(f64::INFINITY),
            Self::Nothing | Self::Change(Change::Nothing) | Self::Text(_) | Self::Word(_) => None,
        }
    }

    /// Numbers by size, words by letters; what is not known comes first.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            _ => self
                .number()
                .unwrap_or(f64::NEG_INFINITY)
                .total_cmp(&other.number().unwrap_or(f64::NEG_INFINITY)),
        }
    }
}

/// A column. Its name in CSV is also what its title on screen is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// In the first line of the CSV.
    pub name: &'static str,
    /// Numbers stand at the right.
    pub right: bool,
    /// Columns with the highest rank are dropped first when there is no room; 0 is never dropped.
    pub rank: u8,
    /// Its words may be cut.
    pub is_long: bool,
    /// On screen, in CSV, or both.
    pub is_in: Place,
}

/// Where a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On screen and in CSV.
    Everywhere,
    /// On screen only: CSV has its parts.
    Screen,
    /// In CSV only.
    File,
}

impl Column {
    /// The same with a rank for dropping.
    pub const fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// The same in this place only.
    pub const fn only(self, is_in: Place) -> Self {
        Self { is_in, ..self }
    }

    /// The same as one whose words may be cut.
    pub const fn long(self) -> Self {
        Self {
            is_long: true,
            ..self
        }
    }
}

/// A column of words.
pub const fn words(name: &'static str) -> Column {
    Column {
        name,
        right: false,
        rank: 0,
        is_long: false,
        is_in: Place::Everywhere,
    }
}

/// A column of numbers.
pub const fn numbers(name: &'static str) -> Column {
    Column {
        right: true,
        ..words(name)
    }
}

type Cells = Rc<dyn Fn(usize, usize) -> Cell>;

/// Which column sorts, and whether the largest comes first.
pub type Sort = (usize, bool);

/// A table whose cells are computed on demand.
#[derive(Clone)]
pub struct Sheet {
    /// Identifies the table, and is part of the name of its CSV file.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What is below them, if they add up.
    pub total: Option<Vec<Cell>>,
    /// How its rows are ordered.
    pub sort: Option<Sort>,
    /// The zone of its days.
    pub zone: String,
    /// Its bars give way to its columns where there is little room.
    pub has_minor_bars: bool,
    /// Rows that sum up others: on screen only.
    sums: Vec<bool>,
    order: Vec<u32>,
    /// Whether some rows that follow one another are of the same slot, and rows are ordered by it.
    has_groups: bool,
    cells: Cells,
}

impl Sheet {
    /// A table with `rows` rows; `cells` computes a cell from row and column.
    pub fn new(
        name: &'static str,
        columns: Vec<Column>,
        rows: usize,
        cells: impl Fn(usize, usize) -> Cell + 'static,
    ) -> Self {
        Self {
            name,
            columns,
            total: None,
            sort: None,
            zone: UTC.into(),
            has_minor_bars: false,
            sums: Vec::new(),
            order: (0..rows as u32).collect(),
            has_groups: false,
            cells: Rc::new(cells),
        }
    }

    /// The same with a line below.
    pub fn with_total(self, total: Vec<Cell>) -> Self {
        Self {
            total: Some(total),
            ..self
        }
    }

    /// The same with days of a zone.
    pub fn in_zone(self, zone: &str) -> Self {
        Self {
            zone: zone.into(),
            ..self
        }
    }

    /// The same with bars that give way to its columns where there is little room.
    pub fn with_minor_bars(self) -> Self {
        Self {
            has_minor_bars: true,
            ..self
        }
    }

    /// The same with rows, by their original place, that sum up others: CSV leaves them out.
    pub fn with_sums(self, sums: Vec<bool>) -> Self {
        Self { sums, ..self }
    }

    /// Whether some of its rows sum up others.
    pub fn has_sums(&self) -> bool {
        self.sums.contains(&true)
    }

    /// The same in another order; rows that are alike stay as they were.
    pub fn sorted(mut self, sort: Option<Sort>) -> Self {
        let Some((column, descending)) = sort.filter(|sort| sort.0 < self.columns.len()) else {
            return self;
        };
        let mut keyed: Vec<(Value, u32)> = self
            .order
            .iter()
            .map(|&row| ((self.cells)(row as usize, column).value, row))
            .collect();
        keyed.sort_by(|a, b| {
            let order = a.0.compare(&b.0);
            if descending { order.reverse() } else { order }
        });
        self.order = keyed.into_iter().map(|(_, row)| row).collect();
        self.sort = sort;
        self.has_groups = (0..self.len()).any(|row| !self.begins_slot(row));
        self
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// A cell, by its place on screen.
    pub fn cell(&self, row: usize, column: usize) -> Cell {
        match self.order.get(row) {
            Some(&row) => (self.cells)(row as usize, column),
            None => Value::Nothing.into(),
        }
    }

    /// The original row of a row on screen.
    pub fn source(&self, row: usize) -> Option<usize> {
        self.order.get(row).map(|&row| row as usize)
    }

    /// All rows in the order of the screen, with a header.
    pub fn csv(&self) -> String {
        let columns = self.columns_but(Place::Screen);
        let names: Vec<&str> = columns.iter().map(|&at| self.columns[at].name).collect();
        let mut text = names.join(",") + "\r\n";
        for row in self.rows_of_file() {
            text += &self.fields(row, &columns).join(",");
            text += "\r\n";
        }
        text
    }

    /// The rows that CSV has.
    fn rows_of_file(&self) -> impl Iterator<Item = usize> {
        let is_sum = |row: &u32| self.sums.get(*row as usize) == Some(&true);
        let rows = self.order.iter().enumerate();
        rows.filter(move |(_, row)| !is_sum(row)).map(|(at, _)| at)
    }

    /// How many rows CSV has.
    pub fn file_len(&self) -> usize {
        self.rows_of_file().count()
    }

    /// Whether a row is the first of its slot, where rows are ordered by slot; all are, where they are not.
    pub fn begins_slot(&self, row: usize) -> bool {
        let by_slot = self.sort.is_some_and(|sort| sort.0 == 0);
        let slot = |row: usize| match self.cell(row, 0).value {
            Value::Slot(_, slot) => Some(slot),
            _ => None,
        };
        !by_slot || row == 0 || slot(row).is_none() || slot(row) != slot(row - 1)
    }

    /// Whether a slot has more than one row, where rows are ordered by slot.
    pub fn has_groups(&self) -> bool {
        self.has_groups
    }

    /// A row as it is copied.
    pub fn copied(&self, row: usize) -> String {
        self.fields(row, &self.columns_but(Place::Screen))
            .join("\t")
    }

    /// The columns without those of one place only.
    pub fn columns_but(&self, place: Place) -> Vec<usize> {
        let is_there = |at: &usize| self.columns[*at].is_in != place;
        (0..self.columns.len()).filter(is_there).collect()
    }

    fn fields(&self, row: usize, columns: &[usize]) -> Vec<String> {
        let field = |&column: &usize| self.cell(row, column).value.csv();
        columns.iter().map(field).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let rows = [("b", 2), ("a", 30), ("c", 4)];
        Sheet::new(
            "test",
            vec![words("name"), numbers("count")],
            rows.len(),
            move |row, column| match column {
                0 => Value::Text(rows[row].0.into()).into(),
                _ => Value::Number(rows[row].1).into(),
            },
        )
    }

    #[test]
    fn a_column_sorts_by_size_and_by_letters() {
        let names = |sheet: Sheet| -> String {
            (0..sheet.len())
                .map(|row| sheet.cell(row, 0).value.shown())
                .collect()
        };
        assert_eq!(names(sheet()), "bac");
        assert_eq!(names(sheet().sorted(Some((1, true)))), "acb");
        assert_eq!(names(sheet().sorted(Some((0, false)))), "abc");
        assert_eq!(names(sheet().sorted(Some((9, false)))), "bac");
    }

    #[test]
    fn csv_has_the_rows_in_their_order() {
        let csv = sheet().sorted(Some((1, false))).csv();
        assert_eq!(csv, "name,count\r\nb,2\r\nc,4\r\na,30\r\n");
    }
}
