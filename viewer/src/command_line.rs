//! What the window shows as options of the command line, and back.
//!
//! A view is saved, copied and sent by cron in this one form.

use crate::{
    calendar::{Day, MOST_DAYS, Span, UTC},
    cli::{
        Args, BucketArg, FigureArg, HoursArg, ListenersArg, OrderArg, RangeArg, SongsArg, SortArg,
        SplitArg, ViewArg,
    },
    page::{
        Bucket, Drawing, Hours, List, Range, SeriesOrder, Split, State, View,
        reports::{listeners::Part, listening::Figure, songs::Top},
    },
};
use clap::{Parser, ValueEnum};
use thiserror::Error;

/// The program's name. The window's settings and saved views are in a folder of this name.
pub const PROGRAM: &str = env!("CARGO_PKG_NAME");

/// The options that show what the state shows; what they leave out is as in a new window.
pub fn options(state: &State) -> Vec<String> {
    let usual = State::default();
    let mut options = Vec::new();
    let mut add = |name: &str, value: String| {
        // A name that begins with a hyphen would be read as an option of its own.
        if value.starts_with('-') {
            options.push(format!("--{name}={value}"));
        } else {
            options.extend([format!("--{name}"), value]);
        }
    };
    match state.drilled {
        Some((day, _)) => add("minutes-of", day.iso()),
        None => add("view", name_of::<ViewArg, View>(state.view)),
    }
    if state.split != usual.split {
        add("split", name_of::<SplitArg, Split>(state.split));
    }
    if state.reports.figure != usual.reports.figure {
        add("figure", name_of::<FigureArg, Figure>(state.reports.figure));
    }
    if state.reports.top != usual.reports.top {
        add("songs", name_of::<SongsArg, Top>(state.reports.top));
    }
    if state.reports.listeners != usual.reports.listeners {
        let part = name_of::<ListenersArg, Part>(state.reports.listeners);
        add("listeners", part);
    }
    match (state.zoom, state.range) {
        (Some(span), _) | (None, Range::Custom(span)) => {
            add("from", span.first.iso());
            add("to", span.last.iso());
        }
        (None, range) if range != usual.range => add("range", name_of::<RangeArg, Range>(range)),
        _ => {}
    }
    if state.hours != usual.hours && state.drilled.is_none() {
        add("hours", name_of::<HoursArg, Hours>(state.hours));
    }
    if state.shown_zone() != UTC {
        add("zone", state.zone.clone());
    }
    for (name, filter) in [
        ("hide-event-type", &state.event_types),
        ("hide-region", &state.regions),
    ] {
        for hidden in filter.hidden() {
            add(name, hidden.clone());
        }
    }
    if state.sort != usual.sort {
        add("sort", SortArg(state.sort).to_string());
    }
    if state.shown_bucket() != usual.bucket {
        add("bucket", name_of::<BucketArg, Bucket>(state.bucket));
    }
    let drawn = state.drawn();
    if let Some(top) = drawn.top {
        add("top", top.to_string());
    }
    if drawn.order != usual.options.order {
        add("order", name_of::<OrderArg, SeriesOrder>(drawn.order));
    }
    for (name, is_on) in [
        ("--compare", state.compares()),
        ("--mean", drawn.mean),
        ("--share", drawn.share),
        ("--log", drawn.log),
        ("--same-scale", drawn.same_scale),
    ] {
        if is_on {
            options.push(name.into());
        }
    }
    options
}

/// The name of a value of an option.
fn name_of<A, T>(value: T) -> String
where
    A: ValueEnum + Clone,
    T: From<A> + PartialEq,
{
    A::value_variants()
        .iter()
        .filter(|arg| T::from((*arg).clone()) == value)
        .find_map(|arg| Some(arg.to_possible_value()?.get_name().to_owned()))
        .unwrap_or_default()
}

/// The whole command, for a shell.
pub fn command(state: &State, is_demo: bool) -> String {
    let demo = is_demo.then(|| "--demo".to_owned());
    let words = [PROGRAM.to_owned()].into_iter().chain(demo);
    let words: Vec<String> = words.chain(options(state)).map(quoted).collect();
    words.join(" ")
}

/// Quoted for a shell where it needs to be.
fn quoted(word: String) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Reads options as they were saved.
///
/// # Errors
/// This version of the program does not know one of them.
pub fn parse(options: &[String]) -> Result<Args, clap::Error> {
    let words = [PROGRAM.to_owned()].into_iter();
    Args::try_parse_from(words.chain(options.iter().cloned()))
}

