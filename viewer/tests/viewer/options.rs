//! Buckets and how charts draw their numbers: each control by key, by name, and from the palette.

use crate::{
    database::{Database, PATIENCE, wait_for},
    harness::{descriptions, has, labels, others, window},
    layout::texts,
    shot::{Shot, sample, state},
};
use egui::{Event, Key, Modifiers, Theme, accesskit::Role};
use egui_kittest::{
    SnapshotResults,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    calendar::{Day, Grain, Span},
    page::{Bucket, ChartOptions, Page, Range, SeriesOrder, Split, State, View, csv},
};

#[test]
fn keys_choose_buckets_and_how_numbers_are_drawn() {
    let mut harness = window(State::default());
    for bucket in [Bucket::Week, Bucket::Month, Bucket::Day] {
        harness.key_press(Key::B);
        harness.run();
        assert_eq!(harness.state().state().bucket, bucket);
    }
    for (key, options) in [
        (
            Key::M,
            ChartOptions {
                mean: true,
                ..ChartOptions::default()
            },
        ),
        (
            Key::S,
            ChartOptions {
                share: true,
                ..ChartOptions::default()
            },
        ),
        (
            Key::L,
            ChartOptions {
                log: true,
                ..ChartOptions::default()
            },
        ),
        (
            Key::Y,
            ChartOptions {
                same_scale: true,
                ..ChartOptions::default()
            },
        ),
    ] {
        harness.key_press(key);
        harness.run();
        assert_eq!(harness.state().state().options, options, "{key:?}");
        harness.key_press(key);
        harness.run();
        assert_eq!(harness.state().state().options, ChartOptions::default());
    }
}

#[test]
fn each_control_has_a_name_and_acts_when_it_is_clicked() {
    let mut harness = window(State::default());
    harness
        .get_by_role_and_label(Role::RadioButton, "A slot for each: week, from Monday (B)")
        .click();
    harness.run();
    assert_eq!(harness.state().state().bucket, Bucket::Week);
    assert!(has(&harness, Role::ColumnHeader, "Sort by Week"));
    assert!(has(&harness, Role::ColumnHeader, "Days"));
    assert!(
        labels(&harness, Role::Row)
            .iter()
            .any(|row| row.starts_with("2026-W12 "))
    );

    harness
        .get_by_role_and_label(Role::Switch, "Options of the charts")
        .click();
    harness.run();
    // Shares last: the others have no effect beside them.
    for name in [
        "Logarithmic axis",
        "One axis for all charts",
        "Share of the total",
    ] {
        harness.get_by_role_and_label(Role::CheckBox, name).click();
        harness.run();
    }
    for name in [
        "The 5 largest names, the others together",
        "The largest series first",
    ] {
        harness
            .get_by_role_and_label(Role::RadioButton, name)
            .click();
        harness.run();
    }
    let mean = harness.get_by_role_and_label(Role::CheckBox, "Mean of 7 days");
    assert!(mean.accesskit_node().is_disabled(), "weeks have none");
    let options = ChartOptions {
        mean: false,
        share: true,
        log: true,
        same_scale: true,
        top: Some(5),
        order: SeriesOrder::Size,
    };
    assert_eq!(
        harness.state().state().options,
        options,
        "the menu stays open"
    );
}

#[test]
fn the_palette_finds_every_choice() {
    let mut harness = window(State::default());
    for (typed, is_chosen) in [
        (
            "for each month",
            (|state| state.bucket == Bucket::Month) as fn(&State) -> bool,
        ),
        ("for each day", |state| state.bucket == Bucket::Day),
        ("mean of 7", |state| state.options.mean),
        ("logarithmic", |state| state.options.log),
        ("one axis", |state| state.options.same_scale),
        // After the two, which have no effect beside it.
        ("share total", |state| state.options.share),
        ("8 largest", |state| state.options.top == Some(8)),
        ("grew most", |state| {
            state.options.order == SeriesOrder::Change
        }),
    ] {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        harness.run();
        harness.event(Event::Text(typed.into()));
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert!(is_chosen(harness.state().state()), "{typed}");
    }
}

