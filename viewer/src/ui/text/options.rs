//! The words of buckets and of how charts draw their numbers.

use super::{
    pseudo::{say, says},
    words::compare,
};
use crate::{
    calendar::{Grain, format},
    page::{Bucket, ChartOptions, SeriesOrder, Share},
    stats::Mean,
};

/// A word, and its spoken form.
pub(crate) fn bucket(bucket: Bucket) -> [&'static str; 2] {
    match bucket {
        Bucket::Day => ["Day", "A slot for each: day (B)"],
        Bucket::Week => ["Week", "A slot for each: week, from Monday (B)"],
        Bucket::Month => ["Month", "A slot for each: month (B)"],
    }
    .map(say)
}

/// Why an option changes nothing in this view.
pub(crate) fn no_effect(reason: &'static str) -> String {
    says(format!("No effect here: {}", say(reason)))
}

/// Word, name, and tip.
pub(crate) fn options_button() -> [&'static str; 3] {
    [
        "Options",
        "Options of the charts",
        "Mean of 7 days, shares, scales, top names, order",
    ]
    .map(say)
}

pub(crate) fn mean_option() -> [&'static str; 2] {
    [
        "Mean of 7 days",
        "Of each complete day and the six before it, as far as they have rows (M)",
    ]
    .map(say)
}

pub(crate) fn share_option() -> [&'static str; 2] {
    [
        "Share of the total",
        "What each series is of what its chart sums up to, stacked to 100 % (S)",
    ]
    .map(say)
}

pub(crate) fn log_option() -> [&'static str; 2] {
    [
        "Logarithmic axis",
        "Powers of ten; zero is the base line, and a slot without a row stays a gap (L)",
    ]
    .map(say)
}

pub(crate) fn same_scale_option() -> [&'static str; 2] {
    [
        "One axis for all charts",
        "The largest value of all charts ends each of them (Y)",
    ]
    .map(say)
}

pub(crate) fn compare_option() -> [&'static str; 2] {
    [
        compare(),
        say("The slots before are drawn, too, as thin lines (C)"),
    ]
}

/// How a chart is drawn, where that is not as usual: in full, and in short.
pub(crate) fn drawn(
    grain: Grain,
    options: ChartOptions,
    same_scale: bool,
    compared: Option<i32>,
) -> Option<[String; 2]> {
    let before = compared.map(|slots| {
        let slots = match grain {
            Grain::Minute { .. } => "a day".to_owned(),
            days => days.count(slots.unsigned_abs() as usize),
        };
        match options.mean {
            true => format!("pale: the mean {slots} earlier"),
            false => format!("thin: {slots} earlier"),
        }
    });
    let words = |mean: &str, share: &str, log: &str, same: &str| -> Vec<String> {
        let all = [
            // Beside shares, the means are in the table only.
            (options.mean && !options.share, mean),
            (options.share, share),
            (options.log, log),
            (same_scale, same),
        ];
        let on = all.into_iter().filter(|(is_on, _)| *is_on);
        on.map(|(_, words)| words.to_owned()).collect()
    };
    let mut long = words(
        "7-day mean, days thin",
        "share of the total",
        "log scale, broken above 0",
        "one scale for all charts",
    );
    let mut short = words("7-day mean", "share", "log scale", "one scale");
    long.extend(before.clone());
    short.extend(before);
    let is_usual = long.is_empty();
    (!is_usual).then(|| [long, short].map(|words| says(words.join(", "))))
}

pub(crate) fn top_title() -> &'static str {
    say("Largest names, the others together")
}

/// A word, and its spoken form.
pub(crate) fn top(top: Option<u16>) -> [&'static str; 2] {
    match top {
        None => ["All", "Each name by itself"],
        Some(5) => ["5", "The 5 largest names, the others together"],
        Some(8) => ["8", "The 8 largest names, the others together"],
        Some(_) => ["12", "The 12 largest names, the others together"],
    }
    .map(say)
}

/// The name of the series of all names that have none of their own.
pub(crate) fn others(count: usize) -> String {
    says(format!("{count} others"))
}

pub(crate) fn order_title() -> &'static str {
    say("Order of series and charts")
}

/// A word, and its spoken form.
pub(crate) fn order(order: SeriesOrder) -> [&'static str; 2] {
    match order {
        SeriesOrder::Name => ["Name", "Series by name"],
        SeriesOrder::Size => ["Size", "The largest series first"],
        SeriesOrder::Change => ["Change", "The series that grew most first"],
    }
    .map(say)
}

/// On how many days of a slot there was a row.
pub(crate) fn covered(days: usize, of: usize) -> String {
    says(format!("{days} of {of} days"))
}

/// A mean, with how many days it has where those are not all.
pub(crate) fn mean_of_days(mean: Mean) -> String {
    let number = format::mean(mean.value());
    says(format!("mean of {} days {number}", mean.days))
}

/// `12.3 %`
pub(crate) fn share_of(share: Share) -> String {
    format!("{:.1} %", share.value() * 100.0)
}