/// Applies the command line to a state.
pub fn choose(args: &Args, state: &mut State) {
    if let Some(theme) = args.theme {
        state.theme = theme.into();
    }
    if let Some(view) = args.view {
        state.view = view.into();
        // A saved view of a day by minute is left, as by the same choice in the window.
        state.drilled = None;
    }
    if let Some(split) = args.split {
        state.split = split.into();
    }
    if let Some(figure) = args.figure {
        state.reports.figure = figure.into();
    }
    if let Some(songs) = args.songs {
        state.reports.top = songs.into();
    }
    if let Some(part) = args.listeners {
        state.reports.listeners = part.into();
    }
    state.compare |= args.compare;
    if let Some(bucket) = args.bucket {
        state.bucket = bucket.into();
    }
    state.options.mean |= args.mean;
    state.options.share |= args.share;
    state.options.log |= args.log;
    state.options.same_scale |= args.same_scale;
    state.options.top = args.top.or(state.options.top);
    if let Some(order) = args.order {
        state.options.order = order.into();
    }
    if let Some(range) = args.range {
        state.range = range.into();
        state.zoom = None;
    }
    if let (Some(from), Some(to)) = (args.from, args.to) {
        state.range = Range::Custom(Span::new(Day::from_date(from), Day::from_date(to)));
        state.zoom = None;
    }
    if let Some(hours) = args.hours {
        state.hours = hours.into();
        state.live_zoom = None;
        state.drilled = None;
    }
    if let Some(day) = args.minutes_of {
        state.drilled = Some((Day::from_date(day), View::default()));
        state.view = View::Live;
    }
    if let Some(SortArg(sort)) = args.sort {
        state.sort = sort;
    }
    if let Some(zone) = &args.zone {
        state.zone.clone_from(zone);
    }
}

/// An option of the command line that the view does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{option} has no effect with {view}: {reason}")]
pub struct NoEffect {
    option: String,
    view: String,
    reason: &'static str,
}

/// More days than a view can show.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("--from and --to span {days} days: at most {most} can be shown", most = MOST_DAYS)]
pub struct TooManyDays {
    days: usize,
}

/// Checks that `--from` and `--to` are not too far apart: charts and their axes visit each day between them.
///
/// # Errors
/// They are.
pub fn check_days(args: &Args) -> Result<(), TooManyDays> {
    let (Some(from), Some(to)) = (args.from, args.to) else {
        return Ok(());
    };
    let days = Span::new(Day::from_date(from), Day::from_date(to)).count();
    match days <= MOST_DAYS {
        true => Ok(()),
        false => Err(TooManyDays { days }),
    }
}

/// Checks the options of how numbers are drawn ([`Drawing`]), and those that choose names, in a command line that has been
/// applied to a state.
///
/// # Errors
/// The first option that the view does not have.
pub fn check(args: &Args, state: &State) -> Result<(), NoEffect> {
    let bucket = args.bucket.map(Bucket::from);
    let bucket = bucket.filter(|bucket| *bucket != Bucket::Day);
    let zone = args.zone.as_ref().filter(|zone| *zone != UTC);
    let given = |option: &str, is_given: bool| is_given.then(|| option.to_owned());
    for (drawing, option) in [
        (
            Drawing::Bucket,
            bucket.map(|bucket| format!("--bucket {}", name_of::<BucketArg, Bucket>(bucket))),
        ),
        (Drawing::Mean, given("--mean", args.mean)),
        (Drawing::Share, given("--share", args.share)),
        (Drawing::Log, given("--log", args.log)),
        (Drawing::SameScale, given("--same-scale", args.same_scale)),
        (Drawing::Top, given("--top", args.top.is_some())),
        (Drawing::Order, given("--order", args.order.is_some())),
        (Drawing::Compare, given("--compare", args.compare)),
        (Drawing::Zone, zone.map(|zone| format!("--zone {zone}"))),
    ] {
        if let (Some(option), Some(reason)) = (option, state.no_effect(drawing)) {
            return Err(NoEffect {
                option,
                view: shown_by(state, drawing),
                reason,
            });
        }
    }
    // Hidden names are no error: they are kept from view to view, and each saved or copied view has them.
    for (option, names, list, reason) in [
        (
            "--event-type",
            &args.event_type,
            List::EventTypes,
            "its numbers are over all event types",
        ),
        (
            "--region",
            &args.region,
            List::Regions,
            "its numbers are over all regions",
        ),
    ] {
        if !names.is_empty() && !state.lists().contains(&list) {
            return Err(NoEffect {
                option: option.to_owned(),
                view: format!("--view {}", name_of::<ViewArg, View>(state.view)),
                reason,
            });
        }
    }
    Ok(())
}

/// The options that decide what else has an effect.
fn shown_by(state: &State, without: Drawing) -> String {
    let view = match state.drilled {
        Some(_) => "--minutes-of".to_owned(),
        None => format!("--view {}", name_of::<ViewArg, View>(state.view)),
    };
    match (without, state.shown_bucket()) {
        _ if state.view == View::Listeners => {
            let part = name_of::<ListenersArg, Part>(state.reports.listeners);
            format!("{view} --listeners {part}")
        }
        (Drawing::Mean, bucket @ (Bucket::Week | Bucket::Month)) => {
            format!("{view} --bucket {}", name_of::<BucketArg, Bucket>(bucket))
        }
        _ if is_without_by_share(state, without) => format!("{view} --share"),
        _ => view,
    }
}

