//! The program in a real window on a database, operated by mouse and keyboard.

use std::{
    collections::{BTreeSet, HashSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use egui::{Rect, accesskit::Role, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use musicstream_connect::Target;
use musicstream_tests::{
    database::Database,
    process::{Program, program},
    wait::until,
};
use musicstream_viewer::{
    calendar::{Day, Span},
    page::State,
    source::Feed,
    ui::{App, Clock, theme},
};

use musicstream_viewer_tests::desktop::Desktop;

pub(crate) const SIZE: [u16; 2] = [1280, 800];
const TIMEOUT: Duration = Duration::from_secs(60);
const CONTROL: u32 = 0xffe3;
const SHIFT: u32 = 0xffe1;

/// Forty days of nine series with distinct numbers.
const HISTORY: &str = "
    insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
    select current_date - back, event_type, region,
           1000 + back * 7 + length(event_type) * 100 + ascii(region) * 3, back % 3, now() - interval '1 day' * back
    from generate_series(0, 39) as back,
         unnest(array['pause', 'play', 'stop']) as event_type,
         unnest(array['APAC', 'EU', 'US']) as region";

/// Positions in the window, determined from a window of the same size without a display.
struct Twin {
    us: Rect,
    chart: Rect,
    /// The days to which a drag between the two shares of the chart's width zooms.
    zoom: Span<Day>,
}

const DRAG: [f32; 2] = [0.31, 0.72];
/// The margin of the harness around a window's contents.
const MARGIN: f32 = 8.0;

impl Twin {
    fn new(url: &str) -> Self {
        let target = Target::of_process(Some(url), "musicstream-viewer").unwrap();
        let feed = Feed::database(target, Duration::from_secs(2)).unwrap();
        feed.wait(TIMEOUT).unwrap();
        let app = App::new(feed, State::default(), Clock::System, env::temp_dir());
        let mut harness = Harness::builder()
            .with_size(SIZE.map(|side| f32::from(side) + 2.0 * MARGIN))
            .with_max_steps(12)
            .with_context_setup(theme::install)
            .build_ui_state(
                |ui, app: &mut App| {
                    app.logic();
                    app.ui(ui);
                },
                app,
            );
        harness.run();
        let us = harness.get_by_role_and_label(Role::CheckBox, "US");
        let us_rect = us.rect();
        us.click();
        harness.run();
        let chart = harness
            .query_all_by_role(Role::Figure)
            .next()
            .unwrap()
            .rect();
        let [from, to] = DRAG.map(|share| at(chart, share));
        harness.hover_at(from);
        harness.run();
        harness.drag_at(from);
        harness.step();
        harness.hover_at(to);
        harness.step();
        // Not `drop_at`, which removes the pointer in the same frame.
        harness.event(egui::Event::PointerButton {
            pos: to,
            button: egui::PointerButton::Primary,
            pressed: false,
            modifiers: egui::Modifiers::NONE,
        });
        harness.run();
        let outside = vec2(-MARGIN, -MARGIN);
        Self {
            us: us_rect.translate(outside),
            chart: chart.translate(outside),
            zoom: harness.state().state().zoom.unwrap(),
        }
    }
}

fn at(chart: Rect, share: f32) -> egui::Pos2 {
    egui::pos2(chart.min.x + chart.width() * share, chart.center().y)
}

#[test]
fn the_window_is_operated_by_mouse_and_keyboard() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip(
            "the_window_is_operated_by_mouse_and_keyboard",
            "no DATABASE_URL",
        );
        return;
    }
    let database = Database::create();
    let mut client = database.client();
    client.batch_execute(HISTORY).unwrap();
    let url = database.read_url();
    let twin = Twin::new(&url);

    let desktop = Desktop::start();
    let home = tempfile::tempdir().unwrap();
    let viewer = start(&desktop, &url, home.path(), &[]);
    let window = desktop.window("musicstream");
    let all = [0, 0, SIZE[0], SIZE[1]];
    until(TIMEOUT, "lines in the window", || {
        (saturated(&desktop.picture(window, all)) > 500).then_some(())
    });

    let chart = part(twin.chart);
    let us = twin.us.center();
    desktop.move_to(us.x, us.y);
    desktop.changes(window, chart, "the chart without a region", |desktop| {
        desktop.press();
        desktop.release();
    });
    let [from, to] = DRAG.map(|share| at(twin.chart, share));
    desktop.changes(window, chart, "the day under the pointer", |desktop| {
        desktop.move_to(from.x, from.y);
    });
    // A part of the chart with the selected days, without the cross-hair and its tooltip.
    let between = Rect::from_x_y_ranges(
        from.x + 10.0..=to.x - 10.0,
        twin.chart.min.y + 3.0..=twin.chart.min.y + 9.0,
    );
    let between = part(between);
    desktop.changes(window, between, "the selected days", |desktop| {
        desktop.press();
        desktop.move_to(to.x, to.y);
    });
    desktop.changes(window, between, "the zoomed chart", Desktop::release);

    desktop.key(&[CONTROL], u32::from(b'e'));
    let csv = saved(home.path(), "csv");
    let expected: BTreeSet<String> = client
        .query(
            "select concat_ws(',', day, event_type, region, events, late_events)
             from live_daily_metrics where region <> 'US' and day between $1::text::date and $2::text::date",
            &[&twin.zoom.first.iso(), &twin.zoom.last.iso()],
        )
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let text = fs::read_to_string(csv).unwrap();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let exported: BTreeSet<String> = lines
        .iter()
        .map(|line| line.splitn(6, ',').take(5).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(exported, expected);
    assert_eq!(lines.len(), expected.len());
    assert!((10..200).contains(&lines.len()), "{} rows", lines.len());

    desktop.key(&[CONTROL, SHIFT], u32::from(b's'));
    let picture = saved(home.path(), "png");
    let image = until(TIMEOUT, "the complete picture", || {
        image::open(&picture).ok()
    })
    .into_rgb8();
    assert_eq!(image.dimensions(), (u32::from(SIZE[0]), u32::from(SIZE[1])));
    let pixels: Vec<[u8; 3]> = image.pixels().map(|pixel| pixel.0).collect();
    let colors: HashSet<_> = pixels.iter().collect();
    assert!(colors.len() > 100, "only {} colours", colors.len());
    assert!(saturated(&pixels) > 500, "no lines");
    if let Some(folder) = env::var_os("MUSICSTREAM_PICTURES") {
        fs::copy(&picture, PathBuf::from(folder).join("real_window.png")).unwrap();
    }

    desktop.key(&[CONTROL], u32::from(b'q'));
    let finished = viewer.finish(TIMEOUT).with_code(0);

    let secret = url.split([':', '@']).nth(2).unwrap().to_owned();
    assert!(secret.len() > 30, "the password is distinctive");
    assert!(!format!("{}{}", finished.stdout, finished.stderr).contains(&secret));
    let mut files = Vec::new();
    walk(home.path(), &mut files);
    assert!(
        files.iter().any(|file| file.ends_with("app.ron")),
        "the view is saved: {files:?}"
    );
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let has = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!has, "{} holds the password", file.display());
    }
}

