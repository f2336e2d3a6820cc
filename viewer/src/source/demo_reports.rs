//! The sample's reports: made up from its days, and always the same for the same instant.

use crate::{
    calendar::{Day, MINUTE_US, Micros, Span},
    data::{
        Dataset,
        reports::{
            Answer, Ask, Content,
            listeners::{self, Kind, Listeners, Together},
            listening::{Listening, Numbers, Row},
            pipeline::{Partition, PartitionState, Pipeline, Rollup},
            rejects::{self, Example, Rejects},
            songs::{self, Song, Songs},
        },
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// What the sample answers.
pub(super) fn answer(days: &Dataset, ask: &Ask) -> Answer {
    let content = match ask {
        Ask::Listening(_) => Content::Listening(Arc::new(listening(days))),
        Ask::Songs(ask) => Content::Songs(Arc::new(songs(days, ask))),
        Ask::Listeners(ask) => Content::Listeners(Arc::new(listeners(days, ask))),
        Ask::Pipeline => Content::Pipeline(Arc::new(pipeline(days))),
        Ask::Rejects(ask) => Content::Rejects(Arc::new(rejects(days, ask))),
    };
    Answer {
        ask: ask.clone(),
        content: Ok(content),
    }
}

/// Plays of each day and region.
fn plays(days: &Dataset) -> BTreeMap<(Day, &str), i64> {
    let mut plays: BTreeMap<(Day, &str), i64> = BTreeMap::new();
    for cell in days.cells() {
        if days.event_types[usize::from(cell.event_type)] == "play" {
            let region = days.regions[usize::from(cell.region)].as_str();
            *plays
                .entry((days.grain.day(cell.slot), region))
                .or_default() += cell.events;
        }
    }
    plays
}

/// Part of something in thousandths, which moves a little from day to day.
fn part(whole: i64, thousandths: i64, day: Day, region: &str) -> i64 {
    let name: i64 = region.bytes().map(i64::from).sum();
    let moved = i64::from(day.0 * 7 % 11) + name % 21 * 2;
    whole * (thousandths + moved) / 1000
}

/// Distinct listeners of several days, from those of each day: most of the largest day, and fewer and fewer new ones of
/// each other day. A few are there in several regions. A longer period never has fewer.
pub(super) fn each_once(mut by_day: Vec<i64>, regions: usize) -> i64 {
    by_day.sort_unstable_by_key(|listeners| std::cmp::Reverse(*listeners));
    let grown = |days: usize| (days as f64).powf(0.3);
    let all: f64 = (by_day.iter().enumerate())
        .map(|(at, listeners)| *listeners as f64 * (grown(at + 1) - grown(at)))
        .sum();
    (all * 0.98_f64.powf(regions.saturating_sub(1) as f64)) as i64
}

fn listening(days: &Dataset) -> Listening {
    Listening::new(listening_rows(days), 2, true)
}

fn listening_rows(days: &Dataset) -> Vec<Row> {
    let today = days.today();
    let rows = plays(days).into_iter().map(|((day, region), plays)| {
        let skips = part(plays, 190, day, region);
        let streams = plays - skips - part(plays, 12, day, region);
        Row {
            day,
            region: region.to_owned(),
            numbers: Numbers {
                plays,
                streams,
                skips,
                listened_us: streams * (171_000_000 + i64::from(day.0 % 13) * 1_234_567),
                sessions: part(plays, 220, day, region),
            },
            is_settled: day < today,
        }
    });
    rows.collect()
}

const ARTISTS: [&str; 8] = [
    "amber", "basalt", "cobalt", "dune", "ember", "fjord", "grove", "harbour",
];
const TITLES: [&str; 9] = [
    "slow-light",
    "north",
    "paper-boats",
    "undertow",
    "second-sun",
    "late-train",
    "glass",
    "tides",
    "home",
];

/// Streams of each day are shared out among songs, of which few have most; some rise and some fall.
fn songs(days: &Dataset, ask: &songs::Ask) -> Songs {
    let is_on = |region: &str| {
        let regions = ask.regions.as_ref();
        regions.is_none_or(|regions| regions.iter().any(|name| name == region))
    };
    let today = days.today();
    let count = ARTISTS.len() * TITLES.len();
    let settled_last = ask.span.last.min(today.plus(-1));
    let settled = (ask.span.first <= settled_last).then(|| Span::new(ask.span.first, settled_last));
    let weight = |song: usize, day: Day| {
        let age = (f64::from(today.0 - day.0) / 40.0).min(1.0);
        let trend = [0.4, -0.3, 0.1, -0.1, 0.0][song % 5];
        (1.0 + trend * (1.0 - age)) / (song as f64 + 2.0)
    };
    let mut found: Vec<Song> = (0..count)
        .map(|at| Song {
            song_id: format!("{}-{}", ARTISTS[at % 8], TITLES[at % 9]),
            ..Song::default()
        })
        .collect();
    for row in &listening_rows(days) {
        let (day, region, row) = (row.day, row.region.as_str(), row.numbers);
        let is_before = settled.is_some_and(|settled| settled.contains(day.plus(ask.shift)));
        if !is_on(region) || !(ask.span.contains(day) || is_before) {
            continue;
        }
        let all: f64 = (0..count).map(|song| weight(song, day)).sum();
        for (at, song) in found.iter_mut().enumerate() {
            // Not every event names its song.
            let of = |number: i64, factor: f64| {
                (number as f64 * 0.94 * factor * weight(at, day) / all) as i64
            };
            let streams = of(row.streams, 1.0);
            if is_before {
                song.earlier_streams += streams;
            }
            if settled.is_some_and(|settled| settled.contains(day)) {
                song.settled_streams += streams;
            }
            if ask.span.contains(day) {
                song.numbers = song.numbers.plus(Numbers {
                    plays: of(row.plays, 1.0),
                    streams,
                    skips: of(row.skips, 0.76 + (at % 7) as f64 * 0.04),
                    listened_us: of(row.listened_us, 0.8 + (at % 9) as f64 * 0.02),
                    sessions: 0,
                });
            }
        }
    }
    found.retain(|song| song.numbers.plays > 0);
    found.sort_by_key(|song| std::cmp::Reverse((song.numbers.streams, song.numbers.listened_us)));
    let all = (found.iter().map(|song| song.numbers)).fold(Numbers::default(), Numbers::plus);
    let count = found.len() as i64;
    found.truncate(ask.count as usize);
    for (song, rank) in found.iter_mut().zip(1..) {
        song.rank = rank;
    }
    Songs {
        songs: found,
        count,
        all,
        settled,
        shift: ask.shift,
        waiting_hours: 2,
        is_counted: true,
    }
}

/// Listeners are fewer than plays, and the more so the longer one looks.
fn listeners(days: &Dataset, ask: &listeners::Ask) -> Listeners {
    let today = days.today();
    let plays = plays(days);
    let daily = |day: Day, region: &str| plays.get(&(day, region)).map_or(0, |plays| plays / 7);
    let active = |day: Day, region: &str, days: i32| {
        let by_day = (0..days).map(|back| daily(day.plus(-back), region));
        each_once(by_day.collect(), 1)
    };
    let rows = plays.iter().filter(|((day, _), _)| ask.span.contains(*day));
    let rows = rows.map(|((day, region), plays)| {
        let daily = plays / 7;
        let new = part(daily, 35, *day, region);
        let known = |after: i32, thousandths: i64| {
            (day.plus(after) < today).then(|| part(new, thousandths, *day, region))
        };
        listeners::Row {
            day: *day,
            region: (*region).to_owned(),
            numbers: match ask.kind {
                Kind::Active => [
                    Some(daily),
                    Some(active(*day, region, 7)),
                    Some(active(*day, region, 28)),
                    None,
                ],
                Kind::New => [Some(new), Some(daily - new), None, None],
                Kind::Retention => [Some(new), known(1, 410), known(7, 265), known(28, 170)],
            },
        }
    });
    let together = ask.together.as_ref().map(|(day, regions)| {
        let is_on = |region: &&String| regions.as_ref().is_none_or(|on| on.contains(region));
        let regions: Vec<&String> = days.regions.iter().filter(is_on).collect();
        let over = |day: Day, back: i32| {
            let of_day = |day: Day| regions.iter().map(|region| daily(day, region)).sum();
            let by_day = (0..back).map(|back| of_day(day.plus(-back)));
            each_once(by_day.collect(), regions.len())
        };
        Together {
            day: *day,
            now: [1, 7, 28].map(|back| over(*day, back)),
            before: [(7, 1), (7, 7), (28, 28)].map(|(ago, back)| over(day.plus(-ago), back)),
        }
    });
    Listeners::new(ask.kind, rows.collect(), together)
}

const SECOND_US: i64 = 1_000_000;
const TOPIC: &str = "kafka:4Ll8bnC5QK6JnJmv0Zp9sA/music_events";
/// The age of the newest event of the slowest partition, which the watermark follows.
pub(super) const SLOWEST_BEHIND_US: Micros = 95 * SECOND_US;
/// Partitions of the topic.
const PARTITIONS: i64 = 6;

fn stored(days: &Dataset) -> i64 {
    days.cells().iter().map(|cell| cell.events).sum()
}

/// The first offset of a partition of the topic that is not stored.
fn next_offset(stored: i64, partition: i64) -> i64 {
    stored / PARTITIONS + partition * 7_021
}

fn pipeline(days: &Dataset) -> Pipeline {
    let now = days.status.now;
    let stored = stored(days);
    let mut partitions: Vec<Partition> = (0..PARTITIONS)
        .map(|number| {
            let behind = [2, 3, SLOWEST_BEHIND_US / SECOND_US, 2, 4, 3][number as usize];
            Partition {
                source: TOPIC.into(),
                partition: number as i32,
                state: PartitionState::Active,
                next_offset: Some(next_offset(stored, number)),
                epoch: 3,
                owner: Some(format!("ingestor-{}", 1 + number % 2)),
                newest_event_at: Some(now - behind * SECOND_US),
                holds_watermark: behind == SLOWEST_BEHIND_US / SECOND_US,
                updated_at: now - SECOND_US / 2,
                per_second: Some([1.2, 1.1, 0.3, 1.2, 1.1, 1.3][number as usize]),
            }
        })
        .collect();
    partitions.push(Partition {
        source: "file:5f0c9ad2b8c14e77".into(),
        partition: 0,
        state: PartitionState::Released,
        next_offset: Some(2_000_001),
        epoch: 1,
        owner: None,
        newest_event_at: Some(now - 40 * 1440 * MINUTE_US),
        holds_watermark: false,
        updated_at: now - 39 * 1440 * MINUTE_US,
        per_second: Some(0.0),
    });
    let rollup = |back: i64| Rollup {
        at: now - (4 + back * 5) * SECOND_US,
        ms: 38.0 + (back * 17 % 23) as f64 + if back == 7 { 210.0 } else { 0.0 },
        // As many events as came in five seconds, at most one delta each.
        deltas: 18 + back * 37 % 13,
    };
    Pipeline {
        partitions,
        watermark: days.status.watermark,
        newest_event_at: Some(now - 2 * SECOND_US),
        pending_deltas: days.status.pending_deltas,
        staged: 0,
        touched_hours: 2,
        rollups: (0..24).map(rollup).collect(),
        read_at: now,
    }
}

const REASONS: [(&str, &str, i64); 5] = [
    ("unknown_event_type", "unknown event_type", 96),
    ("missing_field", "user_id is absent", 61),
    ("invalid_ts", "ts is not an RFC 3339 time", 34),
    (
        "conflicting_duplicate",
        "region differs from the event that came first",
        19,
    ),
    ("malformed_json", "not a JSON object", 4),
];

/// Bytes that would be rejected for a reason.
fn payload(reason: &str, number: i64) -> String {
    let id = format!("\"event_id\":\"0195a4c2-7{number:03}-7d10\"");
    match reason {
        "unknown_event_type" => format!("{{{id},\"event_type\":\"rewind\",\"region\":\"EU\"}}"),
        "missing_field" => format!("{{{id},\"event_type\":\"play\",\"region\":\"EU\"}}"),
        "invalid_ts" => format!("{{{id},\"event_type\":\"play\",\"ts\":\"null\"}}"),
        "malformed_json" => format!("{{{id},\"event_type\":"),
        _ => format!("{{{id},\"event_type\":\"play\",\"region\":\"US\"}}"),
    }
}

/// How many were rejected, by day and reason: all of the last four weeks.
fn rejected_by_day(today: Day) -> Vec<(Day, usize, i64)> {
    let mut by_day = Vec::new();
    for (at, (.., all)) in REASONS.iter().enumerate() {
        let mut left = *all;
        for back in 0..28 {
            // A release that sent another event type for two days; the others a few a day.
            let share = match (at, back) {
                (0, 5) => all * 6 / 10,
                (0, 6) => all * 3 / 10,
                (0, _) => 0,
                (_, back) => (back * 7 + at as i64 * 5) % 4 * all / 50,
            };
            let count = share.min(left);
            left -= count;
            if count > 0 {
                by_day.push((today.plus(-(back as i32)), at, count));
            }
        }
    }
    by_day
}

/// Every one of these, the newest first.
fn rejected(days: &Dataset, by_day: &[(Day, usize, i64)]) -> Vec<Example> {
    let now = days.status.now;
    let mut found: Vec<(Micros, usize)> = by_day
        .iter()
        .flat_map(|(day, reason, count)| {
            let (begin, end) = (day.start(), now.min(day.plus(1).start()));
            let each = (end - begin) / count;
            // Two reasons of a day do not come at the same moments.
            let first = each * (2 * *reason as i64 + 1) / (2 * REASONS.len() as i64);
            (0..*count).map(move |number| (begin + first + number * each, *reason))
        })
        .collect();
    found.sort_unstable_by_key(|(at, reason)| (std::cmp::Reverse(*at), *reason));
    let stored = stored(days);
    let count = days.day_bounds().map_or(1, |bounds| bounds.count()) as i64;
    let a_day = stored / count / PARTITIONS;
    let last: i64 = REASONS.iter().map(|(.., all)| all).sum();
    let example = |(number, (at, reason)): (i64, (Micros, usize))| {
        let (reason, detail, _) = REASONS[reason];
        let partition = number % PARTITIONS;
        let since = (now - at) / SECOND_US * a_day / (24 * 3600);
        Example {
            rejected_id: last - number,
            received_at: at,
            reason: reason.to_owned(),
            source: TOPIC.into(),
            partition: partition as i32,
            position: next_offset(stored, partition) - 1 - since,
            detail: Some(detail.to_owned()),
            payload: Some(payload(reason, number)),
        }
    };
    (0..).zip(found).map(example).collect()
}

/// As many examples as are read from a server.
const EXAMPLES: usize = 100;

fn rejects(days: &Dataset, ask: &rejects::Ask) -> Rejects {
    let by_day = rejected_by_day(days.today());
    let is_asked = |example: &Example| {
        let asked = ask.reason.as_deref();
        asked.is_none_or(|asked| asked == example.reason)
    };
    let examples = rejected(days, &by_day).into_iter().filter(is_asked);
    let by_day = by_day
        .iter()
        .filter(|(day, ..)| ask.span.contains(*day))
        .map(|(day, reason, count)| (*day, REASONS[*reason].0.to_owned(), *count));
    Rejects {
        by_reason: (REASONS.iter())
            .map(|(reason, _, count)| ((*reason).to_owned(), *count))
            .collect(),
        by_day: by_day.collect(),
        examples: examples.take(EXAMPLES).collect(),
        may_see_bytes: true,
        first_at: None,
        newest_only: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::demo;

    #[test]
    fn examples_are_the_rejects_of_the_chart_and_of_stored_partitions() {
        let days = demo::at(demo::PICTURE_TIME, 1);
        let span = Span::new(days.today().plus(-27), days.today());
        let (pipeline, ask) = (pipeline(&days), rejects::Ask { span, reason: None });
        let found = rejects(&days, &ask);
        let mut left: BTreeMap<(Day, &str), i64> = (found.by_day.iter())
            .map(|(day, reason, count)| ((*day, reason.as_str()), *count))
            .collect();
        for example in &found.examples {
            let day = (Day::of(example.received_at), example.reason.as_str());
            *left.get_mut(&day).expect("a bar of the chart") -= 1;
            let mut partitions = pipeline.partitions.iter();
            let partition = partitions
                .find(|of| of.source == example.source && of.partition == example.partition);
            let next = partition.and_then(|of| of.next_offset);
            assert!(next.is_some_and(|next| (0..next).contains(&example.position)));
            assert!(example.received_at < days.status.now);
        }
        let last = found.examples.last().expect("an example");
        let of_last = Day::of(last.received_at);
        for ((day, reason), left) in left {
            assert!(
                left == 0 || day < of_last && left > 0 || day == of_last,
                "{day:?} {reason}"
            );
        }
        let mut places: Vec<(i32, i64)> = (found.examples.iter())
            .map(|example| (example.partition, example.position))
            .collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), found.examples.len());
    }

    #[test]
    fn no_two_regions_have_the_same_rates() {
        let days = demo::at(demo::PICTURE_TIME, 1);
        let parts =
            |region: &str| [190, 220].map(|part| self::part(1000, part, days.today(), region));
        for (at, region) in days.regions.iter().enumerate() {
            for other in &days.regions[..at] {
                assert_ne!(parts(region), parts(other), "{region}, {other}");
            }
        }
    }
}
