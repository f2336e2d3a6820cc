//! Frames of the reports, each with as much as its source can bring.

use crate::{
    frames::{self, DAYS, REGIONS},
    memory, report,
    window::{Window, cpu_time, ms},
};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::{Day, Span, UTC},
    data::{
        Dataset,
        reports::{
            Answer, Ask, Content,
            listeners::{self, Kind, Listeners, Together},
            listening::{self, Listening, Numbers},
            pipeline::{Partition, PartitionState, Pipeline, Rollup},
            rejects::{self, Example, Rejects},
            songs::{self, Song, Songs},
        },
    },
    page::{
        Range, State, View,
        reports::{Choices, listeners::Part, songs::Top},
    },
    source::Feed,
    ui::Clock,
};
use std::sync::Arc;

/// As many songs as [`Top`] has at most.
const SONGS: i64 = 200;
const PARTITIONS: i32 = 128;
/// As many as are remembered while the report is shown.
const ROLLUPS: i64 = 100;
const REASONS: usize = 20;
/// As many as are read.
const EXAMPLES: i64 = 100;
const MINUTE_US: i64 = 60_000_000;

/// All of them.
pub(crate) fn reports() {
    let rows = DAYS as usize * REGIONS.len();
    let of_regions = format!("{rows} rows (5 years × 8 regions)");
    Report {
        name: format!("listening, {of_regions}"),
        view: View::Listening,
        part: Part::Day,
        answer: || {
            answer(
                Ask::Listening(listening_ask()),
                Content::Listening(listening()),
            )
        },
        has_chart: true,
    }
    .measure();
    for (part, name) in [
        (Part::FourWeeks, "listeners of 28 days"),
        (Part::New, "new and returning listeners"),
        (Part::Retention, "retention"),
    ] {
        Report {
            name: format!("{name}, {of_regions}"),
            view: View::Listeners,
            part,
            answer: move || {
                let kind = part.kind().unwrap();
                let ask = Ask::Listeners(listeners_ask(kind));
                answer(ask, Content::Listeners(listeners(kind)))
            },
            has_chart: part != Part::Retention,
        }
        .measure();
    }
    Report {
        name: format!("songs, {SONGS} rows"),
        view: View::Songs,
        part: Part::Day,
        answer: || answer(Ask::Songs(songs_ask()), Content::Songs(songs())),
        has_chart: false,
    }
    .measure();
    Report {
        name: format!("pipeline, {PARTITIONS} partitions, {ROLLUPS} rollups"),
        view: View::Pipeline,
        part: Part::Day,
        answer: || answer(Ask::Pipeline, Content::Pipeline(pipeline())),
        has_chart: false,
    }
    .measure();
    Report {
        name: format!("rejects, 5 years × {REASONS} reasons, {EXAMPLES} examples"),
        view: View::Rejects,
        part: Part::Day,
        answer: || answer(Ask::Rejects(rejects_ask()), Content::Rejects(rejects())),
        has_chart: true,
    }
    .measure();
    report(
        "memory of all these reports, without the graphics driver",
        &format!(
            "{:.0} MB, at most {:.0} MB",
            memory::resident_mb(),
            memory::peak_mb()
        ),
        "300 MB",
    );
}

struct Report<F> {
    name: String,
    view: View,
    part: Part,
    /// Makes rows up, and sorts them as its source does.
    answer: F,
    has_chart: bool,
}

impl<F: Fn() -> Answer> Report<F> {
    fn measure(&self) {
        let name = &self.name;
        let (days, answer) = (days(), (self.answer)());
        let started = cpu_time();
        let mut window = self.window(days, answer);
        window.frame(vec![]);
        let first = format!("{} ms", ms(cpu_time() - started));
        report(
            &format!("{name}: from their arrival to the first frame"),
            &first,
            "300 ms",
        );
        if self.has_chart {
            window.report_zoom("the same, zooming", "8 ms");
            window = self.window(self::days(), (self.answer)());
            window.frame(vec![]);
        }
        window.report_scroll("the same, scrolling the table", "8 ms");
    }

    fn window(&self, days: Dataset, answer: Answer) -> Window {
        let state = State {
            view: self.view,
            range: Range::All,
            reports: Choices {
                listeners: self.part,
                top: Top::TwoHundred,
                ..Choices::default()
            },
            ..State::default()
        };
        let feed = Feed::fixed(days, "benchmark").answering(answer);
        Window::new(feed, state, Clock::Fixed(DEMO_TIME))
    }
}

fn days() -> Dataset {
    Dataset::new(frames::rows(DAYS), frames::status())
}

fn answer(ask: Ask, content: Content) -> Answer {
    Answer {
        ask,
        content: Ok(content),
    }
}

fn today() -> Day {
    Day::of(DEMO_TIME)
}

fn span() -> Span<Day> {
    Span::new(today().plus(1 - DAYS), today())
}

/// Each day with each region, and a number that moves a little from one to the next.
fn cells() -> impl Iterator<Item = (Day, &'static str, i64)> {
    let of_day = |day: i32| {
        let number = move |region: &&str| 1000 + i64::from(day * 7919 % 500) * region.len() as i64;
        REGIONS
            .iter()
            .map(move |region| (Day(day), *region, number(region)))
    };
    (span().first.0..=span().last.0).flat_map(of_day)
}

fn numbers(plays: i64) -> Numbers {
    Numbers {
        plays,
        streams: plays * 4 / 5,
        skips: plays / 5,
        listened_us: plays * 171_234_567,
        sessions: plays / 6,
    }
}

