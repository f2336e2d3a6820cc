use super::*;
use crate::{
    calendar::{Slot, Zone},
    data::tests::{noon, row},
    stats::Change,
};

fn data() -> Dataset {
    Dataset::new(
        vec![
            row(1, "play", "EU", 50),
            row(8, "play", "EU", 100),
            row(8, "play", "US", 10),
            row(10, "play", "EU", 0),
            row(10, "stop", "US", 7),
            row(11, "play", "EU", 1),
        ],
        noon(11),
    )
}

const SPAN: Span = Span {
    first: Slot(8),
    last: Slot(11),
};

fn others(count: usize) -> String {
    format!("{count} others")
}

fn builder(data: &Dataset) -> Builder<'_> {
    Builder::new(
        data,
        SPAN,
        &Filter::default(),
        &Filter::default(),
        ChartOptions::default(),
        others,
    )
}

fn events(line: &Line) -> Vec<Option<i64>> {
    line.counts
        .iter()
        .map(|count| count.map(|count| count.events))
        .collect()
}

#[test]
fn a_chart_for_each_event_type_with_gaps_and_zeros_apart() {
    let data = data();
    let charts = builder(&data).charts(View::ByEventType, Split::Both);
    let titles: Vec<&str> = charts.iter().map(|chart| chart.title.as_str()).collect();
    assert_eq!(titles, ["play", "stop"]);
    let eu = &charts[0].lines[0];
    assert_eq!(
        (eu.name.as_str(), eu.full_name.as_str()),
        ("EU", "play · EU")
    );
    assert_eq!(events(eu), [Some(100), None, Some(0), Some(1)]);
    assert_eq!(
        eu.change,
        Change::Share(1.0),
        "day 8 against day 1, today left out"
    );
    assert_eq!(charts[0].max(false, false), 100);
    assert_eq!(charts[0].sum(), 111);
}

#[test]
fn a_minute_without_a_row_is_a_zero_if_it_is_counted_or_anything_came_of_it() {
    let days = data();
    let data = days.clone().by_minute(Zone::default(), &[]);
    let charts = builder(&data).charts(View::Live, Split::Both);
    let line = |name| charts[0].lines.iter().find(|line| line.name == name);
    let us = events(line("play · US").unwrap());
    assert_eq!(us, [Some(10), None, Some(0), Some(0)]);
    let counted = [Span::new(Slot(2), Slot(9))];
    let data = days.clone().by_minute(Zone::default(), &counted);
    let charts = builder(&data).charts(View::Live, Split::Both);
    let line = |name| charts[0].lines.iter().find(|line| line.name == name);
    let us = line("play · US").unwrap();
    assert_eq!(events(us), [Some(10), Some(0), Some(0), Some(0)]);
    assert_eq!(us.figures.min, Some(0));
    assert_eq!(charts[0].blank, [], "nothing is unknown");
    let charts = builder(&days).charts(View::Overlay, Split::Both);
    assert_eq!(events(&charts[0].lines[1])[2], None, "a day stays a gap");
}

#[test]
fn totals_follow_the_filter() {
    let data = data();
    let mut regions = Filter::default();
    regions.toggle("EU");
    let builder = Builder::new(
        &data,
        SPAN,
        &Filter::default(),
        &regions,
        ChartOptions::default(),
        others,
    );
    assert_eq!(
        events(&builder.total("all")),
        [Some(10), None, Some(7), None]
    );
    assert_eq!(builder.by_region().len(), 1);
}

#[test]
fn the_overlay_splits_as_asked() {
    let data = data();
    let names = |split| -> Vec<String> {
        builder(&data).charts(View::Overlay, split)[0]
            .lines
            .iter()
            .map(|line| line.name.clone())
            .collect()
    };
    assert_eq!(names(Split::EventTypes), ["play", "stop"]);
    assert_eq!(names(Split::Regions), ["EU", "US"]);
    assert_eq!(
        names(Split::Both),
        ["play · EU", "play · US", "stop · EU", "stop · US"]
    );
}

