//! No text is cut off, and no text lies on another one: as it is, and a good deal longer, as in other languages.

use crate::harness::{app_of, window_with};
use egui::{Context, Key, Modifiers, Rect, Shape, accesskit::Role, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    page::{Split, State, View},
    source::{Feed, demo, problem::Problem},
    ui::{App, speak_pseudo, theme},
};
use std::collections::BTreeSet;

/// A text as it was painted.
pub(crate) struct Text {
    pub(crate) words: String,
    pub(crate) rect: Rect,
    clip: Rect,
    pub(crate) elided: bool,
}

/// All texts; with a dialog open, those of the dialog: it lies behind a shade that covers the window, over which it is drawn.
pub(crate) fn texts(harness: &Harness<'_, App>) -> Vec<Text> {
    fn collect(shape: &Shape, clip: Rect, texts: &mut Vec<Text>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, texts)),
            Shape::Text(text) => texts.push(Text {
                words: text.galley.text().to_owned(),
                rect: text.visual_bounding_rect(),
                clip,
                elided: text.galley.elided,
            }),
            _ => {}
        }
    }
    let shapes = &harness.output().shapes;
    let window = harness.ctx.content_rect();
    let is_shade = |shape: &Shape| match shape {
        Shape::Rect(rect) => rect.rect.contains_rect(window) && (1..255).contains(&rect.fill.a()),
        _ => false,
    };
    let first = shapes
        .iter()
        .rposition(|clipped| is_shade(&clipped.shape))
        .unwrap_or(0);
    let mut texts = Vec::new();
    for clipped in &shapes[first..] {
        collect(&clipped.shape, clipped.clip_rect, &mut texts);
    }
    texts.retain(|text| !text.words.trim().is_empty() && text.clip.intersects(text.rect));
    texts
}

/// What is wrong with the texts: cut off at the side, or on top of each other.
pub(crate) fn faults(texts: &[Text]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        if text.rect.min.x < text.clip.min.x - 1.0 || text.rect.max.x > text.clip.max.x + 1.0 {
            faults.push(format!(
                "“{}” is cut off: {:?} in {:?}",
                text.words, text.rect, text.clip
            ));
        }
        let seen = |text: &Text| text.rect.intersect(text.clip).shrink2(vec2(0.5, 2.5));
        for other in &texts[..at] {
            if seen(text).intersect(seen(other)).is_positive() {
                faults.push(format!("“{}” lies on “{}”", text.words, other.words));
            }
        }
    }
    faults
}

fn window(view: View, size: [f32; 2], install: fn(&Context)) -> Harness<'static, App> {
    let state = State {
        view,
        split: Split::Both,
        compare: true,
        ..State::default()
    };
    let mut harness = window_on(Feed::sample(DEMO_TIME), state, size, install);
    harness.run();
    harness
}

fn window_on(
    feed: Feed,
    state: State,
    size: [f32; 2],
    install: fn(&Context),
) -> Harness<'static, App> {
    window_with(app_of(feed, state, &std::env::temp_dir()), size, install)
}

#[test]
fn nothing_is_cut_off_or_covered() {
    for view in View::ALL {
        for size in [
            [780.0, 520.0],
            [1000.0, 640.0],
            [1440.0, 900.0],
            [2200.0, 1300.0],
        ] {
            let harness = window(view, size, theme::install);
            let faults = faults(&texts(&harness));
            assert!(faults.is_empty(), "{view:?} at {size:?}: {faults:#?}");
        }
    }
}

/// Names of the sample, of zones, months, weekdays, and what is the same in every language.
const NO_WORDS: [&str; 21] = [
    "musicstream",
    "AFRICA",
    "MENA",
    "built",
    "sample",
    "data",
    "play",
    "pause",
    "stop",
    "APAC",
    "EU",
    "LATAM",
    "MEA",
    "NA",
    "US",
    "UTC",
    "Mar",
    "Feb",
    "Dec",
    "Jan",
    "Wed",
];

#[test]
fn longer_words_have_room_too() {
    speak_pseudo(true);
    for view in View::ALL {
        for size in [[780.0, 520.0], [1000.0, 640.0], [1440.0, 900.0]] {
            let harness = window(view, size, theme::install);
            let texts = texts(&harness);
            let faults = faults(&texts);
            assert!(faults.is_empty(), "{view:?} at {size:?}: {faults:#?}");
            let plain: Vec<&str> = texts
                .iter()
                .filter_map(|text| plain_word(&text.words))
                .collect();
            assert!(
                plain.is_empty(),
                "{view:?}: not by the module of words: {plain:?}"
            );
        }
    }
    speak_pseudo(false);
}

#[test]
fn the_name_of_a_shared_series_is_a_word_of_the_window() {
    speak_pseudo(true);
    let mut state = State::default();
    state.options.top = Some(2);
    let mut harness = window_on(
        Feed::sample(DEMO_TIME),
        state,
        [1440.0, 900.0],
        theme::install,
    );
    harness.run();
    let words: Vec<String> = texts(&harness).into_iter().map(|text| text.words).collect();
    speak_pseudo(false);
    assert!(
        !words.iter().any(|words| words.contains("others")),
        "{words:?}"
    );
    let shared = |words: &&String| words.starts_with("4 ") && words.contains('ĥ');
    assert!(words.iter().any(|words| shared(&words)), "{words:?}");
}

