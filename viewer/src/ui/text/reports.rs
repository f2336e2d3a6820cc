//! The words of the reports.

use super::{
    numbers::events,
    pseudo::{say, says},
    words::{
        change, listeners_note, listeners_note_in_short, no_listeners, no_listeners_words,
        within_error,
    },
};
use crate::{
    calendar::{Day, Micros, Span, format},
    data::{
        Measure, is_within_error,
        reports::{Obstacle, listeners::Kind, songs::Songs},
    },
    page::{
        Section,
        reports::{
            Nothing,
            listeners::Part,
            listening::{Compared, Figure},
            sheet::Value,
            songs::Top,
        },
    },
    stats::Change,
};

pub(crate) fn section(section: Section) -> &'static str {
    say(match section {
        Section::Events => "Events",
        Section::Listening => "Listening",
        Section::Songs => "Songs",
        Section::Listeners => "Listeners",
        Section::Pipeline => "Pipeline",
        Section::Rejects => "Rejects",
    })
}

/// A cell on screen.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Word(word) => say(word).into(),
        Value::Change(Change::New) => say("new").into(),
        Value::Age(us) => says(format::age(*us)),
        value => value.shown(),
    }
}

pub(crate) fn figure(figure: Figure) -> &'static str {
    say(match figure {
        Figure::Hours => "Hours",
        Figure::Streams => "Streams",
        Figure::SkipRate => "Skip rate",
        Figure::Sessions => "Sessions",
    })
}

pub(crate) fn figure_tip(figure: Figure, waiting_hours: i64) -> String {
    let meaning = match figure {
        Figure::Hours => "Time listened in the regions that are on",
        Figure::Streams => "Plays that were long enough to count",
        Figure::SkipRate => "Skips divided by plays, over all days and regions on screen",
        Figure::Sessions => "Sessions that began, each in the region where it did",
    };
    let waiting = match waiting_hours {
        0 => "all hours are counted".into(),
        hours => format!(
            "{} to be counted again",
            format::count(hours, "hour waits", "hours wait")
        ),
    };
    says(format!("{meaning}; {waiting}"))
}

/// How a figure changed, and against which days: the longest form first.
pub(crate) fn listening_change(
    figure: Figure,
    compared: Option<&Compared>,
) -> (Option<String>, Vec<String>) {
    let nothing = || vec![says("nothing to compare with".into()), String::new()];
    let Some(compared) = compared else {
        return (None, nothing());
    };
    let against = against_days(compared.before_span, compared.days);
    match (figure, compared.change(figure)) {
        (_, Change::Nothing) => (None, nothing()),
        (Figure::SkipRate, Change::Share(share)) => {
            (Some(points((share * 1e6).round() as i64)), against)
        }
        (_, changed) => (Some(change(changed)), against),
    }
}

/// `+0.4 points`: how a percentage moved, in millionths.
pub(crate) fn points(millionths: i64) -> String {
    let percent = format::percent(millionths as f64 / 1e6);
    says(format!("{} points", percent.trim_end_matches(" %")))
}

/// The days that are compared with: the longest form first.
pub(crate) fn against_days(days: Span<Day>, count: usize) -> Vec<String> {
    let Span { first, last } = days;
    let span = match first == last {
        true => first.short(),
        false => format!("{} – {}", first.short(), last.short()),
    };
    let count = format::count(
        i64::try_from(count).unwrap_or(i64::MAX),
        "settled day",
        "settled days",
    );
    [
        format!("vs {span} ({count})"),
        format!("vs {span}"),
        String::new(),
    ]
    .map(says)
    .into()
}

/// Beside the title of a chart, the longest form first.
pub(crate) fn under_title(measure: Measure, sum: i64) -> Vec<String> {
    let number = measure.exact(sum);
    match measure {
        Measure::Events => vec![events(sum)],
        Measure::Listeners => vec![listeners_note(), listeners_note_in_short()],
        Measure::Hours => vec![says(format!("{number} hours"))],
        Measure::Streams => vec![says(format!("{number} streams"))],
        Measure::SkipRate => vec![says("skips divided by plays".into())],
        Measure::Sessions => vec![says(format!("{number} sessions"))],
        Measure::ExactListeners => vec![
            says("exact; a user who was active in two regions counts in both".into()),
            says("exact".into()),
        ],
        Measure::Rejected => vec![says(format!("{number} rejected"))],
    }
}

