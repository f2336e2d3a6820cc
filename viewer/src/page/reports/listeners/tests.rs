use super::*;
use crate::{calendar::Slot, data::Filter};

fn retention() -> Arc<Listeners> {
    let row = |day, region: &str, numbers| Row {
        day: Day(day),
        region: region.into(),
        numbers,
    };
    Arc::new(Listeners::new(
        Kind::Retention,
        vec![
            row(2, "EU", [Some(30), Some(10), None, None]),
            row(1, "EU", [Some(10), Some(5), Some(1), None]),
            row(1, "US", [Some(60), Some(60), Some(20), None]),
        ],
        None,
    ))
}

#[test]
fn retention_is_blank_where_the_day_is_not_over_and_summed_where_it_is() {
    let (all, states) = (Filter::default(), [Finality::Final; 2]);
    let view = View::of_days(Span::new(Day(1), Day(2)), &all, &states);
    let sheet = sheet(&retention(), Part::Retention, &view, None);
    let csv: Vec<String> = sheet.csv().lines().map(str::to_owned).collect();
    assert_eq!(
        csv[0],
        "day,region,new_listeners,day_1,day_1_rate,day_7,day_7_rate,day_28,day_28_rate"
    );
    assert_eq!(
        csv[1], "1970-01-03,EU,30,10,0.333333,,,,",
        "the newest first"
    );
    assert_eq!(csv[2], "1970-01-02,EU,10,5,0.500000,1,0.100000,,");
    assert_eq!((csv.len(), sheet.len(), sheet.file_len()), (4, 4, 3));
    let shown = |row| {
        let cells = sheet.columns_but(Place::File).into_iter();
        let words = cells.map(|column| sheet.cell(row, column).value.shown());
        words.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(1), "1970-01-02 Sum of regions 70 65 92.9 % 21 30.0 %");
    assert_eq!(
        [0, 1, 2, 3].map(|row| sheet.begins_slot(row)),
        [true, true, false, false]
    );
    let heat = |row: usize, column| sheet.cell(row, column).heat.is_some();
    assert!(heat(1, 4), "of 70");
    assert!(!heat(2, 4), "of 10");
    let total: Vec<String> = sheet
        .total
        .unwrap()
        .iter()
        .map(|cell| cell.value.csv())
        .collect();
    assert_eq!(
        total,
        [
            "All",
            "Sum of regions",
            "100",
            "75",
            "0.750000",
            "21",
            "0.300000",
            "",
            ""
        ],
        "day 7 is of 70 listeners, whose seventh day is over"
    );
}

/// Regions may share listeners; those of one region are exact.
#[test]
fn retention_of_one_region_is_no_sum_of_regions() {
    let (mut regions, states) = (Filter::default(), [Finality::Final; 2]);
    regions.toggle("US");
    let view = View::of_days(Span::new(Day(1), Day(2)), &regions, &states);
    let sheet = sheet(&retention(), Part::Retention, &view, None);
    assert!(!sheet.has_sums());
    let total = sheet.total.unwrap();
    let words = [0, 1, 2].map(|column| total[column].value.shown());
    assert_eq!(words, ["All", "", "40"]);
}

#[test]
fn what_a_line_has_is_what_the_table_has() {
    let (mut regions, states) = (Filter::default(), [Finality::Final; 2]);
    regions.toggle("US");
    let view = View::of_days(Span::new(Day(1), Day(2)), &regions, &states);
    let rows = ["EU", "US"].map(|region| Row {
        day: Day(2),
        region: region.into(),
        numbers: [Some(3), Some(5), Some(8), None],
    });
    let active = Arc::new(Listeners::new(Kind::Active, rows.into(), None));
    let sheet = sheet(&active, Part::Week, &view, None);
    assert_eq!(sheet.len(), 1);
    for number in 0..3 {
        let chart = chart(&active, number, &view);
        assert_eq!(chart.lines.len(), 1);
        let count = chart.lines[0].counts.get(1).unwrap().events;
        let shown = sheet.cell(0, 2 + number).value.shown();
        assert_eq!(measure(Kind::Active).exact(count), shown);
    }
    assert!(sheet.cell(0, 3).bar.is_some() && !sheet.cell(0, 3).is_open);
    let states = [Finality::Final, Finality::SoFar];
    let view = View {
        states: &states,
        ..view
    };
    let sheet = super::sheet(&active, Part::Week, &view, None);
    assert!(sheet.cell(0, 3).is_open, "a hollow bar");
}

/// The first three days, and the last ones after a gap of four days.
#[test]
fn windows_with_a_gap_are_not_drawn_as_a_loss_of_listeners() {
    let (all, states) = (Filter::default(), [Finality::Final; 10]);
    let days = [1, 2, 3, 8, 9, 10];
    let events = Track::new(days.map(|day| (Slot(day), Count::default())).into_iter());
    let view = View {
        events: Some(&events),
        shift: 14,
        today: Day(11),
        ..View::of_days(Span::new(Day(1), Day(10)), &all, &states)
    };
    let rows = days.map(|day| Row {
        day: Day(day),
        region: "EU".into(),
        numbers: [Some(5), Some(9), Some(9), None],
    });
    let active = Arc::new(Listeners::new(Kind::Active, rows.into(), None));
    let line = &chart(&active, 1, &view).lines[0];
    assert_eq!(line.partial, [0, 1, 2, 7, 8, 9]);
    assert_eq!(
        [0, 3, 7, 9].map(|at| line.counts.days(at)),
        [Some(1), None, Some(3), Some(3)]
    );
    let sheet = sheet(&active, Part::Week, &view, None);
    let last = sheet.cell(0, 6);
    assert_eq!((last.value, last.tone), (Value::Days(3, 7), Tone::Warn));
    let header = "day,region,listeners_1_day,listeners_7_days,listeners_28_days,state";
    assert_eq!(sheet.csv().lines().next(), Some(header));
    let whole = View {
        events: None,
        ..view
    };
    assert!(chart(&active, 1, &whole).lines[0].partial.is_empty());
    assert!(chart(&active, 0, &view).lines[0].partial.is_empty());
}
