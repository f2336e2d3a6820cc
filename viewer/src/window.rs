//! The window on a display.

use crate::{
    command_line::PROGRAM,
    names::{Names, UnknownName},
    page::State,
    saved::SavedViews,
    source::Feed,
    ui::{App, Clock, fonts, theme},
};
use anyhow::{Result, anyhow, bail};
use eframe::{CreationContext, NativeOptions, Renderer, Storage};
use egui::{Ui, ViewportBuilder, ViewportCommand, vec2};
use std::{
    env,
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// Default width and height of windows and pictures.
pub const USUAL_SIZE: [u32; 2] = [1440, 900];

/// What the command line says about the window.
pub struct Options {
    /// Width and height in points, if the command line says.
    pub size: Option<[u32; 2]>,
    /// Changes what was chosen before, as the command line asks.
    pub choose: Box<dyn FnOnce(&mut State)>,
    /// Names to check once there are numbers.
    pub names: Names,
    /// Views that were saved.
    pub saved: SavedViews,
    /// Where files are saved.
    pub export_dir: PathBuf,
    /// Whether each frame is logged to standard error.
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
        names,
        saved,
        export_dir,
        count_frames,
    } = options;
    let [width, height] = size.unwrap_or(USUAL_SIZE);
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
            .with_app_id(PROGRAM)
            .with_inner_size(vec2(width as f32, height as f32))
            .with_min_inner_size(vec2(780.0, 520.0)),
        // A size from the command line holds for this run only.
        persist_window: size.is_none(),
        ..NativeOptions::default()
    };
    let refused = Arc::new(Mutex::new(None));
    let of_window = Arc::clone(&refused);
    let create = move |creation: &CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let mut app = app(creation, feed, choose, export_dir).with_saved(saved);
        app.check(names);
        if size.is_some() {
            // eframe restores the saved size over the builder's, so set it again.
            let size = vec2(width as f32, height as f32);
            let command = ViewportCommand::InnerSize(size);
            creation.egui_ctx.send_viewport_cmd(command);
        }
        let frames = count_frames.then_some(0);
        let window = Window {
            app,
            frames,
            refused: of_window,
        };
        Ok(Box::new(window) as Box<dyn eframe::App>)
    };
    eframe::run_native(PROGRAM, native, Box::new(create)).map_err(|error| {
        anyhow!(
            "the window cannot be opened: {error}\n  on X11 it needs libx11, libxcursor, libxi, \
             libxkbcommon-x11 and an OpenGL driver (Mesa)\n  \
             --screenshot FILE makes a picture without a display"
        )
    })?;
    match refused.lock().ok().and_then(|mut refused| refused.take()) {
        Some(unknown) => Err(unknown.into()),
        None => Ok(()),
    }
}

struct Window {
    app: App,
    /// Frames drawn so far, where they are counted.
    frames: Option<u64>,
    /// The unknown name on the command line that makes the window close.
    refused: Arc<Mutex<Option<UnknownName>>>,
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
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic();
        if let (Some(unknown), Ok(mut refused)) = (self.app.refused(), self.refused.lock()) {
            *refused = Some(unknown.clone());
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
        if let Some(frames) = &mut self.frames {
            *frames += 1;
            eprintln!("frame {frames}");
        }
    }

    fn save(&mut self, storage: &mut dyn Storage) {
        if self.app.refused().is_none() {
            eframe::set_value(storage, eframe::APP_KEY, self.app.state());
        }
    }
}
