//! Custom controls, each with a name for screen readers.

use super::{
    icon::{self, Icon},
    theme::{self, Tokens},
};
use egui::{
    Align2, Color32, CornerRadius, Event, Frame, Id, Key, Margin, Rect, Response, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

/// A card: what belongs together stands on it.
pub(crate) fn card(tokens: Tokens) -> Frame {
    Frame::new()
        .fill(tokens.surface)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(CornerRadius::same(theme::CARD_RADIUS))
        .inner_margin(Margin::same(theme::PAD as i8))
}

/// Paints the surface of a card whose rectangle is known; its contents are placed by the caller.
pub(crate) fn paint_card(ui: &Ui, rect: Rect, tokens: Tokens) {
    ui.painter().rect(
        rect,
        f32::from(theme::CARD_RADIUS),
        tokens.surface,
        Stroke::new(1.0, tokens.border),
        StrokeKind::Inside,
    );
}

/// A square button with an icon.
pub(crate) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, tip: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(28.0, 28.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let tokens = theme::tokens(ui);
    control(ui, rect, &response, tokens.surface);
    icon::paint(ui.painter(), rect, icon, tokens.text);
    response.on_hover_text(tip)
}

/// A line of a menu, with the keys that do the same.
pub(crate) fn menu_item(ui: &mut Ui, title: &str, keys: &str) -> Response {
    let tokens = theme::tokens(ui);
    let size = vec2(ui.available_width(), 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, title));
    if response.hovered() {
        let radius = f32::from(theme::CONTROL_RADIUS);
        ui.painter().rect_filled(rect, radius, tokens.hover);
    }
    focus_ring(ui, rect, &response);
    let keys = (ui.painter()).layout_no_wrap(keys.into(), theme::font(12.0), tokens.weak);
    let room = rect.width() - keys.size().x - 24.0;
    let title = elided(ui, title, theme::font(13.0), tokens.text, room);
    let y = |height: f32| rect.center().y - height / 2.0;
    let at = pos2(rect.min.x + 8.0, y(title.size().y));
    ui.painter().galley(at, title, tokens.text);
    let at = pos2(rect.max.x - 8.0 - keys.size().x, y(keys.size().y));
    ui.painter().galley(at, keys, tokens.weak);
    response
}

/// An icon button without a frame.
pub(crate) fn bare_icon_button(ui: &mut Ui, icon: Icon, name: &str, tip: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let tokens = theme::tokens(ui);
    if response.hovered() {
        let radius = f32::from(theme::CONTROL_RADIUS);
        ui.painter().rect_filled(rect, radius, tokens.hover);
    }
    focus_ring(ui, rect, &response);
    icon::paint(ui.painter(), rect, icon, tokens.weak);
    response.on_hover_text(tip)
}

/// A button with an icon and a word.
pub(crate) fn labelled_button(ui: &mut Ui, icon: Icon, name: &str, tip: &str) -> Response {
    let tokens = theme::tokens(ui);
    let galley = ui
        .painter()
        .layout_no_wrap(name.into(), theme::font(13.0), tokens.text);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + 38.0, 28.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    control(ui, rect, &response, tokens.surface);
    let icon_rect = Rect::from_min_size(rect.min + vec2(7.0, 0.0), vec2(16.0, rect.height()));
    icon::paint(ui.painter(), icon_rect, icon, tokens.text);
    let at = pos2(rect.min.x + 28.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, tokens.text);
    response.on_hover_text(tip)
}

/// Height of the button of a dialog.
pub(crate) const PRIMARY_HEIGHT: f32 = 30.0;

