//! Colours, fonts and sizes: the only place where they are chosen.

use super::fallback_glyphs;
use crate::page::colors;
use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke, Style,
    TextStyle, Theme, Visuals, style::WidgetVisuals, vec2,
};
use std::sync::Arc;

/// Radius of cards and of what stands on them, in points.
pub(crate) const CARD_RADIUS: u8 = 8;
/// Radius of buttons and fields.
pub(crate) const CONTROL_RADIUS: u8 = 5;
/// Between a card's edge and what is in it.
pub(crate) const PAD: f32 = 12.0;
/// Between cards.
pub(crate) const GAP: f32 = 10.0;

/// What the colours are for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens {
    /// Dark theme.
    pub(crate) dark: bool,
    /// Behind everything.
    pub(crate) window: Color32,
    /// Cards, charts, tables.
    pub(crate) surface: Color32,
    /// What is pointed at on a surface.
    pub(crate) hover: Color32,
    /// Edges of cards and controls.
    pub(crate) border: Color32,
    /// Lines inside of charts and tables.
    pub(crate) grid: Color32,
    /// Text.
    pub(crate) text: Color32,
    /// Text that steps back, still 4.5:1.
    pub(crate) weak: Color32,
    /// Focus, selection, today.
    pub(crate) accent: Color32,
    /// Behind what is selected.
    pub(crate) accent_soft: Color32,
    /// The incomplete day.
    pub(crate) shade: Color32,
    /// All is well.
    pub(crate) good: Color32,
    /// Late, stale.
    pub(crate) warn: Color32,
    /// Behind a warning.
    pub(crate) warn_soft: Color32,
    /// Broken.
    pub(crate) error: Color32,
    /// Behind an error.
    pub(crate) error_soft: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const LIGHT: Tokens = Tokens {
    dark: false,
    window: rgb(0xF3F4F7),
    surface: rgb(0xFFFFFF),
    hover: rgb(0xEEF1F6),
    border: rgb(0xDDE1E8),
    grid: rgb(0xEBEEF2),
    text: rgb(0x1A1E26),
    weak: rgb(0x5B6472),
    accent: rgb(0x2563C9),
    accent_soft: rgb(0xE1EBFB),
    shade: rgb(0xF1F5FC),
    good: rgb(0x1A8A50),
    warn: rgb(0x96620A),
    warn_soft: rgb(0xFFF5DC),
    error: rgb(0xB9322B),
    error_soft: rgb(0xFDECEA),
};

const DARK: Tokens = Tokens {
    dark: true,
    window: rgb(0x12141A),
    surface: rgb(0x1B1E24),
    hover: rgb(0x262A33),
    border: rgb(0x2E333D),
    grid: rgb(0x272B33),
    text: rgb(0xE8EBF1),
    weak: rgb(0x9DA6B5),
    accent: rgb(0x78AEFF),
    accent_soft: rgb(0x22344F),
    shade: rgb(0x20262F),
    good: rgb(0x45C486),
    warn: rgb(0xE9B44C),
    warn_soft: rgb(0x352C17),
    error: rgb(0xFF8A80),
    error_soft: rgb(0x3C2322),
};

/// The tokens of the theme that is on screen.
pub(crate) fn tokens(ui: &egui::Ui) -> Tokens {
    of(ui.visuals().dark_mode)
}

/// The tokens of a theme.
pub(crate) fn of(dark: bool) -> Tokens {
    if dark { DARK } else { LIGHT }
}

/// A series' colour.
pub(crate) fn series(slot: usize, dark: bool) -> Color32 {
    let [r, g, b] = colors::color(slot, dark);
    Color32::from_rgb(r, g, b)
}

/// The colour of names without a series of their own, together.
pub(crate) fn others(dark: bool) -> Color32 {
    let [r, g, b] = colors::others(dark);
    Color32::from_rgb(r, g, b)
}

/// Text of a size in points.
pub(crate) fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Heavier text of a size in points.
pub(crate) fn bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("bold".into()))
}