#[test]
fn a_size_on_the_command_line_overrides_the_saved_one() {
    let desktop = Desktop::start();
    let home = tempfile::tempdir().unwrap();
    let usual = [1440, 900];
    for (options, expected) in [
        (["--demo"].as_slice(), usual),
        (&["--demo", "--size", "1000x700"], [1000, 700]),
        // A size from the command line is not saved.
        (&["--demo"], usual),
    ] {
        let viewer = Program::start(in_window(&desktop, home.path()).args(options));
        let window = desktop.window("musicstream");
        until(TIMEOUT, &format!("a window of {expected:?}"), || {
            (desktop.size(window) == expected).then_some(())
        });
        desktop.key(&[CONTROL], u32::from(b'q'));
        viewer.finish(TIMEOUT).with_code(0);
    }
}

/// A window with another view than the requested one would be misleading.
#[test]
fn a_window_with_an_unknown_name_on_the_command_line_closes_with_an_error() {
    let desktop = Desktop::start();
    let home = tempfile::tempdir().unwrap();
    for (option, name) in [("--zone", "Mars/Phobos"), ("--region", "EU-West")] {
        let mut command = in_window(&desktop, home.path());
        let viewer = Program::start(command.args(["--demo", option, name]));
        let finished = viewer.finish(TIMEOUT).with_code(2);
        assert!(finished.stderr.contains(name), "{}", finished.stderr);
    }
    // The unknown name is not saved.
    let viewer = Program::start(in_window(&desktop, home.path()).arg("--demo"));
    desktop.window("musicstream");
    desktop.key(&[CONTROL], u32::from(b'q'));
    viewer.finish(TIMEOUT).with_code(0);
}

/// Starts the program in a window, with additional options.
pub(crate) fn start(desktop: &Desktop, url: &str, home: &Path, options: &[&str]) -> Program {
    Program::start(
        in_window(desktop, home)
            .args(options)
            .args(["--size", &format!("{}x{}", SIZE[0], SIZE[1])])
            .env("DATABASE_URL", url),
    )
}

fn in_window(desktop: &Desktop, home: &Path) -> Command {
    let mut command = program("musicstream-viewer");
    command
        .arg("--export-dir")
        .arg(home)
        .env("DISPLAY", &desktop.display)
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("WINIT_X11_SCALE_FACTOR", "1")
        .env("HOME", home)
        .env("XDG_DATA_HOME", home);
    command
}

/// Waits for the only file with this extension.
fn saved(folder: &Path, kind: &str) -> PathBuf {
    until(TIMEOUT, kind, || {
        fs::read_dir(folder).unwrap().find_map(|entry| {
            let entry = entry.unwrap();
            let is_it = entry.path().extension().is_some_and(|found| found == kind);
            (is_it && entry.metadata().unwrap().len() > 0).then(|| entry.path())
        })
    })
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, files),
            false => files.push(path),
        }
    }
}

fn part(rect: Rect) -> [u16; 4] {
    [rect.min.x, rect.min.y, rect.width(), rect.height()].map(|value| value as u16)
}

/// Number of saturated pixels, which only series have.
pub(crate) fn saturated(pixels: &[[u8; 3]]) -> usize {
    let is =
        |[red, green, blue]: &&[u8; 3]| red.max(green).max(blue) - red.min(green).min(blue) > 90;
    pixels.iter().filter(is).count()
}
