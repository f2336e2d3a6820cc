//! Colours keyed by name: a series keeps its colour whatever else is shown.
//!
//! Eight hues a theme, each with a contrast of at least 3:1 on its background, and tuned until they stay
//! distinct under protanopia, deuteranopia and tritanopia; names beyond the eighth reuse the hues
//! with a marker as a second cue.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Background of charts in the light theme.
pub const LIGHT_GROUND: Rgb = [255, 255, 255];
/// Background of charts in the dark theme.
pub const DARK_GROUND: Rgb = [27, 30, 36];

const LIGHT: [Rgb; 8] = [
    [43, 137, 221],
    [236, 66, 21],
    [4, 164, 80],
    [96, 35, 174],
    [203, 87, 124],
    [140, 131, 22],
    [6, 111, 157],
    [75, 78, 94],
];
const DARK: [Rgb; 8] = [
    [87, 138, 219],
    [237, 109, 30],
    [40, 200, 110],
    [138, 100, 255],
    [200, 134, 180],
    [248, 216, 59],
    [169, 241, 255],
    [179, 209, 184],
];

/// Number of hues that all readers can tell apart. A stacked bar shows at most this many series, and one part for all others.
pub const BAR_HUES: usize = 6;

/// The colour slot of each name, assigned once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColorSlots {
    slots: BTreeMap<String, usize>,
}

impl ColorSlots {
    /// Assigns the next free slot to each new name.
    pub fn assign<'a>(&mut self, names: impl IntoIterator<Item = &'a String>) {
        for name in names {
            let next = self.slots.len();
            self.slots.entry(name.clone()).or_insert(next);
        }
    }

    /// The slot of a name; that of the first one for a name without a slot.
    pub fn slot(&self, name: &str) -> usize {
        self.find(name).unwrap_or(0)
    }

    /// The slot of a name, if it has one.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.slots.get(name).copied()
    }
}

/// The colour of a slot on the theme's background.
pub fn color(slot: usize, dark: bool) -> Rgb {
    let hues = if dark { &DARK } else { &LIGHT };
    hues[slot % hues.len()]
}

/// The colour of names without a series of their own, together: none of the hues.
pub fn others(dark: bool) -> Rgb {
    if dark { [110, 110, 90] } else { [100, 80, 70] }
}

/// How many times the hues were used up before this slot: selects the marker.
pub fn cycle(slot: usize) -> usize {
    slot / LIGHT.len()
}

/// Contrast of two colours after WCAG 2, from 1 to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = linear(rgb);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn linear(rgb: Rgb) -> [f64; 3] {
    rgb.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Severe deficiencies in linear RGB, after Machado, Oliveira and Fernandes (2009).
    const DEFICIENCIES: [(&str, [[f64; 3]; 3]); 4] = [
        ("none", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    fn lab(rgb: [f64; 3]) -> [f64; 3] {
        let [r, g, b] = rgb.map(|channel| channel.clamp(0.0, 1.0));
        let xyz = [
            (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
            0.2126 * r + 0.7152 * g + 0.0722 * b,
            (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
        ];
        let [x, y, z] = xyz.map(|t| {
            if t > 0.008856 {
                t.cbrt()
            } else {
                7.787 * t + 16.0 / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn seen_by(matrix: [[f64; 3]; 3], rgb: Rgb) -> [f64; 3] {
        let rgb = linear(rgb);
        lab(matrix.map(|row| row.iter().zip(rgb).map(|(m, c)| m * c).sum()))
    }

    /// How different two colours look.
    fn apart(matrix: [[f64; 3]; 3], a: Rgb, b: Rgb) -> f64 {
        let (x, y) = (seen_by(matrix, a), seen_by(matrix, b));
        let squares = x.iter().zip(y).map(|(p, q)| (p - q).powi(2));
        squares.sum::<f64>().sqrt()
    }

    #[test]
    fn every_hue_stands_out_from_its_background() {
        for slot in 0..8 {
            assert!(
                contrast(color(slot, false), LIGHT_GROUND) >= 3.0,
                "light {slot}"
            );
            assert!(
                contrast(color(slot, true), DARK_GROUND) >= 3.0,
                "dark {slot}"
            );
        }
        assert!(contrast(others(false), LIGHT_GROUND) >= 3.0);
        assert!(contrast(others(true), DARK_GROUND) >= 3.0);
    }

    #[test]
    fn hues_stay_apart_under_colour_blindness() {
        for dark in [false, true] {
            for (name, matrix) in DEFICIENCIES {
                // Bands of a stack have the colours of lines, and may lie side by side: all pairs count.
                let inks: Vec<Rgb> = (0..8)
                    .map(|slot| color(slot, dark))
                    .chain([others(dark)])
                    .collect();
                for a in 0..inks.len() {
                    for b in 0..a {
                        let distance = apart(matrix, inks[a], inks[b]);
                        assert!(
                            distance >= 12.0,
                            "dark={dark} {name}: {a} and {b} are {distance:.1} apart"
                        );
                    }
                }
            }
        }
    }

    /// Parts of a bar are a few points high, without a name or a marker of their own.
    #[test]
    fn parts_of_bars_stay_apart_for_everyone() {
        const NORMAL: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        for dark in [false, true] {
            let hues = (0..BAR_HUES).map(|slot| color(slot, dark));
            let inks: Vec<Rgb> = hues.chain([others(dark)]).collect();
            for (name, matrix, least) in [("normal", NORMAL, 40.0)]
                .into_iter()
                .chain(DEFICIENCIES.map(|(name, matrix)| (name, matrix, 12.0)))
            {
                for a in 0..inks.len() {
                    for b in 0..a {
                        let distance = apart(matrix, inks[a], inks[b]);
                        assert!(
                            distance >= least,
                            "dark={dark} {name}: {a} and {b} are {distance:.1} apart"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_name_keeps_its_slot() {
        let mut slots = ColorSlots::default();
        slots.assign(&["EU".to_owned(), "US".to_owned()]);
        slots.assign(&["APAC".to_owned(), "EU".to_owned()]);
        assert_eq!(
            (slots.slot("EU"), slots.slot("US"), slots.slot("APAC")),
            (0, 1, 2)
        );
        assert_eq!(cycle(7), 0);
        assert_eq!(cycle(8), 1);
    }
}
