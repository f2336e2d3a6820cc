//! Figures that need no excuse: what a change compares, what a mean is of, and what stands beside a name.

use crate::{
    harness::{LARGE, TODAY, has, labels, row, status, window, window_of},
    layout::texts,
    places::SMALL,
};
use egui::{Shape, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::{Day, MINUTE_US, Slot, Span, Zone},
    data::{Abilities, Dataset, Row, Status},
    page::{Bucket, Command, Hours, List, Range, State, View},
    source::Feed,
    ui::App,
};

fn open(data: Dataset, state: State) -> Harness<'static, App> {
    let mut harness = window_of(Feed::fixed(data, "music on db:5432"), state, LARGE);
    harness.run();
    harness
}

/// Yesterday is final.
fn final_days() -> Status {
    Status {
        watermark: Some(Day(TODAY).start() + 1),
        ..status()
    }
}

/// 28 days, and before them only three, 1,000 events each, which are the days 5, 6 and 7 of the period.
fn with_three_days_before() -> Dataset {
    let first = TODAY - 27;
    let now = (first..=TODAY).map(|day| row(day, "play", "EU", 1360));
    let before = (first - 23..=first - 21).map(|day| row(day, "play", "EU", 1000));
    Dataset::new(now.chain(before).collect(), final_days())
}

#[test]
fn a_change_says_which_days_it_compares_and_how_many() {
    let harness = open(with_three_days_before(), State::default());
    let said = "change: 3 of 27 days, 24 – 26 Feb 2026 vs 27 – 29 Jan 2026";
    for tile in ["All events", "play"] {
        let whole = format!("{tile}: 38,080 events, +36 % {said}");
        assert!(
            has(&harness, Role::GraphicsObject, &whole),
            "{:?}",
            labels(&harness, Role::GraphicsObject)
        );
    }
    assert!(harness.query_by_label(said).is_some(), "below the tabs");
    assert!(
        has(&harness, Role::Row, "change +36 %"),
        "in the legend, too"
    );
}

/// Dates of the period before, not by how many days it was shifted.
#[test]
fn what_is_compared_with_has_dates_however_long_the_period_is() {
    let rows = |days| (TODAY - days..=TODAY).map(|day| row(day, "play", "EU", 1000));
    for (days, said) in [
        (1, "change: 1 day, Tue 17 Mar 2026 vs Tue 10 Mar 2026"),
        (
            11,
            "change: 11 days, 7 – 17 Mar 2026 vs 21 Feb – 3 Mar 2026",
        ),
        (
            365,
            "change: 365 days, 18 Mar 2025 – 17 Mar 2026 vs 12 Mar 2024 – 11 Mar 2025",
        ),
    ] {
        let span = Span::new(Day(TODAY - days), Day(TODAY - 1));
        let state = State {
            range: Range::Custom(span),
            ..State::default()
        };
        let harness = open(Dataset::new(rows(800).collect(), final_days()), state);
        assert!(
            harness.query_by_label(said).is_some(),
            "{days}: {:?}",
            labels(&harness, Role::Label)
        );
        let button = said.split_once(" vs ").unwrap().1;
        assert!(
            has(&harness, Role::Switch, &format!("Compare with {button}")),
            "{days}"
        );
    }
    let harness = open(
        Dataset::new(rows(5).collect(), final_days()),
        State::default(),
    );
    assert!(harness.query_by_label("nothing to compare with").is_some());
}

/// The listeners beside the events compare the same days.
#[test]
fn listeners_and_events_compare_the_same_days() {
    let harness = window(State::default());
    let tiles = labels(&harness, Role::GraphicsObject);
    let said = "change: 27 days, 19 Feb – 17 Mar 2026 vs 22 Jan – 17 Feb 2026";
    for name in ["All events:", "Listeners:"] {
        let tile = tiles.iter().find(|tile| tile.starts_with(name)).unwrap();
        assert!(tile.ends_with(said), "{tile}");
    }
}

/// Minutes of the last hours, `events` each, with a watermark an hour behind the newest event.
fn minutes(events: impl Fn(i32) -> Option<i64>) -> Harness<'static, App> {
    let now = DEMO_TIME;
    let status = Status {
        now,
        newest_event: Some(now - 1_000_000),
        watermark: Some(now - 3_600_000_000),
        ..Status::default()
    };
    let days = Dataset::new(vec![row(TODAY, "play", "EU", 1)], status.clone());
    let last = (now / MINUTE_US) as i32;
    let rows = (0..2 * 1440).filter_map(|back| Some(row(last - back, "play", "EU", events(back)?)));
    let counted = Span::new(Slot(last - 2 * 1440), Slot(last));
    let minutes = Dataset::with_names(rows.collect(), status, &days);
    let minutes = minutes.by_minute(Zone::default(), &[counted]);
    let feed = Feed::fixed(days, "music on db:5432");
    let state = State {
        view: View::Live,
        hours: Hours::One,
        ..State::default()
    };
    let bring = feed.bringer();
    let mut harness = window_of(feed, state, LARGE);
    bring(minutes);
    harness.run();
    harness
}

