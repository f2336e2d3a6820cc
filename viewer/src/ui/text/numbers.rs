//! The words beside numbers: in tiles, charts, legend and table.

use super::{
    pseudo::{say, says},
    states::day_state,
    words::{change, no_data},
};
use crate::{
    calendar::{Grain, Micros, Span, format},
    data::{Distinct, Finality, Measure},
    page::{
        HEATMAP_TITLES, LISTENERS_TITLE, Line, Page, Split, TOTAL,
        reports::{listeners::TITLES, listening::Figure, rejects},
    },
    stats::Change,
};

/// A chart's or a tile's title, if it is no name of the data, and so the same in every language.
pub(crate) fn title(title: &str) -> &str {
    let overlays = Split::ALL.map(Split::title);
    let mut ours = overlays
        .into_iter()
        .chain(HEATMAP_TITLES)
        .chain([LISTENERS_TITLE, TOTAL])
        .chain(Figure::ALL.map(Figure::title))
        .chain(TITLES)
        .chain([rejects::TITLE]);
    match ours.find(|ours| *ours == title) {
        Some(ours) => say(ours),
        None => title,
    }
}

pub(crate) fn utc_days_only() -> &'static str {
    say("UTC days only")
}

pub(crate) fn utc_days_only_tip() -> &'static str {
    say("Who listened is known by UTC day: choose UTC as the zone of the days (Z)")
}

pub(crate) fn nothing_to_compare() -> &'static str {
    say("nothing to compare with")
}

/// Which days changes compare.
pub(crate) fn compared(page: &Page) -> String {
    compared_forms(page).swap_remove(0)
}

/// Which days changes compare, the longest form first.
pub(crate) fn compared_forms(page: &Page) -> Vec<String> {
    let comparison = &page.comparison;
    let Some((hull, is_whole)) = comparison.hull() else {
        return vec![nothing_to_compare().to_owned()];
    };
    let slots = Span {
        first: page.span.at(hull.start),
        last: page.span.at(hull.end - 1),
    };
    let (count, complete) = (comparison.count(), comparison.complete);
    let now = page.grain.between(slots);
    let before = page.grain.between(slots.plus(-comparison.shift));
    let among = if is_whole { "" } else { "some of " };
    let (of, of_short) = match count == complete {
        true => (page.grain.count(count), String::new()),
        false => {
            let count = format::grouped(count as i64);
            let of = format!("{count} of {}", page.grain.count(complete));
            (of.clone(), format!(" ({of})"))
        }
    };
    // The year stands beside the days on screen.
    let year = page
        .grain
        .day(page.span.last)
        .date()
        .format(" %Y")
        .to_string();
    let bare = before.strip_suffix(&year).unwrap_or(&before);
    let earlier = match page.grain {
        Grain::Minute { .. } => "a day".to_owned(),
        days => days.count(comparison.shift.unsigned_abs() as usize),
    };
    [
        format!("change: {of}, {among}{now} vs {before}"),
        format!("change vs {before}{of_short}"),
        format!("vs {bare}"),
        format!("vs {earlier} earlier"),
    ]
    .map(says)
    .into()
}

pub(crate) fn compared_tip() -> &'static str {
    say(
        "Complete slots with data in both periods, the same for all figures. \
         A series that lacks some of them says how many it compares.",
    )
}

/// The days on screen with their number, without it, and without the zone.
pub(crate) fn days_shown(grain: Grain, span: Span, zone: &str) -> [String; 3] {
    let days = grain.between(span);
    let count = says(grain.count(span.count()));
    [
        format!("{days}  ·  {count}  ·  {zone}"),
        format!("{days}  ·  {zone}"),
        days,
    ]
}

/// Days that were typed, or dragged over.
pub(crate) fn days_meant(grain: Grain, span: Span) -> String {
    let days = grain.between(span);
    format!("{days} · {}", says(grain.count(span.count())))
}

pub(crate) fn events(events: i64) -> String {
    says(format!("{} events", format::grouped(events)))
}

/// The same where there is little room, after the exact number.
pub(crate) fn events_forms(events: i64) -> [String; 2] {
    let compact = format::compact(events as f64);
    [self::events(events), says(format!("{compact} events"))]
}

/// Above the chart of an incomplete day: what it is, and the clock where it is today.
pub(crate) fn incomplete(state: Finality, now: Option<Micros>) -> String {
    let clock = now.map(|now| says(format!("so far, {}", format::clock_short(now))));
    match (state, clock) {
        (Finality::Open, Some(clock)) => format!("{} · {clock}", day_state(state)),
        (Finality::SoFar, Some(clock)) => clock,
        (state, _) => day_state(state).to_owned(),
    }
}

pub(crate) fn chart(title: &str, days: &str, series: usize) -> String {
    says(format!("Chart {title}, {days}, {series} series"))
}

pub(crate) fn chart_hint() -> &'static str {
    say("Left and right move the day, plus and minus zoom, escape shows all days")
}

pub(crate) fn all_of_these() -> &'static str {
    say("All of these")
}

pub(crate) fn late_among_them() -> &'static str {
    say("Late among them")
}

pub(crate) fn and_more(more: usize) -> String {
    says(format!("and {more} more"))
}

/// How many names have no room beside a chart.
pub(crate) fn more_names(names: usize) -> String {
    says(format!("+{names} more"))
}

pub(crate) fn change_against(day: &str) -> String {
    says(format!("Change against {day}"))
}

/// A number with its late part, for screen readers.
pub(crate) fn late_of(number: &str, late: i64) -> String {
    says(format!("{number}, {} of them late", format::grouped(late)))
}

