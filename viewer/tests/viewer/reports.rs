//! Reports by mouse, keyboard and screen reader; and what they say where there is nothing to show.

use crate::{
    harness::{LARGE, TODAY, app_of, data, has, labels, row, status, window, window_of, window_on},
    layout::{Text, faults, texts},
    shot::state,
};
use egui::{Key, Modifiers, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    calendar::{Day, Span},
    data::reports::{Answer, Ask, Content, Obstacle, listening, pipeline, rejects, songs},
    data::{Dataset, Status},
    page::{
        Command, Range, State, View,
        reports::{Choice, listeners::Part, listening::Figure},
    },
    source::Feed,
    ui::App,
};
use std::sync::Arc;

const SPAN: Span<Day> = Span {
    first: Day(TODAY - 27),
    last: Day(TODAY),
};

/// A question of each report.
fn asks() -> [(View, Ask); 4] {
    [
        (
            View::Listening,
            Ask::Listening(listening::Ask {
                span: SPAN,
                zone: "UTC".into(),
            }),
        ),
        (
            View::Songs,
            Ask::Songs(songs::Ask {
                span: SPAN,
                shift: 28,
                regions: None,
                count: 10,
            }),
        ),
        (View::Pipeline, Ask::Pipeline),
        (
            View::Rejects,
            Ask::Rejects(rejects::Ask {
                span: SPAN,
                reason: None,
            }),
        ),
    ]
}

fn says(view: View, ask: &Ask, content: Result<Content, Obstacle>, words: &str, copy: &str) {
    let answer = Answer {
        ask: ask.clone(),
        content,
    };
    let feed = Feed::fixed(data(vec![row(TODAY, "play", "EU", 1)]), "here").answering(answer);
    let mut harness = window_of(feed, state(view), [780.0, 520.0]);
    harness.run_steps(4);
    assert!(harness.query_by_label(words).is_some(), "{view:?}: {words}");
    if !copy.is_empty() {
        let copy = format!("Copy {copy}");
        assert!(harness.query_by_label(&copy).is_some(), "{view:?}: {copy}");
    }
}

#[test]
fn what_is_in_the_way_of_a_report_is_said_with_what_to_do() {
    for (view, ask) in asks() {
        for (obstacle, words, copy) in [
            (
                Obstacle::Missing {
                    version: Some("0.1.0".into()),
                },
                "The extension in this database has no such numbers",
                "alter extension pg_musicstream update;",
            ),
            (
                Obstacle::NoRight("permission denied for table x".into()),
                "This role may not read these numbers",
                "grant musicstream_read to your_role;",
            ),
            (
                Obstacle::Slow("canceling statement".into()),
                "The server took too long for this report",
                "",
            ),
            (
                Obstacle::Other("what?".into()),
                "This report cannot be read",
                "",
            ),
        ] {
            says(view, &ask, Err(obstacle), words, copy);
        }
        let feed = Feed::fixed(data(vec![row(TODAY, "play", "EU", 1)]), "here");
        let mut harness = window_of(feed, state(view), [780.0, 520.0]);
        harness.run_steps(4);
        assert!(harness.query_by_label("Reading …").is_some(), "{view:?}");
    }
}

#[test]
fn nothing_counted_nothing_there_and_nothing_rejected_are_told_apart() {
    let [(_, listening), (_, songs), (_, pipeline), (_, rejects)] = asks();
    let count = "select * from musicstream_rollup_listening();";
    let of = |is_counted| {
        let listening = listening::Listening::new(Vec::new(), 3, is_counted);
        Ok(Content::Listening(Arc::new(listening)))
    };
    let never = "Listening has not been counted yet";
    says(View::Listening, &listening, of(false), never, count);
    let none = "No listening in these days and regions";
    says(View::Listening, &listening, of(true), none, count);
    let of = |is_counted| {
        Ok(Content::Songs(Arc::new(songs::Songs {
            is_counted,
            ..songs::Songs::default()
        })))
    };
    says(View::Songs, &songs, of(false), never, count);
    let none = "No songs in these days and regions";
    says(View::Songs, &songs, of(true), none, "");
    let empty = Ok(Content::Pipeline(Arc::new(pipeline::Pipeline::default())));
    let words = "Nothing was ingested yet";
    says(
        View::Pipeline,
        &pipeline,
        empty,
        words,
        "musicstream-ingestor stream",
    );
    let empty = Ok(Content::Rejects(Arc::new(rejects::Rejects::default())));
    says(View::Rejects, &rejects, empty, "Nothing is rejected", "");
}