/// A minute is complete once newer events have come: the watermark is an hour behind by design.
#[test]
fn the_last_hour_has_figures() {
    let harness = minutes(|_| Some(50));
    let rows = labels(&harness, Role::Row);
    let series = rows.iter().find(|row| row.starts_with("Series")).unwrap();
    assert!(
        series.contains("last complete minute 50, mean 50, change 0 %"),
        "{series}"
    );
    assert!(has(
        &harness,
        Role::GraphicsObject,
        "last complete minute 50"
    ));
    let said = "change: 57 minutes, 13:21 – 14:17, 18 Mar 2026 vs 13:21 – 14:17, 17 Mar 2026";
    assert!(
        harness.query_by_label(said).is_some(),
        "{:?}",
        labels(&harness, Role::Label)
    );
}

/// Of a quiet stream most minutes have no row: they had no events, and count as such.
#[test]
fn minutes_without_events_are_in_means_and_changes() {
    let harness = minutes(|back| (back % 3 == 0).then_some(50));
    let said = "change: 57 minutes, 13:21 – 14:17, 18 Mar 2026 vs 13:21 – 14:17, 17 Mar 2026";
    assert!(
        harness.query_by_label(said).is_some(),
        "{:?}",
        labels(&harness, Role::Label)
    );
    let rows = labels(&harness, Role::Row);
    let series = rows.iter().find(|row| row.starts_with("Series")).unwrap();
    assert!(series.contains("mean 16.7, change 0 %"), "{series}");
    let words: Vec<String> = texts(&harness).into_iter().map(|text| text.words).collect();
    assert!(!words.contains(&"no data".to_owned()), "{words:?}");
}

#[test]
fn the_mean_of_few_events_is_no_zero() {
    let harness = minutes(|back| Some(i64::from(back % 6 == 0)));
    let rows = labels(&harness, Role::Row);
    let series = rows.iter().find(|row| row.starts_with("Series")).unwrap();
    assert!(series.contains("mean 0.1"), "{series}");
}