#[test]
fn a_chart_says_how_many_days_a_week_has() {
    let mut harness = window(State {
        bucket: Bucket::Week,
        ..State::default()
    });
    // Of MENA, three days are missing in the week of 23 February; the one so far has two whole days.
    for _ in 0..4 {
        harness.key_press(Key::ArrowLeft);
        harness.run();
    }
    let said = descriptions(&harness);
    assert!(said[0].contains("MENA"), "{said:?}");
    harness.key_press(Key::End);
    harness.run();
    let said = descriptions(&harness);
    assert!(said[0].contains("so far"), "{said:?}");
    assert!(said[0].contains("2 of 7 days"), "{said:?}");
}

#[test]
fn a_step_into_a_week_shows_its_days() {
    use musicstream_viewer::page::Command;
    let mut harness = window(State {
        bucket: Bucket::Week,
        ..State::default()
    });
    let ctx = harness.ctx.clone();
    let week = Grain::Week.slot(Day(20_523));
    harness.state_mut().run(Command::DrillInto(week), &ctx);
    harness.run();
    let state = harness.state().state();
    assert_eq!(state.bucket, Bucket::Day);
    // From Monday 9 to Sunday 15 March 2026.
    assert_eq!(state.zoom, Some(Span::new(Day(20_521), Day(20_527))));
}

/// Weeks and months, means and shares, pair by pair, as SQL has them.
#[test]
fn buckets_means_and_shares_are_those_of_sql() {
    let Some(database) = Database::fresh("buckets_means_and_shares") else {
        return;
    };
    let mut client = database.client();
    client
        .batch_execute(
            "create extension pg_musicstream;
             insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
             select day, event_type, region, 1 + abs(hashtext(day || event_type || region)) % 1000, 0, now()
             from generate_series(current_date - 80, current_date - 1, '1 day') as d (at),
                  lateral (select at::date as day) as days,
                  unnest(array['pause', 'play', 'stop']) as event_type,
                  unnest(array['APAC', 'EU', 'US']) as region
             where abs(hashtext(region || event_type || day)) % 5 > 0",
        )
        .unwrap();
    let feed = database.feed();
    let days = feed.wait(PATIENCE).unwrap();
    wait_for("all rows", || {
        feed.latest()
            .data
            .is_some_and(|data| data.row_count() > 400)
    });
    for (bucket, name, unit) in [
        (Bucket::Week, "IYYY-\"W\"IW", "week"),
        (Bucket::Month, "YYYY-MM", "month"),
    ] {
        let state = State {
            bucket,
            range: Range::All,
            options: ChartOptions {
                share: true,
                ..ChartOptions::default()
            },
            ..State::default()
        };
        let data = days.in_buckets(bucket.grain());
        let page = Page::new(&data, &data, &state, others).unwrap();
        let mut read: Vec<String> = csv::of(&data, &page.table)
            .lines()
            .skip(1)
            .map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                let share: f64 = fields[9].parse().unwrap();
                let [slot, event_type, region, events] = [0, 1, 2, 3].map(|at| fields[at]);
                format!(
                    "{slot} {event_type} {region} {events} {} {} {share:.1}",
                    fields[7], fields[8]
                )
            })
            .collect();
        let rows = client
            .query(
                "select to_char(date_trunc($1, day), $2) as slot, event_type, region, sum(events)::bigint as events,
                        count(*) as days,
                        extract(day from date_trunc($1, day) + ('1 ' || $1)::interval - date_trunc($1, day))::bigint as of_days,
                        (100.0 * sum(events) / sum(sum(events)) over (partition by date_trunc($1, day), event_type))::float8 as share
                 from live_daily_metrics group by date_trunc($1, day), event_type, region",
                &[&unit, &name],
            )
            .unwrap();
        let mut expected: Vec<String> = rows
            .iter()
            .map(|row| {
                let [slot, event_type, region] = [0, 1, 2].map(|at| row.get::<_, String>(at));
                let [events, days, of_days] = [3, 4, 5].map(|at| row.get::<_, i64>(at));
                let share: f64 = row.get(6);
                // As the CSV rounds it, then to one decimal: what is compared has no halves to round otherwise.
                let share: f64 = format!("{share:.2}").parse().unwrap();
                format!("{slot} {event_type} {region} {events} {days} {of_days} {share:.1}")
            })
            .collect();
        read.sort();
        expected.sort();
        assert_eq!(read, expected, "{unit}");
    }
    let state = State {
        range: Range::All,
        options: ChartOptions {
            mean: true,
            ..ChartOptions::default()
        },
        ..State::default()
    };
    let page = Page::new(&days, &days, &state, others).unwrap();
    let mut read: Vec<String> = csv::of(&days, &page.table)
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            format!("{} {} {} {}", fields[0], fields[1], fields[2], fields[7])
        })
        .collect();
    let rows = client
        .query(
            "select day::text, event_type, region,
                    round(avg(events) over (partition by event_type, region order by day
                        range between interval '6 days' preceding and current row), 2)::text as mean
             from live_daily_metrics",
            &[],
        )
        .unwrap();
    let mut expected: Vec<String> = rows
        .iter()
        .map(|row| [0, 1, 2, 3].map(|at| row.get::<_, String>(at)).join(" "))
        .collect();
    read.sort();
    expected.sort();
    assert_eq!(read, expected, "means of seven days");
}