/// Why a report shows nothing: title, what to do, and a command that does it.
pub(crate) fn nothing(nothing: &Nothing) -> (String, String, Option<&'static str>) {
    const COUNT: Option<&str> = Some("select * from musicstream_rollup_listening();");
    let wait = |hours: &i64| format::count(*hours, "hour waits", "hours wait");
    let how = "Nobody has run musicstream_rollup_listening() here. sql/cron.sql runs it once a minute; \
               each call counts about two million events. To count now:";
    let (title, words, command) = match nothing {
        Nothing::Obstacle(obstacle) => return self::obstacle(obstacle),
        Nothing::NotCounted => ("Listening has not been counted yet", how.into(), COUNT),
        Nothing::NoListening(0) => (
            "No listening in these days and regions",
            "All hours are counted. If events came since, count them:".into(),
            COUNT,
        ),
        Nothing::NoListening(hours) => (
            "No listening in these days and regions",
            format!("{} for musicstream_rollup_listening():", wait(hours)),
            COUNT,
        ),
        Nothing::NoSongs(hours) => {
            let waiting = match hours {
                0 => String::new(),
                hours => format!(" {} for musicstream_rollup_listening().", wait(hours)),
            };
            (
                "No songs in these days and regions",
                format!(
                    "Songs are counted where events that start playback carry a song_id.{waiting}"
                ),
                None,
            )
        }
        Nothing::NoPartitions => (
            "Nothing was ingested yet",
            "Partitions appear once musicstream-ingestor loads a file or streams a topic:".into(),
            Some("musicstream-ingestor stream"),
        ),
        Nothing::NoRejects => (
            "Nothing is rejected",
            "All input so far could be stored.".into(),
            None,
        ),
        Nothing::NoListeners(Kind::Active) => {
            return (no_listeners().into(), no_listeners_words().into(), None);
        }
        Nothing::NoListeners(_) => (
            "No first days in these days and regions",
            "First days are counted by musicstream_rollup_listening(). To count now:".into(),
            COUNT,
        ),
    };
    (says(title.into()), says(words), command)
}

fn obstacle(obstacle: &Obstacle) -> (String, String, Option<&'static str>) {
    match obstacle {
        Obstacle::Missing { version } => (
            says("The extension in this database has no such numbers".into()),
            says(match version {
                Some(version) => format!(
                    "It is version {version}; this report needs what {} has. Update it:",
                    env!("CARGO_PKG_VERSION")
                ),
                None => "Update it:".into(),
            }),
            Some("alter extension pg_musicstream update;"),
        ),
        Obstacle::NoRight(words) => (
            says("This role may not read these numbers".into()),
            format!(
                "{words}. {}",
                say("Let the owner of the extension grant the read role:")
            ),
            Some("grant musicstream_read to your_role;"),
        ),
        Obstacle::Slow(words) => (
            says("The server took too long for this report".into()),
            format!("{words}. {}", say("Look at fewer days.")),
            None,
        ),
        Obstacle::Other(words) => (
            says("This report cannot be read".into()),
            words.clone(),
            None,
        ),
    }
}

pub(crate) fn choose_figure(figure: Figure) -> String {
    says(format!(
        "Listening: {}",
        self::figure(figure).to_lowercase()
    ))
}

/// How many songs are shown: a word, and the spoken form.
pub(crate) fn top_songs(top: Top) -> [&'static str; 2] {
    match top {
        Top::Ten => ["Top 10", "The 10 songs with most streams"],
        Top::Fifty => ["Top 50", "The 50 songs with most streams"],
        Top::TwoHundred => ["Top 200", "The 200 songs with most streams"],
    }
    .map(say)
}

pub(crate) fn choose_top(top: Top) -> String {
    says(format!("Songs: {}", self::top_songs(top)[0].to_lowercase()))
}

pub(crate) fn songs_tile() -> &'static str {
    say("Songs")
}

pub(crate) fn share_tile() -> &'static str {
    say("Share of streams")
}

pub(crate) fn of_these_songs(shown: usize) -> String {
    says(format!("{shown} below"))
}