/// The button of a dialog that Enter presses too.
pub(crate) fn primary_button(ui: &mut Ui, text: &str, enabled: bool) -> Response {
    let tokens = theme::tokens(ui);
    let (fill, ink) = match enabled {
        true => (tokens.accent, tokens.surface),
        false => (tokens.hover, tokens.weak),
    };
    let galley = ui
        .painter()
        .layout_no_wrap(text.into(), theme::bold(13.0), ink);
    let size = vec2(galley.size().x + 28.0, PRIMARY_HEIGHT);
    let sense = if enabled {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(size, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    let radius = f32::from(theme::CONTROL_RADIUS);
    ui.painter().rect_filled(rect, radius, fill);
    focus_ring(ui, rect.expand(2.0), &response);
    ui.painter()
        .galley(rect.center() - galley.size() / 2.0, galley, ink);
    response
}

/// A quiet word that does something.
pub(crate) fn link_button(ui: &mut Ui, text: &str, name: &str, tip: &str) -> Response {
    let tokens = theme::tokens(ui);
    let galley = ui
        .painter()
        .layout_no_wrap(text.into(), theme::font(12.0), tokens.accent);
    let size = galley.size() + vec2(2.0, 8.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let around = rect.expand2(vec2(4.0, -1.0));
    if response.hovered() || is_focused_by_key(ui, &response) {
        let radius = f32::from(theme::CONTROL_RADIUS);
        ui.painter().rect_filled(around, radius, tokens.accent_soft);
    }
    focus_ring(ui, around, &response);
    let at = rect.min + vec2(1.0, 4.0);
    ui.painter().galley(at, galley, tokens.accent);
    response.on_hover_text(tip)
}

/// A button that stays pressed.
pub(crate) fn toggle(ui: &mut Ui, on: bool, text: &str, name: &str, tip: &str) -> Response {
    let tokens = theme::tokens(ui);
    let color = if on { tokens.accent } else { tokens.weak };
    let font = if on {
        theme::bold(12.5)
    } else {
        theme::font(12.5)
    };
    let galley = ui.painter().layout_no_wrap(text.into(), font, color);
    let bold = ui
        .painter()
        .layout_no_wrap(text.into(), theme::bold(12.5), color);
    let size = vec2(bold.size().x + 24.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
    control(
        ui,
        rect,
        &response,
        if on {
            tokens.accent_soft
        } else {
            tokens.surface
        },
    );
    ui.painter()
        .galley(rect.center() - galley.size() / 2.0, galley, color);
    response.on_hover_text(tip)
}

/// A button that opens a menu, with the current choice as its word.
pub(crate) fn menu_button(ui: &mut Ui, text: &str, name: &str, tip: &str) -> Response {
    const ARROW: f32 = 16.0;
    let tokens = theme::tokens(ui);
    let font = theme::bold(12.5);
    let galley = (ui.painter()).layout_no_wrap(text.into(), font, tokens.accent);
    let size = vec2(galley.size().x + ARROW + 22.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    control(ui, rect, &response, tokens.surface);
    let at = pos2(rect.min.x + 10.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, tokens.accent);
    let arrow = Rect::from_center_size(
        pos2(rect.max.x - 6.0 - ARROW / 2.0, rect.center().y),
        vec2(ARROW, ARROW),
    );
    icon::paint(ui.painter(), arrow, Icon::Down, tokens.accent);
    response.on_hover_text(tip)
}

/// How wide segments of these words are with comfortable space around each word.
pub(crate) fn segments_width(ui: &Ui, words: impl IntoIterator<Item = &'static str>) -> f32 {
    let widths = words.into_iter().map(|word| {
        let galley = ui
            .painter()
            .layout_no_wrap(word.into(), theme::bold(12.5), Color32::WHITE);
        galley.size().x + 1.0 + SEGMENT_PADDING * 0.7
    });
    widths.sum::<f32>() + 3.0
}

/// Around the word of a segment, both sides together; and where there is little room.
const SEGMENT_PADDING: f32 = 20.0;
const LEAST_PADDING: f32 = 6.0;

/// Buttons side by side of which one is on. Returns the one that was clicked.
pub(crate) fn segments<T: Copy + PartialEq>(
    ui: &mut Ui,
    current: T,
    options: impl IntoIterator<Item = (T, &'static str, String)>,
) -> Option<T> {
    let room = ui.available_width();
    segments_within(ui, room, current, options)
}

/// The same with less space around the words where `room` asks for it.
pub(crate) fn segments_within<T: Copy + PartialEq>(
    ui: &mut Ui,
    room: f32,
    current: T,
    options: impl IntoIterator<Item = (T, &'static str, String)>,
) -> Option<T> {
    let tokens = theme::tokens(ui);
    let parts: Vec<_> = options
        .into_iter()
        .map(|(value, text, name)| {
            let on = value == current;
            let font = if on {
                theme::bold(12.5)
            } else {
                theme::font(12.5)
            };
            let color = if on { tokens.accent } else { tokens.weak };
            let galley = ui.painter().layout_no_wrap(text.into(), font, color);
            // As wide as its bold form, so that nothing moves when it is chosen.
            let bold = ui
                .painter()
                .layout_no_wrap(text.into(), theme::bold(12.5), color);
            (value, name, on, galley, color, bold.size().x)
        })
        .collect();
    let words = parts.iter().map(|part| part.5 + 1.0).sum::<f32>() + 3.0;
    let room = (room - words) / parts.len().max(1) as f32;
    let padding = room.clamp(LEAST_PADDING, SEGMENT_PADDING);
    let width = words + padding * parts.len() as f32;
    let (all, whole) = ui.allocate_exact_size(vec2(width, 28.0), Sense::hover());
    let radius = f32::from(theme::CONTROL_RADIUS);
    let stroke = Stroke::new(1.0, tokens.border);
    ui.painter()
        .rect(all, radius, tokens.surface, stroke, StrokeKind::Inside);
    let mut clicked = None;
    let mut left = all.min.x + 2.0;
    for (at, (value, name, on, galley, color, wide)) in parts.into_iter().enumerate() {
        let wide = wide + padding;
        let rect = Rect::from_min_size(pos2(left, all.min.y + 2.0), vec2(wide, 24.0));
        left += wide + 1.0;
        let response = ui.interact(rect, whole.id.with(at), Sense::click());
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, on, &name));
        let fill = match (on, response.hovered()) {
            (true, _) => tokens.accent_soft,
            (false, true) => tokens.hover,
            _ => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, radius - 1.0, fill);
        focus_ring(ui, rect, &response);
        ui.painter()
            .galley(rect.center() - galley.size() / 2.0, galley, color);
        if response.clicked() {
            clicked = Some(value);
        }
    }
    clicked
}

/// A row with a check box, a swatch if the name has a colour, and a figure at its end.
pub(crate) struct CheckRow<'a> {
    /// On or off.
    pub(crate) on: bool,
    /// The name.
    pub(crate) text: &'a str,
    /// Colour of its series, where it has one in this view.
    pub(crate) swatch: Option<Color32>,
    /// At the end of the row.
    pub(crate) figure: &'a str,
    /// What screen readers say.
    pub(crate) name: String,
}

impl CheckRow<'_> {
    /// Shows it over the whole width.
    pub(crate) fn show(self, ui: &mut Ui) -> Response {
        let tokens = theme::tokens(ui);
        let size = vec2(ui.available_width(), 26.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, self.on, &self.name));
        if response.hovered() {
            let back = rect.expand2(vec2(4.0, 0.0));
            ui.painter()
                .rect_filled(back, f32::from(theme::CONTROL_RADIUS), tokens.hover);
        }
        focus_ring(ui, rect.expand2(vec2(4.0, 0.0)), &response);
        let square =
            Rect::from_center_size(pos2(rect.min.x + 8.0, rect.center().y), vec2(15.0, 15.0));
        let box_color = self.swatch.unwrap_or(tokens.accent);
        if self.on {
            ui.painter().rect_filled(square, 3.5, box_color);
            icon::paint(ui.painter(), square, Icon::Check, tokens.surface);
        } else {
            let stroke = Stroke::new(1.25, self.swatch.unwrap_or(tokens.weak));
            ui.painter()
                .rect_stroke(square, 3.5, stroke, StrokeKind::Inside);
        }
        let figure =
            ui.painter()
                .layout_no_wrap(self.figure.into(), theme::font(12.0), tokens.weak);
        let color = if self.on { tokens.text } else { tokens.weak };
        let room = rect.width() - 24.0 - figure.size().x - 10.0;
        let galley = elided(ui, self.text, theme::font(13.0), color, room);
        let at = pos2(rect.min.x + 24.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, color);
        let at = pos2(
            rect.max.x - figure.size().x,
            rect.center().y - figure.size().y / 2.0,
        );
        ui.painter().galley(at, figure, tokens.weak);
        response
    }
}

/// Text on one line, cut with an ellipsis where there is no room for all.
pub(crate) fn elided(
    ui: &Ui,
    text: &str,
    font: egui::FontId,
    color: Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.into(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// Text painted with its anchor; returns what it covers.
pub(crate) fn text(
    ui: &Ui,
    at: egui::Pos2,
    anchor: Align2,
    text: impl ToString,
    font: egui::FontId,
    color: Color32,
) -> Rect {
    ui.painter().text(at, anchor, text, font, color)
}

/// Fill, edge and focus ring of a control.
fn control(ui: &Ui, rect: Rect, response: &Response, fill: Color32) {
    let tokens = theme::tokens(ui);
    let fill = match (response.is_pointer_button_down_on(), response.hovered()) {
        (true, _) => tokens.accent_soft,
        (false, true) => tokens.hover,
        _ => fill,
    };
    let stroke = Stroke::new(1.0, tokens.border);
    ui.painter().rect(
        rect,
        f32::from(theme::CONTROL_RADIUS),
        fill,
        stroke,
        StrokeKind::Inside,
    );
    focus_ring(ui, rect, response);
}

/// Records whether keyboard or pointer was used last: a clicked control has the focus but shows no ring.
pub(crate) fn note_input_device(ui: &Ui) {
    let is_moved_by_key = |event: &Event| match event {
        Event::Key { key, pressed, .. } => {
            *pressed
                && matches!(
                    key,
                    Key::Tab
                        | Key::ArrowUp
                        | Key::ArrowDown
                        | Key::ArrowLeft
                        | Key::ArrowRight
                        | Key::Home
                        | Key::End
                        | Key::PageUp
                        | Key::PageDown
                )
        }
        Event::AccessKitActionRequest(_) => true,
        _ => false,
    };
    let (pressed, keys) = ui.input(|input| {
        let keys = input.events.iter().any(is_moved_by_key);
        (input.pointer.any_pressed(), keys)
    });
    if pressed || keys {
        ui.data_mut(|data| data.insert_temp(input_device_id(), keys && !pressed));
    }
}

fn input_device_id() -> Id {
    Id::unique("the keyboard was used last")
}

/// Whether it has the focus and the keyboard gave it to it.
pub(crate) fn is_focused_by_key(ui: &Ui, response: &Response) -> bool {
    response.has_focus() && ui.data(|data| data.get_temp(input_device_id()).unwrap_or(false))
}

/// Shows where the keyboard is.
pub(crate) fn focus_ring(ui: &Ui, rect: Rect, response: &Response) {
    if is_focused_by_key(ui, response) {
        let stroke = Stroke::new(2.0, theme::tokens(ui).accent);
        ui.painter().rect_stroke(
            rect,
            f32::from(theme::CONTROL_RADIUS),
            stroke,
            StrokeKind::Inside,
        );
    }
}