#[test]
fn nothing_chosen_gives_no_chart() {
    let data = data();
    let mut none = Filter::default();
    none.none(&data.event_types);
    let builder = Builder::new(
        &data,
        SPAN,
        &none,
        &Filter::default(),
        ChartOptions::default(),
        others,
    );
    for view in View::ALL {
        assert!(
            builder.charts(view, Split::EventTypes).is_empty(),
            "{view:?}"
        );
    }
}

#[test]
fn a_ranking_is_sorted_with_gaps_last() {
    let data = data();
    let charts = builder(&data).charts(View::Overlay, Split::Both);
    let names: Vec<&str> = charts[0]
        .ranking(0)
        .iter()
        .map(|(line, _)| line.name.as_str())
        .collect();
    assert_eq!(names[..2], ["play · EU", "play · US"]);
    assert!(charts[0].ranking(0)[2].1.is_none());
}

/// Ten regions: the number of each is its events, from the second day on ten times as many for the odd ones.
fn many() -> Dataset {
    let rows = (1..=10).flat_map(|at: i64| {
        let region = format!("R{at:02}");
        let grown = if at % 2 == 1 { 10 } else { 1 };
        [
            row(1, "play", &region, at),
            row(8, "play", &region, at * grown),
        ]
    });
    Dataset::new(rows.collect(), noon(9))
}

fn lines(options: ChartOptions) -> Vec<(String, i64)> {
    let all = Filter::default();
    let span = Span::new(Slot(8), Slot(8));
    let data = many();
    let builder = Builder::new(&data, span, &all, &all, options, others);
    let chart = &builder.charts(View::ByEventType, Split::Both)[0];
    assert_eq!(chart.sum(), 10 * 25 + 30, "nothing is lost");
    let lines = chart.lines.iter();
    lines
        .map(|line| (line.name.clone(), line.figures.sum))
        .collect()
}

#[test]
fn the_largest_have_a_series_and_the_others_one_together() {
    let top = |count| {
        lines(ChartOptions {
            top: Some(count),
            ..ChartOptions::default()
        })
    };
    let expected = [("R05", 50), ("R07", 70), ("R09", 90), ("7 others", 70)];
    let expected = expected.map(|(name, sum)| (name.to_owned(), sum));
    assert_eq!(top(3), expected);
    let shares_one =
        |lines: &[(String, i64)]| lines.iter().any(|(name, _)| name.contains("others"));
    assert!(!shares_one(&top(9)), "one name alone keeps its series");
    assert_eq!(top(8).last().unwrap(), &("2 others".to_owned(), 6));
}

