use super::*;
use crate::data::Filter;
use proptest::prelude::*;

fn row(day: i32, region: &str, plays: i64, skips: i64, is_settled: bool) -> Row {
    Row {
        day: Day(day),
        region: region.into(),
        numbers: Numbers {
            plays,
            skips,
            streams: plays - skips,
            listened_us: plays * 61_000_001,
            sessions: plays / 2,
        },
        is_settled,
    }
}

fn view(regions: &Filter) -> View<'_> {
    View::of_days(Span::new(Day(8), Day(11)), regions, &[])
}

#[test]
fn a_skip_rate_is_that_of_the_sums_and_a_day_without_plays_has_none() {
    let rows = vec![
        row(8, "EU", 10, 5, true),
        row(8, "US", 90, 9, true),
        row(9, "EU", 0, 0, true),
    ];
    let listening = Listening::new(rows, 0, true);
    let all = Filter::default();
    assert_eq!(
        listening.sum(view(&all).span, &all).skip_rate(),
        Some(140_000),
        "no mean of 50 % and 10 %"
    );
    let mut eu = Filter::default();
    eu.toggle("US");
    let of_eu = listening.sum(view(&eu).span, &eu);
    assert_eq!(
        (of_eu.plays, of_eu.skips),
        (10, 5),
        "of the regions that are on"
    );
    let chart = chart(&listening, Figure::SkipRate, &view(&all));
    assert_eq!(chart.lines[0].counts.get(0).unwrap().events, 500_000);
    assert_eq!(chart.lines[0].counts.get(1), None);
}

#[test]
fn settled_days_alone_are_compared_and_only_with_days_that_can_have_rows() {
    let rows = vec![
        row(2, "EU", 4, 1, true),
        row(8, "EU", 100, 0, true),
        row(9, "EU", 6, 3, true),
        row(10, "EU", 50, 0, false),
    ];
    let listening = Listening::new(rows, 0, true);
    let all = Filter::default();
    let compared = compared(&listening, &view(&all)).unwrap();
    assert_eq!((compared.now.plays, compared.before.plays), (6, 4));
    assert_eq!(compared.before_span, Span::new(Day(2), Day(2)));
    assert_eq!((compared.slots, compared.grain), (1, Grain::Day));
    assert_eq!(compared.change(Figure::SkipRate), Change::Share(0.25));
}

/// Compared as zeros, such days would change the figures.
#[test]
fn a_day_without_rows_is_not_compared_on_either_side() {
    let all = Filter::default();
    for (days, before_span) in [([1, 2, 8, 9, 10], (1, 2)), ([1, 2, 3, 8, 10], (1, 3))] {
        let rows = days.map(|day| row(day, "EU", 10, 0, true));
        let listening = Listening::new(rows.to_vec(), 0, true);
        let compared = compared(&listening, &view(&all)).unwrap();
        let plays = (compared.now.plays, compared.before.plays);
        assert_eq!((compared.slots, plays), (2, (20, 20)), "{days:?}");
        let (first, last) = before_span;
        assert_eq!(compared.before_span, Span::new(Day(first), Day(last)));
    }
}

#[test]
fn a_week_that_lacks_days_says_so_and_only_settled_weeks_are_compared() {
    // From Wednesday 7 January 1970 to Sunday 1 February, settled up to Tuesday 27 January.
    let rows: Vec<Row> = (6..=31)
        .map(|day| row(day, "EU", 10, i64::from(day % 2), day <= 26))
        .collect();
    let listening = Arc::new(Listening::new(rows, 0, true));
    let all = Filter::default();
    let view = View {
        span: Span::new(Day(4), Day(31)),
        zone: "UTC",
        grain: Grain::Week,
        shift: 1,
        regions: &all,
        begin: None,
        today: Day(31),
        name_others: |count| count.to_string(),
        events: None,
        states: &[],
    };
    let sheet = sheet(&listening, Figure::Hours, &view, None);
    let shown = |row, column| sheet.cell(row, column).value.shown();
    let column = |column| (0..4).map(|row| shown(row, column)).collect::<Vec<_>>();
    assert_eq!(column(0), ["1970-W05", "1970-W04", "1970-W03", "1970-W02"]);
    assert_eq!(column(3), ["70", "70", "70", "50"]);
    assert_eq!(column(8), ["so far", "settled", "settled", "settled"]);
    let is_open = [0, 1, 2, 3].map(|row| sheet.cell(row, 2).is_open);
    assert_eq!(is_open, [true, false, false, false], "hollow bars");
    // On its Sunday, the running week has six whole days.
    assert_eq!(
        column(9),
        ["6 of 7 days", "7 of 7 days", "7 of 7 days", "5 of 7 days"]
    );
    assert_ne!(sheet.cell(0, 9).tone, Tone::Warn, "its days may still come");
    assert_eq!(sheet.cell(3, 9).tone, Tone::Warn);
    let of_chart = chart(&listening, Figure::Streams, &view);
    assert_eq!(of_chart.lines[0].counts.days(0), Some(5));
    assert_eq!(
        of_chart.lines[0].counts.days(3),
        Some(6),
        "today is not over"
    );
    assert_eq!(of_chart.lines[0].partial, [0], "joined by dashes");
    assert_eq!(of_chart.lines[0].figures.min, Some(66), "whole weeks only");
    let compared = compared(&listening, &view).unwrap();
    assert_eq!(
        (compared.slots, compared.before_span),
        (1, Span::new(Day(11), Day(17))),
        "the week before the first whole one has no rows on Monday"
    );
    assert_eq!((compared.now.plays, compared.before.plays), (70, 70));
}

