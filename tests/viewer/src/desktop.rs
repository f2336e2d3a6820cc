//! An X server without a screen, with a simulated keyboard and mouse.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use musicstream_tests::wait::until;
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{
            AtomEnum, ConnectionExt as _, GetImageReply, ImageFormat, InputFocus, PropMode, Window,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

const KEY_PRESS: u8 = 2;
const KEY_RELEASE: u8 = 3;
const BUTTON_PRESS: u8 = 4;
const BUTTON_RELEASE: u8 = 5;
const MOTION: u8 = 6;

/// Time limit for opening or drawing a window on a busy machine without a graphics card.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A private X server, which is stopped when this is dropped.
pub struct Desktop {
    server: Child,
    /// Its name, for `DISPLAY`.
    pub display: String,
    connection: RustConnection,
    root: Window,
}

impl Desktop {
    /// Starts the server.
    ///
    /// # Panics
    /// Xvfb is not installed.
    pub fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x1000x24"])
            .args(["-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("Xvfb: {error}: scripts/setup-debian.sh installs it"));
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        let display = format!(":{}", number.trim());
        let (connection, screen) = x11rb::connect(Some(&display)).unwrap();
        let root = connection.setup().roots[screen].root;
        Self {
            server,
            display,
            connection,
            root,
        }
    }

    /// Waits for a window with this title, and gives it the keyboard focus.
    ///
    /// # Panics
    /// No such window appears.
    pub fn window(&self, title: &str) -> Window {
        let window = until(TIMEOUT, "the window", || self.find(self.root, title));
        self.connection
            .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)
            .unwrap()
            .check()
            .unwrap();
        window
    }

    /// Minimises a window, as a window manager does.
    ///
    /// # Panics
    /// The window does not exist.
    pub fn minimise(&self, window: Window) {
        let hidden = [self.atom("_NET_WM_STATE_HIDDEN")];
        self.set_states(window, &hidden);
        let unmapped = self.connection.unmap_window(window).unwrap();
        unmapped.check().unwrap();
    }

    /// Restores a minimised window.
    ///
    /// # Panics
    /// The window does not exist.
    pub fn restore(&self, window: Window) {
        self.set_states(window, &[]);
        let mapped = self.connection.map_window(window).unwrap();
        mapped.check().unwrap();
    }

    /// Width and height of a window.
    ///
    /// # Panics
    /// The window does not exist.
    pub fn size(&self, window: Window) -> [u16; 2] {
        let asked = self.connection.get_geometry(window).unwrap();
        let geometry = asked.reply().unwrap();
        [geometry.width, geometry.height]
    }

    fn set_states(&self, window: Window, states: &[u32]) {
        let property = self.atom("_NET_WM_STATE");
        self.connection
            .change_property32(PropMode::REPLACE, window, property, AtomEnum::ATOM, states)
            .unwrap()
            .check()
            .unwrap();
    }

    fn atom(&self, name: &str) -> u32 {
        let asked = self.connection.intern_atom(false, name.as_bytes());
        asked.unwrap().reply().unwrap().atom
    }

    fn find(&self, parent: Window, title: &str) -> Option<Window> {
        let children = self
            .connection
            .query_tree(parent)
            .ok()?
            .reply()
            .ok()?
            .children;
        children.into_iter().find_map(|child| {
            let name = self
                .connection
                .get_property(false, child, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256)
                .ok()?
                .reply()
                .ok()?;
            let is_shown = self
                .connection
                .get_window_attributes(child)
                .ok()?
                .reply()
                .ok()?
                .map_state
                == x11rb::protocol::xproto::MapState::VIEWABLE;
            if is_shown && name.value == title.as_bytes() {
                Some(child)
            } else {
                self.find(child, title)
            }
        })
    }

    /// The window's pixels in this rectangle: left, top, width, height.
    ///
    /// # Panics
    /// The rectangle is not within the window.
    pub fn picture(&self, window: Window, [x, y, width, height]: [u16; 4]) -> Vec<[u8; 3]> {
        let image: GetImageReply = self
            .connection
            .get_image(
                ImageFormat::Z_PIXMAP,
                window,
                x as i16,
                y as i16,
                width,
                height,
                u32::MAX,
            )
            .unwrap()
            .reply()
            .unwrap();
        let pixels = image.data.chunks_exact(4);
        pixels.map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()
    }

    /// Calls `act`, and waits until this part of the window has changed.
    ///
    /// # Panics
    /// It does not change.
    pub fn changes(&self, window: Window, part: [u16; 4], what: &str, act: impl FnOnce(&Self)) {
        let before = self.picture(window, part);
        act(self);
        until(TIMEOUT, what, || {
            (self.picture(window, part) != before).then_some(())
        });
    }

    /// Moves the pointer to a point, in pixels from the top left.
    pub fn move_to(&self, x: f32, y: f32) {
        self.fake(MOTION, 0, x, y);
    }

    /// Presses the first mouse button.
    pub fn press(&self) {
        self.fake(BUTTON_PRESS, 1, 0.0, 0.0);
    }

    /// Releases the first mouse button.
    pub fn release(&self) {
        self.fake(BUTTON_RELEASE, 1, 0.0, 0.0);
    }

    /// Types a key while others are held down; keys are X keysyms.
    ///
    /// # Panics
    /// The keyboard has no such key.
    pub fn key(&self, held: &[u32], key: u32) {
        let all: Vec<u8> = held
            .iter()
            .chain([&key])
            .map(|key| self.code(*key))
            .collect();
        for code in &all {
            self.fake(KEY_PRESS, *code, 0.0, 0.0);
        }
        for code in all.iter().rev() {
            self.fake(KEY_RELEASE, *code, 0.0, 0.0);
        }
    }

    fn code(&self, keysym: u32) -> u8 {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = self
            .connection
            .get_keyboard_mapping(first, last - first + 1)
            .unwrap()
            .reply()
            .unwrap();
        let per_code = usize::from(mapping.keysyms_per_keycode);
        let at = mapping
            .keysyms
            .chunks(per_code)
            .position(|keysyms| keysyms.first() == Some(&keysym));
        first + u8::try_from(at.unwrap_or_else(|| panic!("no key for {keysym:#x}"))).unwrap()
    }

    fn fake(&self, kind: u8, detail: u8, x: f32, y: f32) {
        self.connection
            .xtest_fake_input(kind, detail, 0, self.root, x as i16, y as i16, 0)
            .unwrap()
            .check()
            .unwrap();
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // Fails if the server has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