/// The source has answered for 28 days only: a file named after 90 days must not have those rows.
#[test]
fn rows_of_another_range_are_not_saved() {
    let [_, (_, ask), ..] = asks();
    let song = songs::Song {
        rank: 1,
        song_id: "a song".into(),
        ..songs::Song::default()
    };
    let songs = songs::Songs {
        songs: vec![song],
        count: 1,
        is_counted: true,
        ..songs::Songs::default()
    };
    let answer = Answer {
        ask,
        content: Ok(Content::Songs(Arc::new(songs))),
    };
    let days = data(vec![row(TODAY, "play", "EU", 1)]);
    let feed = Feed::fixed(days, "here").answering(answer);
    let folder = tempfile::tempdir().unwrap();
    let app = app_of(feed, state(View::Songs), folder.path());
    let mut harness = window_on(app, LARGE);
    harness.run_steps(4);
    let ctx = harness.ctx.clone();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    harness.state_mut().run(Command::SaveCsv, &ctx);
    harness.run_steps(4);
    assert_eq!(files(), 1);
    let look = Command::Look(Range::Days90);
    harness.state_mut().run(look, &ctx);
    harness.run_steps(4);
    harness.state_mut().run(Command::SaveCsv, &ctx);
    harness.run_steps(4);
    assert_eq!(files(), 1);
    let words = "there are no rows to export: these numbers have not been read";
    assert!(harness.query_by_label(words).is_some());
}

/// A database whose rows were all rejected: what there is to see is one click away.
#[test]
fn rejects_open_before_any_event_is_stored() {
    let status = Status {
        rejected: 3,
        ..status()
    };
    let [.., (_, ask)] = asks();
    let rejects = rejects::Rejects {
        by_reason: vec![("invalid_ts".into(), 3)],
        by_day: vec![(Day(TODAY), "invalid_ts".into(), 3)],
        ..rejects::Rejects::default()
    };
    let answer = Answer {
        ask,
        content: Ok(Content::Rejects(Arc::new(rejects))),
    };
    let feed = Feed::fixed(Dataset::new(Vec::new(), status), "here").answering(answer);
    let mut harness = window_of(feed, State::default(), [1000.0, 640.0]);
    harness.run();
    assert_eq!(faults(&texts(&harness)), Vec::<String>::new());
    let button = harness.get_by_role_and_label(Role::Button, "Look at Rejects");
    button.click();
    harness.run();
    assert_eq!(harness.state().state().view, View::Rejects);
    assert!(has(
        &harness,
        Role::Table,
        "Rejected input by reason, 1 row"
    ));
    assert!(has(
        &harness,
        Role::Figure,
        "Rejected by day received (UTC)"
    ));
    harness
        .get_by_role_and_label(Role::RadioButton, "Events")
        .click();
    harness.run();
    assert!(has(&harness, Role::Button, "Look at Rejects"));
}

#[test]
fn sections_have_keys_and_the_view_of_events_is_kept() {
    let mut harness = window(state(View::Heatmap));
    for (key, view) in [
        (Key::Num2, View::Listening),
        (Key::Num3, View::Songs),
        (Key::Num4, View::Listeners),
        (Key::Num5, View::Pipeline),
        (Key::Num6, View::Rejects),
        (Key::Num1, View::Heatmap),
    ] {
        harness.key_press_modifiers(Modifiers::ALT, key);
        harness.run();
        assert_eq!(harness.state().state().view, view);
    }
    for (section, view) in [
        ("Songs", View::Songs),
        ("Rejects", View::Rejects),
        ("Events", View::Heatmap),
    ] {
        harness
            .get_by_role_and_label(Role::RadioButton, section)
            .click();
        harness.run();
        assert_eq!(harness.state().state().view, view);
    }
}

#[test]
fn a_report_is_sorted_selected_and_copied_by_mouse_and_keyboard() {
    let mut harness = window(state(View::Listening));
    let first = |harness: &Harness<'_, App>| labels(harness, Role::Row).into_iter().next().unwrap();
    assert!(
        first(&harness).starts_with("2026-03-18, AFRICA, Hours"),
        "{}",
        first(&harness)
    );
    harness
        .get_by_role_and_label(Role::ColumnHeader, "Sort by Plays")
        .click();
    harness.run();
    assert!(
        harness
            .query_by_role_and_label(Role::ColumnHeader, "Sort by Plays, now descending")
            .is_some()
    );
    let largest = first(&harness);
    assert!(largest.contains("EU"), "{largest}");

    harness.get_by_role_and_label(Role::Row, &largest).click();
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.event(egui::Event::Copy);
    harness.run();
    assert!(harness.query_by_label("row copied").is_some());
    assert!(has(
        &harness,
        Role::Table,
        "Listening by day and region, 165 rows"
    ));
    assert!(has(&harness, Role::Row, "Total of 165 rows: Hours 209,421"));
}

