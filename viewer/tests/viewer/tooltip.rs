//! What the tooltip of a chart shows, as it is painted, against what the CSV says.

use crate::{
    harness::{TODAY, chart, others, row, status, window_of},
    layout::texts,
};
use musicstream_viewer::{
    calendar::{Day, Grain, Slot, format},
    data::{Dataset, Row},
    page::{Page, State, View, csv},
    source::Feed,
};
use std::collections::{BTreeMap, BTreeSet};

const REGIONS: [&str; 6] = ["APAC", "EU", "LATAM", "MEA", "NA", "ZZ"];

/// Nothing, a zero, few events, many, and more than a float can count.
fn events(day: i32, region: usize) -> Option<i64> {
    match (day * 7 + region as i32 * 3).rem_euclid(11) {
        0 => None,
        1 => Some(0),
        2 => Some((1 << 53) + i64::from(day) + region as i64),
        other => Some(i64::from(other) * 12_345 + region as i64),
    }
}

#[test]
fn the_tooltip_paints_what_the_csv_says() {
    let rows = (TODAY - 27..=TODAY).flat_map(|day| {
        REGIONS.iter().enumerate().filter_map(move |(at, region)| {
            let row = row(day, "play", region, events(day, at)?);
            let late_events = row.events.min(i64::from(day % 3));
            Some(Row { late_events, ..row })
        })
    });
    let data = Dataset::new(rows.collect(), status());
    let state = State {
        view: View::ByEventType,
        ..State::default()
    };
    let page = Page::new(&data, &data, &state, others).unwrap();
    let csv = csv::of(&data, &page.table);
    let said: BTreeMap<(String, String), i64> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let place = (cells[0].to_owned(), cells[2].to_owned());
            (place, cells[3].parse().unwrap())
        })
        .collect();
    assert_eq!(
        said.len(),
        (TODAY - 27..=TODAY)
            .flat_map(|day| (0..6).filter_map(move |at| events(day, at)))
            .count()
    );

    let mut harness = window_of(Feed::fixed(data, "odd days"), state, [1440.0, 900.0]);
    harness.run();
    let chart = chart(&harness);
    let mut days = BTreeSet::new();
    for step in 0..=60 {
        let x = egui::lerp(chart.x_range(), step as f32 / 60.0);
        harness.hover_at(egui::pos2(x, chart.center().y));
        harness.run_steps(3);
        let painted: Vec<String> = texts(&harness).into_iter().map(|text| text.words).collect();
        // The tooltip lies over everything, so it is painted last.
        let Some((begin, day)) = (TODAY - 27..=TODAY).find_map(|day| {
            let title = Grain::Day.long(Slot(day));
            Some((painted.iter().rposition(|words| *words == title)?, day))
        }) else {
            continue;
        };
        days.insert(day);
        let tooltip = &painted[begin..];
        let iso = Day(day).iso();
        for region in REGIONS {
            // A share may stand between name and number.
            let at = tooltip.iter().position(|words| words == region).unwrap();
            let after = &tooltip[at + 1..(at + 3).min(tooltip.len())];
            let number = said
                .get(&(iso.clone(), region.to_owned()))
                .map_or("no data".to_owned(), |&events| format::grouped(events));
            assert!(
                after.contains(&number),
                "{iso}, {region}: {number} in {after:?}"
            );
        }
    }
    assert_eq!(days.len(), 28, "{days:?}");
}