#[test]
fn one_axis_for_all_charts_has_the_same_numbers_beside_each() {
    let beside = |same_scale| {
        let mut state = state(View::ByEventType);
        state.options.same_scale = same_scale;
        let texts = texts(&window(state));
        texts.iter().filter(|text| text.words == "60k").count()
    };
    assert_eq!((beside(false), beside(true)), (1, 3));
}

/// The menu that chooses it is closed, and not in a saved picture at all.
#[test]
fn a_chart_says_how_it_is_drawn() {
    let drawn = |options: ChartOptions, compare, view| {
        let state = State {
            options,
            compare,
            ..state(view)
        };
        let words = texts(&window(state)).into_iter().map(|text| text.words);
        words.collect::<Vec<String>>().join("\n")
    };
    // One wide chart, or three narrow ones.
    let (wide, narrow) = (View::Overlay, View::ByEventType);
    let usual = ChartOptions::default();
    let means = ChartOptions {
        mean: true,
        log: true,
        ..usual
    };
    let said = drawn(means, false, wide);
    assert!(
        said.contains("7-day mean, days thin, log scale, broken above 0"),
        "{said}"
    );
    let said = drawn(means, true, narrow);
    assert!(said.contains("pale: 7-day mean of 22 Jan"), "{said}");
    let said = drawn(means, false, narrow);
    assert!(said.contains("7-day mean, log scale"), "{said}");
    let same_scale = ChartOptions {
        same_scale: true,
        ..usual
    };
    let said = drawn(same_scale, false, narrow);
    assert!(said.contains("one scale"), "{said}");
    let said = drawn(usual, true, wide);
    assert!(said.contains("thin: 28 days earlier"), "{said}");
    let share = ChartOptions {
        share: true,
        ..usual
    };
    assert!(drawn(share, true, wide).contains("· share of the total"));
    let said = drawn(usual, false, wide);
    assert!(!said.contains("scale") && !said.contains("mean,"), "{said}");
}

const LARGE: [f32; 2] = [1440.0, 900.0];
const SMALL: [f32; 2] = [780.0, 520.0];

/// A state in both themes and sizes.
fn pictures(name: &str, state: &State) {
    let mut results = SnapshotResults::new();
    for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (size, form) in [(SMALL, "small"), (LARGE, "large")] {
            let shot = Shot {
                size,
                theme,
                ..Shot::new(sample(), state.clone())
            };
            results.extend(shot.picture(&format!("{name}_{form}_{word}")));
        }
    }
}

#[test]
fn pictures_of_weeks() {
    let state = State {
        bucket: Bucket::Week,
        range: Range::Days90,
        ..state(View::ByEventType)
    };
    pictures("weeks", &state);
}

#[test]
fn pictures_of_months_and_shares() {
    let state = State {
        bucket: Bucket::Month,
        range: Range::All,
        split: Split::Regions,
        options: ChartOptions {
            share: true,
            ..ChartOptions::default()
        },
        ..state(View::Overlay)
    };
    pictures("shares_of_months", &state);
}

#[test]
fn pictures_of_means() {
    let state = State {
        range: Range::Days90,
        split: Split::Regions,
        options: ChartOptions {
            mean: true,
            ..ChartOptions::default()
        },
        ..state(View::Overlay)
    };
    pictures("means", &state);
}

#[test]
fn pictures_of_a_logarithmic_axis_for_all_and_the_largest_names() {
    let options = ChartOptions {
        log: true,
        same_scale: true,
        top: Some(3),
        order: SeriesOrder::Size,
        ..ChartOptions::default()
    };
    let state = State {
        options,
        ..state(View::ByEventType)
    };
    pictures("logarithmic", &state);
}