/// Gives a context the fonts and both themes.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    fallback_glyphs::install(ctx);
    for theme in [Theme::Light, Theme::Dark] {
        ctx.set_style_of(theme, style(of(theme == Theme::Dark)));
    }
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let fallback = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    for (name, bytes, family) in [
        (
            "Inter",
            include_bytes!("../../assets/Inter-Regular.otf").as_slice(),
            FontFamily::Proportional,
        ),
        (
            "Inter SemiBold",
            include_bytes!("../../assets/Inter-SemiBold.otf").as_slice(),
            FontFamily::Name("bold".into()),
        ),
    ] {
        fonts
            .font_data
            .insert(name.into(), Arc::new(FontData::from_static(bytes)));
        let mut order = vec![name.to_owned()];
        order.extend(fallback.iter().cloned());
        fonts.families.insert(family, order);
    }
    fonts
}

fn style(tokens: Tokens) -> Style {
    let mut style = Style {
        visuals: visuals(tokens),
        animation_time: 0.0,
        ..Style::default()
    };
    style.text_styles = [
        (TextStyle::Small, font(11.5)),
        (TextStyle::Body, font(13.0)),
        (TextStyle::Button, font(13.0)),
        (TextStyle::Heading, bold(18.0)),
        (
            TextStyle::Monospace,
            FontId::new(12.5, FontFamily::Monospace),
        ),
    ]
    .into();
    style.spacing.item_spacing = vec2(8.0, 6.0);
    style.spacing.button_padding = vec2(10.0, 4.0);
    style.spacing.interact_size = vec2(28.0, 28.0);
    style.spacing.window_margin = Margin::same(16);
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.tooltip_width = 380.0;
    style.interaction.tooltip_delay = 0.35;
    style.interaction.selectable_labels = false;
    style
}

fn visuals(tokens: Tokens) -> Visuals {
    let mut visuals = if tokens.dark {
        Visuals::dark()
    } else {
        Visuals::light()
    };
    let widget = |fill: Color32, stroke: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, stroke),
        corner_radius: CornerRadius::same(CONTROL_RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(tokens.surface, tokens.border, tokens.text);
    visuals.widgets.inactive = widget(tokens.surface, tokens.border, tokens.text);
    visuals.widgets.hovered = widget(tokens.hover, tokens.border, tokens.text);
    visuals.widgets.active = widget(tokens.accent_soft, tokens.accent, tokens.text);
    visuals.widgets.open = widget(tokens.hover, tokens.border, tokens.text);
    visuals.selection.bg_fill = tokens.accent_soft;
    visuals.selection.stroke = Stroke::new(1.0, tokens.accent);
    visuals.panel_fill = tokens.window;
    visuals.window_fill = tokens.surface;
    visuals.window_stroke = Stroke::new(1.0, tokens.border);
    visuals.window_corner_radius = CornerRadius::same(CARD_RADIUS);
    visuals.menu_corner_radius = CornerRadius::same(CARD_RADIUS);
    visuals.extreme_bg_color = tokens.surface;
    visuals.faint_bg_color = tokens.hover;
    visuals.weak_text_color = Some(tokens.weak);
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.warn;
    visuals.error_fg_color = tokens.error;
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast(a: Color32, b: Color32) -> f64 {
        colors::contrast([a.r(), a.g(), a.b()], [b.r(), b.g(), b.b()])
    }

    #[test]
    fn text_can_be_read_on_every_ground() {
        for tokens in [LIGHT, DARK] {
            for ground in [tokens.window, tokens.surface, tokens.hover, tokens.shade] {
                for ink in [tokens.text, tokens.weak] {
                    assert!(contrast(ink, ground) >= 4.5, "{ink:?} on {ground:?}");
                }
            }
            for (ink, ground) in [
                (tokens.accent, tokens.surface),
                (tokens.accent, tokens.accent_soft),
                (tokens.warn, tokens.warn_soft),
                (tokens.error, tokens.error_soft),
            ] {
                assert!(contrast(ink, ground) >= 4.5, "{ink:?} on {ground:?}");
            }
        }
    }

    #[test]
    fn charts_stand_on_the_ground_that_the_palette_was_made_for() {
        let rgb = |c: Color32| [c.r(), c.g(), c.b()];
        assert_eq!(rgb(LIGHT.surface), colors::LIGHT_GROUND);
        assert_eq!(rgb(DARK.surface), colors::DARK_GROUND);
    }
}
