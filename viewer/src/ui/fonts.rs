//! System fonts, for characters that the built-in fonts lack. They are searched when such a character
//! appears for the first time, so that other users do not pay for it.

use egui::{
    Context, FontData, FontFamily,
    epaint::text::{FallbackRequest, FontInsert, FontProvider},
};
use fontdb::{Database, FaceInfo, ID, Style, Weight};
use std::{
    cmp::Reverse,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

/// Adds the system fonts to a context as fallback.
pub fn install_system(ctx: &Context) {
    ctx.add_font_provider(Arc::new(Machine::new(Database::load_system_fonts)));
}

/// The same with the fonts of some folders only, so that it is known which ones they are.
pub fn install_folders(ctx: &Context, folders: Vec<PathBuf>) {
    ctx.add_font_provider(Arc::new(Machine::new(move |database| {
        for folder in &folders {
            database.load_fonts_dir(folder);
        }
    })));
}

/// Fonts that are looked for at the first need.
struct Machine {
    look: Box<dyn Fn(&mut Database) + Send + Sync>,
    found: OnceLock<Found>,
}

/// The machine's fonts, and in which order they are asked for text of either weight.
struct Found {
    database: Database,
    regular: Vec<ID>,
    bold: Vec<ID>,
}

impl Machine {
    fn new(look: impl Fn(&mut Database) + Send + Sync + 'static) -> Self {
        Self {
            look: Box::new(look),
            found: OnceLock::new(),
        }
    }

    fn found(&self) -> &Found {
        self.found.get_or_init(|| {
            let mut database = Database::new();
            (self.look)(&mut database);
            Found {
                regular: order(&database, Weight::NORMAL),
                bold: order(&database, Weight::SEMIBOLD),
                database,
            }
        })
    }
}

impl FontProvider for Machine {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let character = request.cluster.chars().next()?;
        let found = self.found();
        let ids = match request.family {
            FontFamily::Name(_) => &found.bold,
            _ => &found.regular,
        };
        ids.iter().find_map(|id| {
            found.database.with_face_data(*id, |bytes, index| {
                has(bytes, index, character).then(|| {
                    let data = FontData::from_blob(Arc::new(bytes.to_vec()), index);
                    FontInsert::new(&format!("{id}"), data, Vec::new())
                })
            })?
        })
    }
}

/// Upright faces of the weight, without serifs, as ours are; of equal ones always the same first.
fn order(database: &Database, weight: Weight) -> Vec<ID> {
    let mut faces: Vec<&FaceInfo> = database.faces().collect();
    faces.sort_by_cached_key(|face| {
        let name = face.families.first().map_or("", |(name, _)| name.as_str());
        (
            face.style != Style::Normal,
            face.monospaced || name.contains("Mono"),
            name.contains("Serif"),
            Reverse(name.contains("Sans")),
            face.weight.0.abs_diff(weight.0),
            face.stretch.to_number().abs_diff(5),
            face.post_script_name.clone(),
        )
    });
    faces.into_iter().map(|face| face.id).collect()
}

/// Whether a face can draw a character: a number without a shape is not enough.
fn has(bytes: &[u8], index: u32, character: char) -> bool {
    ttf_parser::Face::parse(bytes, index).is_ok_and(|face| {
        face.glyph_index(character).is_some_and(|glyph| {
            character.is_whitespace()
                || face.glyph_bounding_box(glyph).is_some()
                || face.glyph_raster_image(glyph, u16::MAX).is_some()
        })
    })
}