/// In the smallest window the tabs and choices take two lines at most.
#[test]
fn tabs_take_two_lines_at_most() {
    for view in View::ALL {
        let harness = window(view, [780.0, 520.0], theme::install);
        let lines: BTreeSet<i32> = [Role::RadioButton, Role::Switch]
            .into_iter()
            .flat_map(|role| harness.query_all_by_role(role))
            .filter_map(|node| node.accesskit_node().bounding_box())
            // Below the bar on top, beside the filters.
            .filter(|bounds| bounds.y0 > 48.0 && bounds.x0 > 204.0)
            .map(|bounds| ((bounds.y0 + bounds.y1) / 2.0).round() as i32)
            .collect();
        assert!(lines.len() <= 2, "{view:?}: lines at {lines:?}");
    }
}

#[test]
fn dialogs_have_room_for_longer_words_too() {
    for pseudo in [false, true] {
        speak_pseudo(pseudo);
        for (name, modifiers, key) in [
            ("help", Modifiers::NONE, Key::F1),
            ("palette", Modifiers::COMMAND, Key::K),
            ("days", Modifiers::NONE, Key::D),
            ("zones", Modifiers::NONE, Key::Z),
        ] {
            for size in [[780.0, 520.0], [1440.0, 900.0]] {
                let mut harness = window(View::Overlay, size, theme::install);
                let before = texts(&harness).len();
                harness.key_press_modifiers(modifiers, key);
                harness.run_steps(4);
                let texts = texts(&harness);
                assert!(
                    !texts.is_empty() && texts.len() != before,
                    "{name} does not open"
                );
                let faults = faults(&texts);
                assert!(
                    faults.is_empty(),
                    "{name} at {size:?}, longer: {pseudo}: {faults:#?}"
                );
            }
        }
    }
    speak_pseudo(false);
}

#[test]
fn what_is_in_the_way_has_room_for_longer_words_too() {
    let said = || "the server's own words, which may be a sentence or two".to_owned();
    for pseudo in [false, true] {
        speak_pseudo(pseudo);
        for problem in [
            Problem::BadAddress(said()),
            Problem::NoServer(said()),
            Problem::NeedsPassword,
            Problem::NoExtension { available: true },
            Problem::NoPrivilege(said()),
            Problem::Tls(said()),
            Problem::Lost(said()),
        ] {
            for data in [None, Some(demo::at(DEMO_TIME, 1))] {
                for size in [[780.0, 520.0], [1440.0, 900.0]] {
                    let shown = format!("{problem:?} at {size:?}, longer: {pseudo}");
                    let feed =
                        Feed::failed(problem.clone(), DEMO_TIME, data.clone(), "music on db:5432");
                    let mut harness = window_on(feed, State::default(), size, theme::install);
                    harness.run_steps(4);
                    let faults = faults(&texts(&harness));
                    assert!(faults.is_empty(), "{shown}: {faults:#?}");
                }
            }
        }
    }
    speak_pseudo(false);
}

/// What the sample has in its reports: names and bytes of a source, in no language.
const SAMPLE: &str = "amber basalt cobalt dune ember fjord grove harbour slow light north paper boats undertow second sun \
    late train glass tides home kafka bnC QK JnJmv music events file ingestor unknown event type none types missing \
    field user absent invalid RFC time conflicting duplicate region differs from that came first malformed json not \
    one JSON object rewind the select null musicstream retry rejected";

/// A word that nobody has lengthened.
fn plain_word(words: &str) -> Option<&str> {
    words.split(|c: char| !c.is_alphabetic()).find(|word| {
        word.len() > 2
            && word.is_ascii()
            && !NO_WORDS.contains(word)
            && !SAMPLE.split_whitespace().any(|name| name == *word)
    })
}

#[test]
fn with_room_for_all_nothing_is_shortened() {
    for view in View::ALL {
        let harness = window(view, [1440.0, 900.0], theme::install);
        let short: Vec<_> = texts(&harness)
            .into_iter()
            .filter(|text| text.elided)
            .map(|text| text.words)
            .collect();
        assert!(short.is_empty(), "{view:?}: {short:?}");
    }
}

#[test]
fn the_check_sees_what_is_cut_off_and_what_is_covered() {
    let text = |x: f32| Text {
        words: format!("at {x}"),
        rect: Rect::from_min_size(egui::pos2(x, 0.0), vec2(50.0, 14.0)),
        clip: Rect::from_min_size(egui::Pos2::ZERO, vec2(100.0, 100.0)),
        elided: false,
    };
    assert!(faults(&[text(0.0), text(50.0)]).is_empty());
    assert_eq!(faults(&[text(0.0), text(40.0)]).len(), 1);
    assert_eq!(faults(&[text(60.0)]).len(), 1);
}
