//! Listening by day and region: the chart of a figure, sums, and rows.

use super::{
    sheet::{Cell, Place, Sheet, Sort, Tone, Value, numbers, words},
    view::View,
};
use crate::{
    calendar::{Day, Grain, Slot, Span, quantity},
    data::{
        Count, Filter, Finality, Measure, Track,
        reports::listening::{Listening, Numbers, Row},
    },
    page::{
        chart::Chart,
        line::{Line, Slots},
    },
    series::Counts,
    stats::{Change, Comparison},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, rc::Rc, sync::Arc};

/// What the chart shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Figure {
    /// Time listened.
    #[default]
    Hours,
    /// Plays that were long enough.
    Streams,
    /// Skips as a part of all plays.
    SkipRate,
    /// Sessions that began.
    Sessions,
}

impl Figure {
    /// In the order of the selector.
    pub const ALL: [Self; 4] = [Self::Hours, Self::Streams, Self::SkipRate, Self::Sessions];

    /// How a chart shows it.
    pub fn measure(self) -> Measure {
        match self {
            Self::Hours => Measure::Hours,
            Self::Streams => Measure::Streams,
            Self::SkipRate => Measure::SkipRate,
            Self::Sessions => Measure::Sessions,
        }
    }

    /// What the chart is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Hours => "Hours listened, by region",
            Self::Streams => "Streams, by region",
            Self::SkipRate => "Skip rate, by region",
            Self::Sessions => "Sessions, by region",
        }
    }

    /// One of the numbers; there is no skip rate without plays.
    pub fn of(self, numbers: &Numbers) -> Option<i64> {
        match self {
            Self::Hours => Some(numbers.listened_us),
            Self::Streams => Some(numbers.streams),
            Self::SkipRate => numbers.skip_rate(),
            Self::Sessions => Some(numbers.sessions),
        }
    }

    /// Its column in the table.
    fn column(self) -> usize {
        match self {
            Self::Hours => 2,
            Self::Streams => 4,
            Self::SkipRate => 6,
            Self::Sessions => 7,
        }
    }

    /// The same as a cell holds it.
    pub fn value(self, numbers: &Numbers) -> Value {
        match (self, self.of(numbers)) {
            (_, None) => Value::Nothing,
            (Self::Hours, Some(us)) => Value::Hours(us),
            (Self::SkipRate, Some(rate)) => Value::Rate(rate),
            (_, Some(number)) => Value::Number(number),
        }
    }
}

/// What the report shows.
pub struct Contents {
    /// What the chart shows.
    pub figure: Figure,
    /// A line for each region.
    pub chart: Chart,
    /// What can be said of each day.
    pub states: Vec<Finality>,
    /// Of all days and regions on screen.
    pub sum: Numbers,
    /// Its settled days beside those before.
    pub compared: Option<Compared>,
    /// Hours that changed since they were counted.
    pub waiting_hours: i64,
    /// The rows.
    pub sheet: Sheet,
}

impl Contents {
    /// Works it out.
    pub fn new(
        listening: &Arc<Listening>,
        figure: Figure,
        view: &View<'_>,
        sort: Option<Sort>,
    ) -> Self {
        Self {
            figure,
            chart: chart(listening, figure, view),
            states: states(listening, view),
            sum: listening.sum(view.span, view.regions),
            compared: compared(listening, view),
            waiting_hours: listening.waiting_hours,
            sheet: sheet(listening, figure, view, sort),
        }
    }
}

/// What can be said of each slot: as much as of the least certain of its days.
fn states(listening: &Listening, view: &View<'_>) -> Vec<Finality> {
    let of_days = listening.states(view.span, view.today);
    let slots = view.slots();
    let state = |at: usize| {
        let slot = slots.at(at);
        let days = view.grain.days(Span::new(slot, slot));
        let of_slot = (days.first.0..=days.last.0).map(|day| (day - view.span.first.0) as usize);
        of_slot.filter_map(|day| of_days.get(day)).max().copied()
    };
    (0..slots.count())
        .map(|at| state(at).unwrap_or(Finality::SoFar))
        .collect()
}

/// What was counted in a slot, and on how many of its whole days there was a row. Today is not one yet.
#[derive(Clone, Copy, Debug)]
struct Sum {
    numbers: Numbers,
    days: u16,
    last: Day,
}

/// Which rows are summed up.
#[derive(Clone, Copy)]
struct Days {
    span: Span<Day>,
    grain: Grain,
    today: Day,
}

impl Days {
    fn of(view: &View<'_>, span: Span<Day>) -> Self {
        Self {
            span,
            grain: view.grain,
            today: view.today,
        }
    }
}

type Sums<'a> = BTreeMap<&'a str, Vec<(Slot, Sum)>>;