#[test]
fn series_come_by_name_size_or_change() {
    let order = |order, top| {
        let options = ChartOptions {
            order,
            top,
            ..ChartOptions::default()
        };
        let lines = lines(options).into_iter();
        lines.map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(order(SeriesOrder::Name, None)[..2], ["R01", "R02"]);
    assert_eq!(order(SeriesOrder::Size, None)[..3], ["R09", "R07", "R05"]);
    let by_change = order(SeriesOrder::Change, None);
    assert_eq!(
        by_change[4..6],
        ["R09", "R02"],
        "ten times as many, then as many"
    );
    assert_eq!(
        order(SeriesOrder::Size, Some(2)),
        ["R09", "R07", "8 others"]
    );
}

#[test]
fn shares_are_of_what_the_chart_sums_up_to() {
    let data = data();
    let charts = builder(&data).charts(View::ByEventType, Split::Both);
    let (play, eu) = (&charts[0], &charts[0].lines[0]);
    let share = play.share(eu, 0).unwrap();
    assert_eq!((share.part, share.whole), (100, 110));
    assert_eq!(play.share(eu, 1), None, "a day without a row");
    assert_eq!(play.share(eu, 2), None, "nothing of nothing");
    // US has no play on day 10, of which EU has a row; day 11 has not ended.
    assert_eq!(play.lacking(3), [(2..3, vec!["US"])]);
    assert_eq!(play.stacks(100, 4).len(), 1, "no shares without US");
    let stacks = play.stacks(100, 3);
    let slots: Vec<Vec<usize>> = stacks
        .iter()
        .map(|stretch| stretch.iter().map(|stack| stack.slots.start).collect())
        .collect();
    assert_eq!(slots, [vec![0], vec![3]], "gaps and empty days part them");
    let summed: f64 = stacks[0][0].shares.iter().sum();
    assert!((summed - 1.0).abs() < 1e-9);
}

#[test]
fn a_week_that_lacks_days_is_in_the_sum_and_in_no_mean_or_minimum() {
    // 1970-01-05 was a Monday: of three weeks, the first has three days of ten events, the others seven.
    let rows = (8..25).map(|day| row(day, "play", "EU", 10));
    let weeks = Dataset::new(rows.collect(), noon(40)).in_buckets(Grain::Week);
    let all = Filter::default();
    let span = weeks.bounds().unwrap();
    let builder = Builder::new(&weeks, span, &all, &all, ChartOptions::default(), others);
    let figures = builder.total("all").figures;
    assert_eq!(figures.sum, 170);
    assert_eq!((figures.mean, figures.min), (Some(70.0), Some(70)));
    assert_eq!((figures.last, figures.max), (Some(70), Some(70)));
}

/// A solid line to it would look like a fall.
#[test]
fn a_week_that_lacks_days_is_joined_by_dashes() {
    // From Monday, 1970-01-05, on: three days, a week, six days, and two weeks.
    let days = (8..39).filter(|day| *day != 20);
    let rows = days.map(|day| row(day, "play", "EU", 10));
    let weeks = Dataset::new(rows.collect(), noon(40)).in_buckets(Grain::Week);
    let all = Filter::default();
    let span = weeks.bounds().unwrap();
    let builder = Builder::new(&weeks, span, &all, &all, ChartOptions::default(), others);
    let line = builder.total("all");
    assert_eq!(line.partial, [0, 2]);
    let drawn = line.stretches(builder.states(), 100);
    let solid: Vec<&[usize]> = drawn.iter().map(|stretch| &*stretch.solid).collect();
    let solid: Vec<&[usize]> = solid
        .into_iter()
        .filter(|slots| !slots.is_empty())
        .collect();
    assert_eq!(solid, [&[1][..], &[3, 4]]);
    let dashed: Vec<&[usize]> = drawn.iter().map(|stretch| &*stretch.around).collect();
    let dashed: Vec<&[usize]> = dashed
        .into_iter()
        .filter(|slots| !slots.is_empty())
        .collect();
    assert_eq!(dashed, [&[0, 1][..], &[1, 2, 3]]);
}

/// Where the mean is drawn, it is compared with a mean: days and days before would be two thin lines.
#[test]
fn the_days_before_have_a_mean_of_seven_days_too() {
    let rows = (1..22).map(|day| row(day, "play", "EU", i64::from(day) * 10));
    let data = Dataset::new(rows.collect(), noon(22));
    let all = Filter::default();
    let span = Span::new(Slot(15), Slot(21));
    let builder = Builder::new(&data, span, &all, &all, ChartOptions::default(), others);
    let line = builder.total("all");
    let before = line.means_before(100);
    // Days 8 to 14, each with the six before it.
    assert_eq!(before[0].first(), Some(&(0, 50.0)));
    assert_eq!(before[0].last(), Some(&(6, 110.0)));
}

#[test]
fn charts_come_by_size_or_change_and_what_is_new_has_grown_most() {
    let rows = vec![
        row(1, "pause", "EU", 10),
        row(8, "pause", "EU", 20),
        row(1, "play", "EU", 100),
        row(8, "play", "EU", 110),
        row(8, "stop", "EU", 5),
    ];
    let data = Dataset::new(rows, noon(9));
    let (all, span) = (Filter::default(), Span::new(Slot(8), Slot(8)));
    let titles = |order| -> Vec<String> {
        let options = ChartOptions {
            order,
            ..ChartOptions::default()
        };
        let builder = Builder::new(&data, span, &all, &all, options, others);
        let charts = builder.charts(View::ByEventType, Split::Both).into_iter();
        charts.map(|chart| chart.title).collect()
    };
    assert_eq!(titles(SeriesOrder::Name), ["pause", "play", "stop"]);
    assert_eq!(titles(SeriesOrder::Size), ["play", "pause", "stop"]);
    assert_eq!(titles(SeriesOrder::Change), ["stop", "pause", "play"]);
}
