//! The words of the reports.

use super::{
    numbers::events,
    options::covered,
    pseudo::{say, says},
    words::{change, listeners_note, listeners_note_in_short, no_listeners, no_listeners_words},
};
use crate::{
    calendar::format,
    data::{
        Measure,
        reports::{Obstacle, listeners::Kind, songs::Songs},
    },
    page::{
        Section,
        reports::{
            Nothing,
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
        Value::Days(days, of) => covered(*days, *of),
        Value::Change(Change::New) => say("new").into(),
        Value::Age(us) => says(format::duration(*us)),
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
            "{} not recounted yet",
            format::count(hours, "hour", "hours")
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
    let against = against_days(compared);
    match (figure, compared.change(figure)) {
        (_, Change::Nothing) => (None, nothing()),
        (Figure::SkipRate, Change::Share(share)) => {
            (Some(points((share * 1e6).round() as i64)), against)
        }
        (_, changed) => (Some(change(changed)), against),
    }
}

/// `+0.4 pp`: how a percentage moved, in millionths, in percentage points.
pub(crate) fn points(millionths: i64) -> String {
    let tenths = (millionths.unsigned_abs() + 500) / 1000;
    let sign = match millionths {
        _ if tenths == 0 => "±",
        ..0 => "−",
        _ => "+",
    };
    says(format!("{sign}{}.{} pp", tenths / 10, tenths % 10))
}

/// The days that are compared with: the longest form first.
fn against_days(compared: &Compared) -> Vec<String> {
    let span = format::days_short(compared.before_span);
    let count = compared.grain.count(compared.slots);
    let count = count.replacen(' ', " settled ", 1);
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
        // Also while examples of one reason are shown.
        Measure::Rejected => vec![
            says(format!("{number} rejected, all reasons")),
            says(format!("{number} rejected")),
        ],
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
            format!(
                "{words}. {}",
                say("Look at fewer days; if another session holds a lock, F5 reads again.")
            ),
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
    says(format!("the first {shown} are listed"))
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
pub(crate) fn songs_note(songs: &Songs) -> Vec<String> {
    let (days, short) = match (songs.settled, songs.earlier()) {
        (Some(settled), Some(earlier)) => {
            let days = i64::try_from(settled.count()).unwrap_or(i64::MAX);
            let count = format::count(days, "settled day", "settled days");
            let [settled, earlier] = [settled, earlier].map(format::days_short);
            (
                format!("change: {count}, {settled} vs {earlier}"),
                format!("change vs {earlier} ({count})"),
            )
        }
        _ => {
            let nothing = "nothing to compare with".to_owned();
            (nothing.clone(), nothing)
        }
    };
    let waiting = match songs.waiting_hours {
        0 => String::new(),
        hours => format!(
            " · {} not recounted yet",
            format::count(hours, "hour", "hours")
        ),
    };
    [format!("{days}{waiting}"), days, short].map(says).into()
}