/// The rows of some days summed up by name and slot. Rows without a name are left out.
fn sums<'a>(
    listening: &'a Listening,
    days: Days,
    name: impl Fn(&'a Row) -> Option<&'a str>,
) -> Sums<'a> {
    let mut sums: Sums<'_> = BTreeMap::new();
    for row in listening.between(days.span) {
        let Some(name) = name(row) else { continue };
        let slot = days.grain.slot(row.day);
        let is_whole = row.day < days.today;
        let first = Sum {
            numbers: row.numbers,
            days: u16::from(is_whole),
            last: row.day,
        };
        // Rows come day by day.
        let of_name = sums.entry(name).or_default();
        match of_name.last_mut().filter(|(last, _)| *last == slot) {
            Some((_, sum)) => {
                sum.days += u16::from(is_whole && sum.last != row.day);
                sum.numbers = sum.numbers.plus(row.numbers);
                sum.last = row.day;
            }
            None => of_name.push((slot, first)),
        }
    }
    sums
}

/// The rows of some days summed up by region, of those that are on, and slot.
fn sums_by_region<'a>(listening: &'a Listening, days: Days, regions: &Filter) -> Sums<'a> {
    let region = |row: &'a Row| regions.is_on(&row.region).then_some(row.region.as_str());
    sums(listening, days, region)
}

/// The chart of a figure: a line for each region that is on.
pub fn chart(listening: &Listening, figure: Figure, view: &View<'_>) -> Chart {
    let states = states(listening, view);
    let is_on = |region: &&String| view.regions.is_on(region);
    // What changed is said above the chart.
    let comparison = Comparison::default();
    let slots = Slots {
        states: &states,
        comparison: &comparison,
        grain: view.grain,
    };
    let [now, before] = [view.span, view.before()].map(|span| {
        let days = Days::of(view, span);
        (days, sums_by_region(listening, days, view.regions))
    });
    let lines = listening
        .regions
        .iter()
        .filter(is_on)
        .map(|region| {
            let of = |(days, sums): &(Days, Sums<'_>)| {
                let sums = sums.get(region.as_str()).map_or(&[][..], Vec::as_slice);
                counts(sums, figure, *days)
            };
            Line::new(region, region, region, 0, of(&now), of(&before), slots)
        })
        .collect();
    let (days, _) = now;
    let all = sums(listening, days, |row| {
        view.regions.is_on(&row.region).then_some("")
    });
    let all = all.get("").map_or(&[][..], Vec::as_slice);
    let all = counts(all, figure, days);
    Chart::new(figure.title().into(), lines, all, Change::Nothing)
}

/// A figure by slot. A rate is that of the sums.
fn counts(sums: &[(Slot, Sum)], figure: Figure, days: Days) -> Counts {
    let rows = sums.iter().filter_map(|(slot, sum)| {
        let count = Count {
            events: figure.of(&sum.numbers)?,
            late_events: 0,
        };
        Some(((*slot, count), sum.days))
    });
    let (rows, days_of): (Vec<(Slot, Count)>, Vec<u16>) = rows.unzip();
    let track = Track::new(rows.into_iter());
    let track = match days.grain.sums_days() {
        true => track.with_days(days_of),
        false => track,
    };
    Counts::new(Arc::new(track), days.grain.slots(days.span))
}

/// The settled slots of a span that have rows on all of their days, now and before, beside the same ones before.
pub fn compared(listening: &Listening, view: &View<'_>) -> Option<Compared> {
    let has_rows = |day: Day| !listening.between(Span::new(day, day)).is_empty();
    let is_counted = |slot: Slot| view.grain.days(Span::new(slot, slot)).iter().all(has_rows);
    let states = states(listening, view);
    let slots = view.slots();
    let slots: Vec<Slot> = (0..slots.count())
        .filter(|index| states[*index] == Finality::Final)
        .map(|index| slots.at(index))
        .filter(|slot| is_counted(*slot) && is_counted(slot.plus(-view.shift)))
        .collect();
    let over = |back: i32| {
        let days = |slot: Slot| view.grain.days(Span::new(slot, slot).plus(-back));
        let all = Span {
            first: days(*slots.first()?).first,
            last: days(*slots.last()?).last,
        };
        let sum = slots.iter().fold(Numbers::default(), |sum, slot| {
            sum.plus(listening.sum(days(*slot), view.regions))
        });
        Some((sum, all))
    };
    let (now, _) = over(0)?;
    let (before, before_span) = over(view.shift)?;
    Some(Compared {
        now,
        before,
        before_span,
        slots: slots.len(),
        grain: view.grain,
    })
}

/// A row of the table.
struct Entry {
    slot: Slot,
    region: Rc<str>,
    numbers: Numbers,
    days: u16,
    state: Finality,
}