/// A series in a chart.
pub(crate) fn series(line: &Line, measure: Measure, grain: Grain) -> String {
    let exact = |number| measure.exact(number);
    let sum = measure.adds_up().then(|| exact(line.figures.sum));
    let last = line.figures.last.map(exact);
    let parts = [
        sum.map(|sum| format!("sum {sum}")),
        last.map(|last| format!("last complete {} {last}", grain.word())),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    says(format!("{}: {}", line.full_name, parts.join(", ")))
}

/// A series in the legend.
pub(crate) fn series_row(
    grain: Grain,
    name: &str,
    sum: &str,
    last: &str,
    mean: &str,
    change: &str,
) -> String {
    let slot = grain.word();
    says(format!(
        "Series {name}: sum {sum}, last complete {slot} {last}, mean {mean}, change {change}"
    ))
}

/// How many of the slots on screen have no row of a series.
pub(crate) fn missing(grain: Grain, name: &str, slots: usize) -> String {
    let slots = grain.count(slots);
    says(format!("{name}: no data on {slots} of these"))
}

/// The change of a series, with the number of slots that it compares where the series lacks some: `+4.4 % · 24 d`
pub(crate) fn change_of(page: &Page, line: &Line) -> String {
    let change = change(line.change);
    if !lacks_compared(page, line) {
        return change;
    }
    let unit = match page.grain {
        Grain::Day => "d",
        Grain::Week => "w",
        Grain::Month => "mo",
        Grain::Minute { .. } => "min",
    };
    says(format!("{change} · {} {unit}", line.compared))
}

/// Why a series compares fewer slots than the page does.
pub(crate) fn own_comparison(page: &Page, line: &Line) -> Option<String> {
    let [own, all] = [line.compared, page.comparison.count()].map(|slots| page.grain.count(slots));
    lacks_compared(page, line).then(|| {
        says(format!(
            "Its change compares {own} of {all}: those that have data of it in both periods"
        ))
    })
}

fn lacks_compared(page: &Page, line: &Line) -> bool {
    matches!(line.change, Change::Share(_)) && line.compared < page.comparison.count()
}

/// The scale of the heatmap.
pub(crate) fn smallest_largest() -> [&'static str; 2] {
    ["row minimum", "row maximum"].map(say)
}

pub(crate) fn line_for_each() -> &'static str {
    say("A line for each")
}

/// Name and tip of the button that draws what lies before, its word, and what stands beside it.
pub(crate) fn compare_with(before: &str, means: bool) -> [String; 4] {
    let (how, drawn) = match means {
        true => ("pale", format!("pale: 7-day mean of {before}")),
        false => ("thin", format!("thin: {before}")),
    };
    [
        "Compare".to_owned(),
        format!("Compare with {before}"),
        format!("Draw {before} too, as {how} lines (C)"),
        drawn,
    ]
    .map(says)
}

/// A tile, for screen readers.
pub(crate) fn tile(name: &str, events: Option<i64>, change: &str, against: &str) -> String {
    says(match events {
        Some(events) => {
            let events = format::grouped(events);
            format!("{name}: {events} events, {change} {against}")
        }
        None => format!("{name}: {}", no_data()),
    })
}

pub(crate) fn listeners_tile(number: &str, percent: &str, change: &str, against: &str) -> String {
    says(format!(
        "{}: about {number}, {percent}, {change} {against}",
        super::words::listeners()
    ))
}

/// What the number of listeners is, with its bounds.
pub(crate) fn listeners_tip(distinct: &Distinct, error: i64) -> [String; 3] {
    let span = distinct.ask.span;
    let [about, low, high] = [0, -error, error].map(|by| format::grouped(distinct.listeners + by));
    [
        format!("About {about}: two times in three between {low} and {high}"),
        format!(
            "{} (UTC), the regions that are on, all event types",
            format::days(span)
        ),
        "Each is counted once, however many days and regions had them: days do not add up.".into(),
    ]
    .map(says)
}

pub(crate) fn switched_on(grain: Grain, span: Span) -> String {
    let days = grain.between(span);
    says(format!("{days}, what is switched on"))
}

pub(crate) fn on_average(grain: Grain, mean: f64) -> String {
    let mean = format::mean(mean);
    says(format!("{mean} a complete {} on average", grain.word()))
}

pub(crate) fn of_them_late(late: i64) -> String {
    says(format!("{} of them late", format::grouped(late)))
}

pub(crate) fn incomplete_in_sum(grain: Grain, now: Micros, clock: &str) -> String {
    let (word, at) = (grain.word(), format::clock_short(now));
    says(format!(
        "The sum has the incomplete {word}s so far ({at} {clock}); the change leaves them out."
    ))
}

/// The table.
pub(crate) fn table(rows: &str) -> String {
    says(format!("Metrics table, {rows}"))
}

pub(crate) fn no_rows() -> &'static str {
    say("No rows in these days for what is switched on")
}

/// A header: how it sorts now, if it does.
pub(crate) fn sort_by(column: &str, descending: Option<bool>) -> String {
    says(match descending {
        None => format!("Sort by {column}"),
        Some(true) => format!("Sort by {column}, now descending"),
        Some(false) => format!("Sort by {column}, now ascending"),
    })
}

/// A row's numbers, for screen readers.
pub(crate) fn row(events: i64, late: i64, is_listeners: bool, state: Finality) -> String {
    let counted = if is_listeners { "listeners" } else { "events" };
    says(format!(
        "{} {counted}, {} late, {}",
        format::grouped(events),
        format::grouped(late),
        day_state(state)
    ))
}

pub(crate) fn total() -> &'static str {
    say("Total")
}

pub(crate) fn total_of(rows: &str, events: i64, late: i64) -> String {
    says(format!(
        "Total of {rows}: {} events, {} late",
        format::grouped(events),
        format::grouped(late)
    ))
}