proptest! {
    /// What a line of the chart has in a slot is what the table and the CSV have, and the sum of its days.
    #[test]
    fn chart_table_and_csv_agree(
        plays in proptest::collection::vec(proptest::option::of((0_i64..2000, 0_i64..2000)), 160),
        off in proptest::option::of(0_usize..4),
        grain in prop_oneof![Just(Grain::Day), Just(Grain::Week), Just(Grain::Month)],
    ) {
        let names = ["AF", "EU", "MEA", "US"];
        let rows: Vec<Row> = plays
            .iter()
            .enumerate()
            .filter_map(|(at, plays)| {
                let (plays, skips) = (*plays)?;
                Some(row(at as i32 / 4, names[at % 4], plays, skips.min(plays), at < 30))
            })
            .collect();
        let listening = Arc::new(Listening::new(rows.clone(), 0, true));
        let mut regions = Filter::default();
        if let Some(off) = off {
            regions.toggle(names[off]);
        }
        let slots = grain.slots(Span::new(Day(0), Day(39)));
        let span = grain.days(slots);
        let view = View { span, zone: "UTC", grain, shift: 14, regions: &regions, begin: None, today: Day(39), name_others: |count| count.to_string(), events: None, states: &[] };
        let sheet = sheet(&listening, Figure::Hours, &view, None);
        let csv = sheet.csv();
        let mut lines = csv.lines().map(|line| -> Vec<String> {
            line.split(',').map(str::to_owned).collect()
        });
        let header = lines.next().unwrap();
        prop_assert_eq!(&header[0], grain.word());
        let lines: Vec<Vec<String>> = lines.collect();
        prop_assert_eq!(lines.len(), sheet.len());
        for (figure, column) in [
            (Figure::Hours, 2),
            (Figure::Streams, 4),
            (Figure::SkipRate, 6),
            (Figure::Sessions, 7),
        ] {
            let chart = chart(&listening, figure, &view);
            for (row, cells) in lines.iter().enumerate() {
                let line = chart.lines.iter().find(|line| line.name == cells[1]).unwrap();
                let at = (0..slots.count()).find(|at| grain.iso(slots.at(*at)) == cells[0]).unwrap();
                let days = grain.days(Span::new(slots.at(at), slots.at(at)));
                let of_slot: Vec<&Row> = rows
                    .iter()
                    .filter(|row| row.region == cells[1] && days.contains(row.day))
                    .collect();
                let sum = of_slot.iter().fold(Numbers::default(), |sum, row| sum.plus(row.numbers));
                let count = line.counts.get(at);
                prop_assert_eq!(count.map(|count| count.events), figure.of(&sum));
                let shown = count.map(|count| figure.measure().exact(count.events));
                let in_table = sheet.cell(row, column).value.shown();
                prop_assert_eq!(shown.unwrap_or("–".into()), in_table);
                let exact = count.map(|count| match figure {
                    Figure::Hours | Figure::SkipRate => quantity::decimal(count.events),
                    _ => count.events.to_string(),
                });
                prop_assert_eq!(exact.unwrap_or_default(), cells[column].clone());
                if grain.sums_days() {
                    let whole = of_slot.iter().filter(|row| row.day < view.today).count();
                    prop_assert_eq!(&cells[9], &whole.to_string());
                    prop_assert_eq!(&cells[10], &days.count().to_string());
                }
            }
        }
    }
}