/// The rows on screen, with bars for the figure of the chart.
pub fn sheet(
    listening: &Arc<Listening>,
    figure: Figure,
    view: &View<'_>,
    sort: Option<Sort>,
) -> Sheet {
    let (states, slots, grain) = (states(listening, view), view.slots(), view.grain);
    let sums = sums_by_region(listening, Days::of(view, view.span), view.regions);
    let of_region = |(region, sums): (&str, Vec<(Slot, Sum)>)| {
        let region: Rc<str> = region.into();
        sums.into_iter()
            .map(move |(slot, sum)| (slot, region.clone(), sum))
    };
    let mut entries: Vec<Entry> = sums
        .into_iter()
        .flat_map(of_region)
        .map(|(slot, region, sum)| Entry {
            slot,
            region,
            numbers: sum.numbers,
            days: sum.days,
            state: slots.index(slot).map_or(Finality::Final, |at| states[at]),
        })
        .collect();
    // Stable: regions of a slot stay in their order.
    entries.sort_by_key(|entry| entry.slot);
    let mut columns = vec![
        words(grain.word()),
        words("region"),
        numbers("listening_seconds"),
        numbers("plays").ranked(2),
        numbers("streams"),
        numbers("skips").ranked(3),
        numbers("skip_rate"),
        numbers("sessions").ranked(1),
        words("state"),
    ];
    if grain.sums_days() {
        columns.extend([
            words("days").ranked(1),
            numbers("of_days").only(Place::File),
        ]);
    }
    let total = listening.sum(view.span, view.regions);
    let total = (0..columns.len())
        .map(|column| match column {
            0 => Value::Word("Total").into(),
            2..=7 => figures(&total, column),
            _ => Value::Text(String::new()).into(),
        })
        .collect();
    let rows = entries.len();
    let size = move |entry: &Entry| figure.of(&entry.numbers).unwrap_or(0) as f64;
    let most = entries.iter().map(size).fold(1.0, f64::max);
    let with_bar = figure.column();
    let cells = move |row: usize, column: usize| {
        let entry = &entries[row];
        let cell = cell(entry, grain, column);
        match column == with_bar {
            true => (cell.with_bar(size(entry) / most)).opened(!entry.state.is_complete()),
            false => cell,
        }
    };
    Sheet::new("listening", columns, rows, cells)
        .with_total(total)
        .in_zone(view.zone)
        .with_minor_bars()
        // The newest first, as one reads.
        .sorted(Some(sort.unwrap_or((0, true))))
}

/// Settled slots, and as many before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Of the slots on screen.
    pub now: Numbers,
    /// Of the slots before.
    pub before: Numbers,
    /// The days of those.
    pub before_span: Span<Day>,
    /// How many slots are compared.
    pub slots: usize,
    /// What they are.
    pub grain: Grain,
}

impl Compared {
    /// How a figure changed; a rate by so many millionths.
    pub fn change(&self, figure: Figure) -> Change {
        let (Some(now), Some(before)) = (figure.of(&self.now), figure.of(&self.before)) else {
            return Change::Nothing;
        };
        match (figure, before, now) {
            (Figure::SkipRate, ..) => Change::Share((now - before) as f64 / quantity::WHOLE as f64),
            (_, 0, 0) => Change::Share(0.0),
            (_, 0, _) => Change::New,
            _ => Change::Share((now as f64 - before as f64) / before as f64),
        }
    }
}

/// A state of a day, in words.
pub fn state_word(state: Finality) -> &'static str {
    match state {
        Finality::Final | Finality::Over => "settled",
        Finality::Open => "not settled",
        Finality::SoFar => "so far",
    }
}

fn cell(entry: &Entry, grain: Grain, column: usize) -> Cell {
    match column {
        0 => Value::Slot(grain, entry.slot).into(),
        1 => Value::Text(entry.region.to_string()).into(),
        2..=7 => figures(&entry.numbers, column),
        8 => Cell::from(Value::Word(state_word(entry.state))).toned(
            match entry.state.is_complete() {
                true => Tone::Weak,
                false => Tone::Accent,
            },
        ),
        9 => {
            let (days, of) = (usize::from(entry.days), grain.day_count(entry.slot));
            let lacks = days < of && entry.state.is_complete();
            Cell::from(Value::Days(days, of)).toned(if lacks { Tone::Warn } else { Tone::Weak })
        }
        _ => Value::Number(i64::try_from(grain.day_count(entry.slot)).unwrap_or(0)).into(),
    }
}

fn figures(numbers: &Numbers, column: usize) -> Cell {
    match column {
        2 => Figure::Hours.value(numbers),
        3 => Value::Number(numbers.plays),
        4 => Figure::Streams.value(numbers),
        5 => Value::Number(numbers.skips),
        6 => Figure::SkipRate.value(numbers),
        _ => Figure::Sessions.value(numbers),
    }
    .into()
}

#[cfg(test)]
mod tests;