fn listening_ask() -> listening::Ask {
    listening::Ask {
        span: span(),
        zone: UTC.into(),
    }
}

fn listening() -> Arc<Listening> {
    let rows = cells().map(|(day, region, plays)| listening::Row {
        day,
        region: region.into(),
        numbers: numbers(plays),
        is_settled: day < today(),
    });
    Arc::new(Listening::new(rows.collect(), 2, true))
}

fn listeners_ask(kind: Kind) -> listeners::Ask {
    listeners::Ask {
        kind,
        span: span(),
        together: (kind == Kind::Active).then(|| (today().plus(-1), None)),
    }
}

fn listeners(kind: Kind) -> Arc<Listeners> {
    let rows = cells().map(|(day, region, number)| listeners::Row {
        day,
        region: region.into(),
        numbers: match kind {
            Kind::Active => [Some(number), Some(number * 3), Some(number * 6), None],
            Kind::New => [Some(number / 30), Some(number), None, None],
            Kind::Retention => [number, number / 2, number / 4, number / 6].map(Some),
        },
    });
    let together = Together {
        day: today().plus(-1),
        now: [9_876, 23_456, 54_321],
        before: [9_123, 22_222, 51_234],
    };
    let together = (kind == Kind::Active).then_some(together);
    Arc::new(Listeners::new(kind, rows.collect(), together))
}

fn songs_ask() -> songs::Ask {
    songs::Ask {
        span: span(),
        shift: DAYS,
        regions: None,
        count: SONGS,
    }
}

fn songs() -> Arc<Songs> {
    let song = |rank: i64| Song {
        rank,
        song_id: format!("artist-{}/title-{}", rank * 31 % 97, rank * 7919 % 1009),
        numbers: numbers(5_000_000 / rank),
        settled_streams: 4_000_000 / rank,
        earlier_streams: 3_900_000 / rank + rank % 7 * 1000,
    };
    Arc::new(Songs {
        songs: (1..=SONGS).map(song).collect(),
        count: 1_000_000,
        all: numbers(80_000_000),
        settled: Some(span()),
        shift: DAYS,
        waiting_hours: 2,
        is_counted: true,
    })
}

fn pipeline() -> Arc<Pipeline> {
    let partition = |partition: i32| {
        let number = i64::from(partition);
        Partition {
            source: "kafka:4Ll8bnC5QK6JnJmv0Zp9sA/music_events".into(),
            partition,
            state: match partition % 9 {
                8 => PartitionState::Idle,
                _ => PartitionState::Active,
            },
            next_offset: Some(7_206_331 + number * 9_187),
            epoch: 3,
            owner: Some(format!("ingestor-{}", partition % 8)),
            newest_event_at: Some(DEMO_TIME - (2 + number * 17 % 90) * 1_000_000),
            holds_watermark: partition == 5,
            updated_at: DEMO_TIME - 500_000,
            per_second: Some(1.2 + f64::from(partition % 5)),
        }
    };
    let rollup = |back: i64| Rollup {
        at: DEMO_TIME - (4 + back * 5) * 1_000_000,
        ms: (38 + back * 17 % 23) as f64,
        deltas: 18 + back * 37 % 13,
    };
    Arc::new(Pipeline {
        partitions: (0..PARTITIONS).map(partition).collect(),
        watermark: Some(DEMO_TIME - 60 * MINUTE_US),
        newest_event_at: Some(DEMO_TIME - 2_000_000),
        pending_deltas: 40,
        staged: 7,
        touched_hours: 2,
        rollups: (0..ROLLUPS).map(rollup).collect(),
        read_at: DEMO_TIME,
    })
}

fn rejects_ask() -> rejects::Ask {
    rejects::Ask {
        span: span(),
        reason: None,
    }
}

fn rejects() -> Arc<Rejects> {
    let reason = |at: usize| format!("reason_{at}");
    let of_day = |day: i32| {
        let count = move |at: usize| 1 + i64::from(day * 7919 % 5) + at as i64 % 3;
        (0..REASONS).map(move |at| (Day(day), reason(at), count(at)))
    };
    let example = |number: i64| Example {
        rejected_id: 200_000 - number,
        received_at: DEMO_TIME - number * 13 * MINUTE_US,
        reason: reason(number as usize % REASONS),
        source: "kafka:4Ll8bnC5QK6JnJmv0Zp9sA/music_events".into(),
        partition: (number % 6) as i32,
        position: 7_206_331 - number * 9_187,
        detail: Some("ts is not an RFC 3339 time".into()),
        // As much as is read of each.
        payload: Some(format!("{{\"event_id\":\"{number:0>380}\"}}")),
    };
    let by_day: Vec<_> = (span().first.0..=span().last.0).flat_map(of_day).collect();
    let all = |at: usize| {
        let of = by_day.iter().filter(|row| row.1 == reason(at));
        (reason(at), of.map(|row| row.2).sum())
    };
    let mut by_reason: Vec<(String, i64)> = (0..REASONS).map(all).collect();
    by_reason.sort_by_key(|row| std::cmp::Reverse(row.1));
    Arc::new(Rejects {
        by_reason,
        by_day,
        examples: (0..EXAMPLES).map(example).collect(),
        may_see_bytes: true,
        first_at: Some(DEMO_TIME - i64::from(DAYS) * 1440 * MINUTE_US),
        newest_only: None,
    })
}