/// Whether an option would have an effect without shares.
fn is_without_by_share(state: &State, without: Drawing) -> bool {
    let mut lines = state.clone();
    lines.options.share = false;
    state.no_effect(without).is_some() && lines.no_effect(without).is_none()
}

/// The state of a saved view; what belongs to the window rather than to the view stays as it is.
///
/// # Errors
/// This version of the program does not know one of its options.
pub fn restore(options: &[String], window: &State) -> Result<State, clap::Error> {
    let args = parse(options)?;
    let mut state = State {
        theme: window.theme,
        colors: window.colors.clone(),
        source: window.source.clone(),
        figures_folded: window.figures_folded,
        paused: window.paused,
        ..State::default()
    };
    choose(&args, &mut state);
    // Names that are gone meanwhile do no harm.
    state.event_types.none(&args.hide_event_type);
    state.regions.none(&args.hide_region);
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Column, Sort},
        page::ChartOptions,
    };
    use proptest::prelude::*;

    /// A choice that follows from another one.
    fn one_of(number: i32, choices: usize) -> usize {
        number as usize % choices
    }

    fn any_state() -> impl Strategy<Value = State> {
        let choices = (
            0..View::ALL.len(),
            0..Split::ALL.len(),
            0..=Range::ALL.len(),
            0..Hours::ALL.len(),
            0..Column::ALL.len(),
        );
        let span = (0..40_000_i32, 0..900_i32);
        let names = proptest::collection::btree_set("[a-zA-Z '\"$=-]{1,9}", 0..3);
        let flags = (any::<bool>(), any::<bool>(), any::<bool>());
        let drawing = (
            0..Bucket::ALL.len(),
            proptest::option::of(1_u16..99),
            0..SeriesOrder::ALL.len(),
            any::<[bool; 4]>(),
        );
        (
            choices,
            span,
            names.clone(),
            names,
            (flags, drawing),
            "[A-Z][a-z]{2,5}/[A-Z][a-z_]{2,9}",
        )
            .prop_map(
                |(
                    (view, split, range, hours, column),
                    (first, days),
                    event_types,
                    regions,
                    (flags, drawing),
                    zone,
                )| {
                    let (descending, compare, zoomed) = flags;
                    let (bucket, top, order, [mean, share, log, same_scale]) = drawing;
                    let span = Span::new(Day(first), Day(first + days));
                    // Of a day, all hours are shown.
                    let is_drilled = view == 0 && zoomed;
                    let (view, hours) = match is_drilled {
                        true => (View::Live, Hours::default()),
                        false => (View::ALL[view], Hours::ALL[hours]),
                    };
                    let mut state = State {
                        view,
                        drilled: is_drilled.then_some((Day(first), View::default())),
                        split: Split::ALL[split],
                        range: *Range::ALL.get(range).unwrap_or(&Range::Custom(span)),
                        hours,
                        zone,
                        compare,
                        bucket: Bucket::ALL[bucket],
                        options: ChartOptions {
                            mean,
                            share,
                            log,
                            same_scale,
                            top,
                            order: SeriesOrder::ALL[order],
                        },
                        sort: Sort {
                            column: Column::ALL[column],
                            descending,
                        },
                        zoom: zoomed.then_some(span),
                        ..State::default()
                    };
                    state.reports.figure = Figure::ALL[one_of(first, Figure::ALL.len())];
                    state.reports.top = Top::ALL[one_of(days, Top::ALL.len())];
                    state.reports.listeners = Part::ALL[one_of(first + days, Part::ALL.len())];
                    state.event_types.none(&Vec::from_iter(event_types));
                    state.regions.none(&Vec::from_iter(regions));
                    state
                },
            )
    }

    proptest! {
        /// What is copied shows the same, whatever names it has.
        #[test]
        fn options_bring_back_what_was_shown(state in any_state()) {
            let back = restore(&options(&state), &State::default()).unwrap();
            // A zoom is days of one's own choice from then on.
            let days = |state: &State| match (state.zoom, state.range) {
                (Some(span), _) => Range::Custom(span),
                (None, range) => range,
            };
            prop_assert_eq!(days(&back), days(&state));
            // What the view does not have is not saved: it would be an error on a command line.
            let same = State {
                zoom: back.zoom,
                range: back.range,
                zone: state.shown_zone().to_owned(),
                bucket: state.shown_bucket(),
                options: state.drawn(),
                compare: state.compares(),
                ..state
            };
            prop_assert_eq!(check(&parse(&options(&same)).unwrap(), &same), Ok(()));
            prop_assert_eq!(back, same);
        }

        /// A shell takes the command apart into the same words.
        #[test]
        fn a_shell_reads_the_words_as_they_were(words in proptest::collection::vec("[ -~]{0,9}", 1..5)) {
            let line: Vec<String> = words.iter().cloned().map(quoted).collect();
            let script = format!("printf '%s\\n' {}", line.join(" "));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            let read = String::from_utf8(output.stdout).unwrap();
            prop_assert_eq!(read, words.iter().map(|word| format!("{word}\n")).collect::<String>());
        }
    }
}