/// A number that is estimated, and how exact it is.
pub(crate) fn estimate(number: &str, error: &str) -> String {
    format!("{number} ±{error}")
}

pub(crate) fn of_named_songs() -> String {
    says("of all named songs".into())
}

pub(crate) fn share_of_streams(shown: usize) -> String {
    says(format!("{shown} songs, of all named songs"))
}

/// Which days the change is of, the longest form first.
pub(crate) fn songs_note(songs: &Songs, is_utc: bool) -> Vec<String> {
    let (days, short) = match (songs.settled, songs.earlier()) {
        (Some(settled), Some(earlier)) => (
            format!(
                "Change: {} against {}, settled days",
                format::days(settled),
                format::days(earlier)
            ),
            format!("Change: settled days, vs {}", format::days(earlier)),
        ),
        _ => {
            let nothing = "Change: nothing to compare with".to_owned();
            (nothing.clone(), nothing)
        }
    };
    let waiting = match songs.waiting_hours {
        0 => String::new(),
        hours => format!(
            " · {} to be counted again",
            format::count(hours, "hour waits", "hours wait")
        ),
    };
    let zone = if is_utc { "" } else { " · UTC days" };
    [
        format!("{days}{waiting}{zone}"),
        format!("{days}{zone}"),
        format!("{short}{zone}"),
    ]
    .map(says)
    .into()
}

/// What is shown of listeners: a word, and the spoken form.
pub(crate) fn part(part: Part) -> [&'static str; 2] {
    match part {
        Part::Day => ["1 day", "Distinct listeners of each day"],
        Part::Week => ["7 days", "Distinct listeners of the 7 days up to each day"],
        Part::FourWeeks => [
            "28 days",
            "Distinct listeners of the 28 days up to each day",
        ],
        Part::New => ["New", "New and returning listeners"],
        Part::Retention => ["Retention", "How many new listeners come back"],
    }
    .map(say)
}

pub(crate) fn choose_part(part: Part) -> String {
    says(format!("Listeners: {}", self::part(part)[1].to_lowercase()))
}

/// Of which first days retention is known, the longest form first. `over` is the UTC day of the watermark, which has not
/// ended; `first` is the first day on screen.
pub(crate) fn retention_known(over: Option<Day>, first: Day) -> Vec<String> {
    let Some(over) = over else {
        return vec![says(
            "Blank: there is no watermark, so no day is known to be over".into(),
        )];
    };
    let until = |days: i32| over.plus(-1 - days);
    let [week, month] = [7, 28].map(|days| until(days).short());
    let hint = match until(28) < first {
        true => ": choose a longer range to see it",
        false => "",
    };
    [
        format!(
            "A blank is not known yet: day 7 is over for first days up to {week}, day 28 for those up to {month}{hint}. \
             The last line has rates of those alone"
        ),
        format!("Day 28 is over for first days up to {month}{hint}"),
        format!("Day 28: first days up to {month}"),
    ]
    .map(says)
    .into()
}

pub(crate) fn active_title(number: usize) -> &'static str {
    say([
        "Listeners, 1 day",
        "Listeners, 7 days",
        "Listeners, 28 days",
    ][number])
}

/// Length of each window in days, and the distance to the window before.
const ACTIVE_DAYS: [(i32, i32); 3] = [(1, 7), (7, 7), (28, 28)];

/// How a number of listeners changed, and against which days: the longest form first.
pub(crate) fn active_change(
    now: i64,
    before: i64,
    day: Day,
    begin: Option<Day>,
    number: usize,
) -> (Option<String>, Vec<String>) {
    let up_to = format!("up to {}", day.short());
    let (days, back) = ACTIVE_DAYS[number];
    let last = day.plus(-back);
    if before == 0 || begin.is_none_or(|begin| last.plus(1 - days) < begin) {
        return (None, vec![says(up_to), String::new()]);
    }
    let span = match days {
        1 => last.short(),
        days => format!("{} – {}", last.plus(1 - days).short(), last.short()),
    };
    let share = (now - before) as f64 / before as f64;
    let change = match is_within_error(share) {
        true => within_error(&format::percent(share)),
        false => format::percent(share),
    };
    let notes = [
        format!("{up_to}, vs {span}"),
        format!("vs {span}"),
        String::new(),
    ];
    (Some(change), notes.map(says).into())
}

