//! The window on a display.

use crate::{
    page::State,
    source::Feed,
    ui::{App, Clock, fonts, theme},
};
use anyhow::{Result, anyhow, bail};
use eframe::{CreationContext, NativeOptions, Renderer, Storage};
use egui::{Ui, ViewportBuilder, vec2};
use std::{env, path::PathBuf};

const APP_ID: &str = "musicstream-viewer";

/// What the command line says about the window.
pub struct Options {
    /// Width and height in points.
    pub size: [u32; 2],
    /// Changes what was chosen before, as the command line asks.
    pub choose: Box<dyn FnOnce(&mut State)>,
    /// Where files are saved.
    pub export_dir: PathBuf,
    /// Whether each frame is told of on standard error.
    pub count_frames: bool,
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// If there is no display, or no way to draw on it.
pub fn run(feed: Feed, options: Options) -> Result<()> {
    let Options {
        size,
        choose,
        export_dir,
        count_frames,
    } = options;
    let has = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux")
        && !has("DISPLAY")
        && !has("WAYLAND_DISPLAY")
        && !has("WAYLAND_SOCKET")
    {
        bail!(
            "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set\n  \
             run it in a desktop session or with ssh -X, or make a picture with --screenshot FILE"
        );
    }
    let native = NativeOptions {
        renderer: Renderer::Glow,
        viewport: ViewportBuilder::default()
            .with_title("musicstream")
            .with_app_id(APP_ID)
            .with_inner_size(vec2(size[0] as f32, size[1] as f32))
            .with_min_inner_size(vec2(780.0, 520.0)),
        ..NativeOptions::default()
    };
    let create = move |creation: &CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let app = app(creation, feed, choose, export_dir);
        let frames = count_frames.then_some(0);
        Ok(Box::new(Window { app, frames }) as Box<dyn eframe::App>)
    };
    eframe::run_native(APP_ID, native, Box::new(create)).map_err(|error| {
        anyhow!(
            "the window cannot be opened: {error}\n  on X11 it needs libx11, libxcursor, libxi, \
             libxkbcommon-x11 and an OpenGL driver (Mesa)\n  \
             --screenshot FILE makes a picture without a display"
        )
    })
}

struct Window {
    app: App,
    /// Frames drawn so far, where they are counted.
    frames: Option<u64>,
}

fn app(
    creation: &CreationContext<'_>,
    feed: Feed,
    choose: Box<dyn FnOnce(&mut State)>,
    export_dir: PathBuf,
) -> App {
    theme::install(&creation.egui_ctx);
    fonts::install_system(&creation.egui_ctx);
    let ctx = creation.egui_ctx.clone();
    feed.on_change(move || ctx.request_repaint_of(egui::ViewportId::ROOT));
    let mut state: State = creation
        .storage
        .and_then(|storage| eframe::get_value(storage, eframe::APP_KEY))
        .unwrap_or_default();
    choose(&mut state);
    App::new(feed, state, Clock::System, export_dir)
}

impl eframe::App for Window {
    fn logic(&mut self, _ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic();
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
        if let Some(frames) = &mut self.frames {
            *frames += 1;
            eprintln!("frame {frames}");
        }
    }

    fn save(&mut self, storage: &mut dyn Storage) {
        eframe::set_value(storage, eframe::APP_KEY, self.app.state());
    }
}