#[test]
fn choices_of_reports_are_controls_and_commands() {
    let mut harness = window(state(View::Listening));
    harness
        .get_by_role_and_label(Role::RadioButton, "Skip rate")
        .click();
    harness.run();
    assert_eq!(harness.state().state().reports.figure, Figure::SkipRate);
    assert!(has(&harness, Role::Figure, "Skip rate, by region"));
    assert!(has(&harness, Role::GraphicsObject, "Skip rate: 20.5 %"));
    harness.key_press(Key::ArrowLeft);
    harness.run();
    let said = crate::harness::descriptions(&harness).join(" ");
    assert!(said.contains("so far: MENA 22.8 %"), "{said}");

    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.event(egui::Event::Text("how many new listeners".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().state().reports.listeners, Part::Retention);
}

fn click_reason(harness: &Harness<'_, App>, reason: &str) {
    let row = harness
        .query_all_by_role(Role::Row)
        .find(|row| {
            row.accesskit_node()
                .label()
                .is_some_and(|label| label.starts_with(reason))
        })
        .unwrap();
    row.click();
}

#[test]
fn a_reason_is_selected_and_left_again() {
    let mut harness = window(state(View::Rejects));
    let all = "Copy select * from musicstream_retry_rejected(null, null, 100000);";
    assert!(harness.query_by_label(all).is_some());
    click_reason(&harness, "invalid_ts");
    harness.run();
    let one = "Copy select * from musicstream_retry_rejected('invalid_ts', null, 100000);";
    assert!(harness.query_by_label(one).is_some());
    harness
        .get_by_role_and_label(Role::ColumnHeader, "Sort by All time")
        .click();
    harness.run();
    assert!(harness.query_by_label(one).is_some(), "in another order");
    let ctx = harness.ctx.clone();
    let other = Choice::Reason(Some("missing_field".into()));
    harness.state_mut().run(Command::Choose(other), &ctx);
    harness.run();
    click_reason(&harness, "invalid_ts");
    harness.run();
    assert!(harness.query_by_label(one).is_some(), "after another one");
    let of_all = |text: &Text| text.words.ends_with(" rejected, all reasons");
    assert!(texts(&harness).iter().any(of_all), "beside the chart");
    let rows = labels(&harness, Role::Row);
    let examples = rows.iter().filter(|row| row.starts_with("Received"));
    assert!(
        examples.clone().count() > 2 && examples.clone().all(|row| row.contains("invalid_ts")),
        "{rows:?}"
    );
    harness
        .get_by_role_and_label(Role::Button, "All reasons")
        .click();
    harness.run();
    assert!(harness.query_by_label(all).is_some());
    assert_eq!(harness.state().state().reports.reason, None);
}

/// The rates leave out first days that are too recent; the sum beside them does not.
#[test]
fn the_line_below_retention_says_what_its_rates_divide_by() {
    let mut state = state(View::Listeners);
    state.reports.choose(Choice::Listeners(Part::Retention));
    let mut harness = window(state);
    let total = harness
        .query_all_by_role(Role::Row)
        .find(|row| {
            row.accesskit_node()
                .label()
                .is_some_and(|label| label.starts_with("Total of"))
        })
        .and_then(|row| row.accesskit_node().bounding_box())
        .unwrap();
    let column = harness
        .get_by_role_and_label(Role::ColumnHeader, "Sort by Day 1 %")
        .accesskit_node()
        .bounding_box()
        .unwrap();
    harness.hover_at(egui::pos2(
        ((column.x0 + column.x1) / 2.0) as f32,
        ((total.y0 + total.y1) / 2.0) as f32,
    ));
    harness.run_steps(6);
    let said = "The last line divides by those alone";
    assert!(harness.query_by_label_contains(said).is_some());
}

#[test]
fn choices_are_kept_until_the_next_start_but_not_the_reason() {
    let mut before = State::default();
    let data = data(vec![row(TODAY, "play", "EU", 1)]);
    for choice in [
        Choice::Figure(Figure::Sessions),
        Choice::Listeners(Part::New),
        Choice::Reason(Some("invalid_ts".into())),
    ] {
        before.apply(Command::Choose(choice), &data);
    }
    let again: State = ron_again(&before);
    assert_eq!(again.reports.figure, Figure::Sessions);
    assert_eq!(again.reports.listeners, Part::New);
    assert_eq!(again.reports.reason, None);
}

fn ron_again(state: &State) -> State {
    #[derive(Default)]
    struct ReportMemory(Option<String>);
    impl eframe::Storage for ReportMemory {
        fn get_string(&self, _: &str) -> Option<String> {
            self.0.clone()
        }
        fn set_string(&mut self, _: &str, value: String) {
            self.0 = Some(value);
        }
        fn remove_string(&mut self, _: &str) {}
        fn flush(&mut self) {}
    }
    let mut kept = ReportMemory::default();
    eframe::set_value(&mut kept, "state", state);
    eframe::get_value(&kept, "state").unwrap()
}