/// What the number is, with its bounds.
pub(crate) fn active_tip(now: i64, error: i64, day: Day, number: usize) -> String {
    let (days, _) = ACTIVE_DAYS[number];
    let [low, high] = [now - error, now + error].map(format::grouped);
    says(format!(
        "Distinct listeners in the regions that are on, {} (UTC), each counted once. An estimate: \
         two times in three between {low} and {high}",
        format::days(Span::new(day.plus(1 - days), day))
    ))
}

/// How many of the listeners of 28 days are there on one day.
pub(crate) fn part_of_listeners() -> [&'static str; 2] {
    [
        "Of 28 days on 1 day",
        "Listeners of the last complete day divided by those of the 28 days up to it",
    ]
    .map(say)
}

/// The figures of the pipeline.
pub(crate) fn pipeline_tiles() -> [&'static str; 5] {
    ["Lag", "Watermark behind", "Rate", "Waiting", "Last rollup"].map(say)
}

/// Which partition lags most, and the newest event of all, the longest form first.
pub(crate) fn slowest(partition: Option<i32>, newest: Option<Micros>) -> Vec<String> {
    let slowest = partition.map(|partition| format!("partition {partition}"));
    let newest = newest.map(|at| format!("newest event {} UTC", format::clock(at)));
    let both: Vec<String> = slowest.iter().chain(&newest).cloned().collect();
    let first = both.first().cloned();
    match first {
        Some(first) => [both.join(" · "), first, String::new()].map(says).into(),
        None => vec![says("no event yet".into()), String::new()],
    }
}

pub(crate) fn watermark_at(at: Micros) -> [String; 2] {
    [
        format!("{} UTC", format::stamp(at)),
        format!("{} UTC", format::clock(at)),
    ]
}

/// How many partitions are active and idle.
pub(crate) fn partitions(active: usize, idle: usize) -> Vec<String> {
    [
        format!("{active} active, {idle} idle partitions"),
        format!("{active} active, {idle} idle"),
        String::new(),
    ]
    .map(says)
    .into()
}

/// What waits: for the upsert and for listening.
pub(crate) fn waiting(staged: i64, hours: i64) -> Vec<String> {
    let staged = format::grouped(staged);
    [
        format!(
            "deltas; {staged} in the inbox, {} for listening",
            format::count(hours, "hour", "hours")
        ),
        format!("deltas; inbox {staged}"),
        String::new(),
    ]
    .map(says)
    .into()
}

pub(crate) fn ago(age: &str) -> Vec<String> {
    vec![
        match age {
            "just now" => says(age.into()),
            age => says(format!("{age} ago")),
        },
        String::new(),
    ]
}

pub(crate) fn pipeline_tip(tile: usize) -> &'static str {
    say([
        "Of the active partition that lags most: how old its newest event is. Records that wait in Kafka are counted by musicstream-ingestor status",
        "How far behind it is. Event time up to which all is believed to have come: that of the slowest active partition",
        "Offsets stored a second by all partitions, over the last minute that this was shown",
        "Deltas are in the numbers already; the rollup folds them",
        "How long it took; those that ended while this was shown are below",
    ][tile])
}

/// What the examples are of, and what of them cannot be seen.
pub(crate) fn examples(reason: Option<&str>, may_see_bytes: bool) -> String {
    let of = match reason {
        Some(reason) => format!("The newest of {reason}"),
        None => "The newest of all reasons; select one above".into(),
    };
    let bytes = match may_see_bytes {
        true => "",
        false => {
            " · this role may not see the bytes, which name users: musicstream_read_rejected may"
        }
    };
    says(format!("{of}{bytes}"))
}

/// What the statement below does.
pub(crate) fn retry(reason: Option<&str>) -> String {
    says(match reason {
        Some(reason) => format!("After a fix, judge {reason} again (as musicstream_ingest):"),
        None => "After a fix, judge all of it again (as musicstream_ingest):".into(),
    })
}

pub(crate) fn all_reasons() -> [&'static str; 2] {
    ["All reasons", "Examples of all reasons"].map(say)
}

pub(crate) fn newest_only(rows: i64) -> String {
    says(format!("Days of the {} newest rows", format::grouped(rows)))
}

pub(crate) fn statement_copied() -> &'static str {
    say("statement copied")
}