/// A name beside a chart is led to by no line that looks like one of the series.
#[test]
fn a_series_that_ended_is_not_drawn_on() {
    let rows = (0..28).flat_map(|back| {
        let eu = row(TODAY - back, "play", "EU", 900);
        let gone = (back > 14).then(|| row(TODAY - back, "play", "GONE", 500));
        [Some(eu), gone].into_iter().flatten()
    });
    let harness = open(Dataset::new(rows.collect(), final_days()), State::default());
    let chart = crate::harness::chart(&harness);
    fn segments(shape: &Shape, found: &mut Vec<[egui::Pos2; 2]>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| segments(shape, found)),
            Shape::LineSegment { points, .. } => found.push(*points),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for clipped in &harness.output().shapes {
        segments(&clipped.shape, &mut found);
    }
    // Of the second half of the chart, where only EU has days; dashes and hatches are short.
    let long: Vec<_> = found
        .into_iter()
        .filter(|[a, _]| chart.y_range().contains(a.y))
        .filter(|[a, b]| {
            a.x > chart.lerp_inside(egui::vec2(0.45, 0.5)).x && b.x - a.x > chart.width() * 0.2
        })
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

/// A month with one of its days would make the small line on top rise as if events had multiplied.
#[test]
fn a_month_that_lacks_days_is_in_no_sparkline() {
    // From the last of November on; December, January and February are whole.
    let rows = (TODAY - 108..=TODAY).map(|day| row(day, "play", "EU", 1000));
    let state = State {
        range: Range::All,
        bucket: Bucket::Month,
        ..State::default()
    };
    let harness = open(Dataset::new(rows.collect(), final_days()), state);
    let tile = harness
        .query_all_by_role(Role::GraphicsObject)
        .find_map(|node| {
            let node = node.accesskit_node();
            node.label()?
                .starts_with("All events:")
                .then(|| node.bounding_box().unwrap())
        });
    let tile = tile.unwrap();
    let is_in_tile = |at: &egui::Pos2| {
        let (x, y) = (f64::from(at.x), f64::from(at.y));
        (tile.x0..tile.x1).contains(&x) && (tile.y0..tile.y1).contains(&y)
    };
    fn paths(shape: &Shape, found: &mut Vec<Vec<egui::Pos2>>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| paths(shape, found)),
            Shape::Path(path) if !path.closed => found.push(path.points.clone()),
            Shape::LineSegment { points, .. } => found.push(points.to_vec()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for clipped in &harness.output().shapes {
        paths(&clipped.shape, &mut found);
    }
    let lines: Vec<usize> = found
        .iter()
        .filter(|points| points.iter().all(is_in_tile))
        .map(Vec::len)
        .collect();
    assert_eq!(lines, [3], "the three whole months");
}

/// The cell under the pointer is among what is read out, however many series are larger.
#[test]
fn the_heatmap_reads_out_the_cell_that_is_pointed_at() {
    let rows = (0..20).map(|region| {
        row(
            TODAY - 1,
            "play",
            &format!("R{region:02}"),
            2000 - region * 10,
        )
    });
    let state = State {
        view: View::Heatmap,
        ..State::default()
    };
    let mut harness = open(Dataset::new(rows.collect(), final_days()), state);
    let name = |harness: &Harness<'_, App>| {
        let texts = texts(harness).into_iter();
        texts
            .filter(|text| text.words == "play · R18")
            .map(|text| text.rect)
            .collect::<Vec<_>>()
    };
    let [label] = name(&harness)[..] else {
        panic!("one name of the row")
    };
    let chart = crate::harness::chart(&harness);
    harness.hover_at(egui::pos2(chart.max.x - 40.0, label.center().y));
    harness.run_steps(3);
    assert_eq!(
        name(&harness).len(),
        2,
        "beside its row, and in the tooltip"
    );
}

fn listeners(data: &Dataset) -> Dataset {
    let rows = data.cells().into_iter().map(|cell| Row {
        events: cell.events / 10,
        ..row(
            cell.slot.0,
            "listeners",
            &data.regions[usize::from(cell.region)],
            0,
        )
    });
    Dataset::new(rows.collect(), data.status.clone()).of_listeners()
}

/// Beside a region stand its listeners, where listeners are shown.
#[test]
fn the_filters_count_what_is_shown() {
    let rows = (0..28).map(|back| row(TODAY - back, "play", "EU", 1000));
    let data = Dataset::new(rows.collect(), final_days());
    let (counted, feed) = (listeners(&data), Feed::fixed(data, "music on db:5432"));
    let bring = feed.bringer();
    let state = State {
        view: View::Listeners,
        ..State::default()
    };
    let mut harness = window_of(feed, state, LARGE);
    bring(counted);
    harness.run();
    let left: Vec<String> = texts(&harness)
        .into_iter()
        .filter(|text| text.rect.max.x < 210.0)
        .map(|text| text.words)
        .collect();
    assert!(left.contains(&"100 a day".to_owned()), "{left:?}");
    assert!(!left.contains(&"28k".to_owned()), "{left:?}");
}

/// Each database has its own colours: names of another one take none of them.
#[test]
fn colours_are_those_of_the_database() {
    let of = |region: &str| Dataset::new(vec![row(TODAY, "play", region, 1)], status());
    let first = window_of(
        Feed::fixed(of("A"), "one on db:5432"),
        State::default(),
        LARGE,
    );
    let state = first.state().state().clone();
    let second = window_of(Feed::fixed(of("Z"), "two on db:5432"), state.clone(), LARGE);
    let slot =
        |harness: &Harness<'_, App>, name| harness.state().state().colors(List::Regions).slot(name);
    assert_eq!(slot(&second, "Z"), 0);
    let both = Dataset::new(
        vec![row(TODAY, "play", "A", 1), row(TODAY, "play", "0", 1)],
        status(),
    );
    let state = second.state().state().clone();
    let again = window_of(Feed::fixed(both, "one on db:5432"), state, LARGE);
    assert_eq!(
        (slot(&again, "A"), slot(&again, "0")),
        (0, 1),
        "as they were"
    );
}

/// Listeners are counted by UTC day: in another zone that is said, and does not look as if there were none.
#[test]
fn in_another_zone_it_is_said_where_the_listeners_are() {
    let zone = Zone {
        name: "Asia/Kathmandu".into(),
        offset: 345 * MINUTE_US,
        watermark_offset: 345 * MINUTE_US,
    };
    let rows = (0..40).map(|back| row(TODAY - back, "play", "EU", 1000));
    for range in [Range::Days28, Range::All] {
        let data = Dataset::new(rows.clone().collect(), final_days()).in_zone(zone.clone());
        let can = Abilities {
            zones: true,
            listeners: true,
            ..Abilities::default()
        };
        let state = State {
            range,
            zone: zone.name.clone(),
            ..State::default()
        };
        let feed = Feed::fixed(data, "music on db:5432").knowing(can);
        let mut harness = window_of(feed, state, LARGE);
        harness.run();
        assert!(
            has(&harness, Role::GraphicsObject, "Listeners: UTC days only"),
            "{range:?}"
        );
        let ctx = harness.ctx.clone();
        harness.state_mut().run(Command::Show(View::Table), &ctx);
        harness.run();
        assert!(
            has(&harness, Role::GraphicsObject, "Listeners: UTC days only"),
            "{range:?}"
        );
    }
}

/// In the smallest window, too, a change has the dates that it compares.
#[test]
fn the_smallest_window_says_what_a_change_compares() {
    let rows = (0..60).map(|back| row(TODAY - back, "play", "EU", 1000));
    let data = Dataset::new(rows.collect(), status());
    let feed = Feed::fixed(data, "music on db:5432");
    let mut harness = window_of(feed, State::default(), [780.0, 520.0]);
    harness.run();
    let words: Vec<String> = texts(&harness).into_iter().map(|text| text.words).collect();
    assert!(
        words
            .iter()
            .any(|words| words.contains("vs 22 Jan – 17 Feb")),
        "{words:?}"
    );
    assert!(
        words.iter().any(|words| words.starts_with("so far")),
        "{words:?}"
    );
}

/// A series without a row on a compared day does not compare it, and says how many days it compares.
#[test]
fn a_change_of_fewer_days_than_the_others_says_of_how_many() {
    let harness = crate::harness::window(State::default());
    let words: Vec<String> = texts(&harness).into_iter().map(|text| text.words).collect();
    // Of MENA, three of 27 days are missing in the sample: as zeros they would be a fall by 8 %.
    let own: Vec<_> = words
        .iter()
        .filter(|words| words.ends_with("· 24 d"))
        .collect();
    assert!(!own.is_empty(), "{words:?}");
    assert!(own.iter().all(|words| words.starts_with('+')), "{own:?}");
    let rows = (0..60).map(|back| row(TODAY - back, "play", "EU", 1000));
    let data = Dataset::new(rows.collect(), status());
    let harness = open(data, State::default());
    let words: Vec<String> = texts(&harness).into_iter().map(|text| text.words).collect();
    assert!(
        !words.iter().any(|words| words.contains("% ·")),
        "{words:?}"
    );
}

/// A change without what it is against says nothing.
#[test]
fn no_change_stands_alone_in_the_smallest_window() {
    for (view, bucket, range) in [
        (View::ByEventType, Bucket::Day, Range::Days28),
        (View::ByEventType, Bucket::Week, Range::Days90),
        (View::Overlay, Bucket::Month, Range::Year),
        (View::Table, Bucket::Day, Range::Days90),
        (View::Live, Bucket::Day, Range::Days28),
    ] {
        let state = State {
            view,
            bucket,
            range,
            ..State::default()
        };
        let mut harness = window_of(Feed::sample(DEMO_TIME), state, SMALL);
        harness.run();
        let texts = texts(&harness);
        let words: Vec<&str> = texts.iter().map(|text| text.words.as_str()).collect();
        let is_change = |words: &&str| words.starts_with(['+', '−']) && words.ends_with(" %");
        let against = words
            .iter()
            .filter(|words| words.starts_with("vs "))
            .count();
        assert_eq!(
            words
                .iter()
                .copied()
                .filter(|words| is_change(words))
                .count(),
            against,
            "{view:?} {bucket:?}: {words:?}"
        );
        let right = texts.iter().map(|text| text.rect.max.x).fold(0.0, f32::max);
        assert!(right <= SMALL[0], "{view:?} {bucket:?}: {right}");
    }
}

#[test]
fn figures_that_do_not_add_up_have_no_sum() {
    for (view, has_sum) in [(View::Overlay, true), (View::Listeners, false)] {
        let harness = window(State {
            view,
            ..State::default()
        });
        assert_eq!(
            has(&harness, Role::ColumnHeader, "Sum"),
            has_sum,
            "{view:?}"
        );
        assert!(has(&harness, Role::ColumnHeader, "Last day"), "{view:?}");
    }
}
