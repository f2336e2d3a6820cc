//! The columns of a CSV file.

use std::borrow::Cow;

use musicstream_event::{Event, Rejection, field};

use super::FileError;
use super::csv::Field;

const REQUIRED: [&str; 5] = ["event_id", "user_id", "event_type", "region", "ts"];
const SONG_ID: &str = "song_id";
const DEVICE: &str = "device";

/// The column of each field of an event.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    count: usize,
    required: [usize; 5],
    song_id: Option<usize>,
    device: Option<usize>,
}

impl Columns {
    /// Finds the columns by name, in any order. Other columns are ignored.
    pub(super) fn of_header(
        path: &str,
        header: &str,
        fields: &[Field],
    ) -> Result<Columns, FileError> {
        let names: Vec<String> = fields
            .iter()
            .map(|field| field.value(header).trim().to_owned())
            .collect();
        let find = |column: &'static str| {
            let mut places = names
                .iter()
                .enumerate()
                .filter(|(_, name)| *name == column)
                .map(|(place, _)| place);
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(FileError::DuplicateColumn {
                    path: path.to_owned(),
                    column,
                }),
                (place, None) => Ok(place),
            }
        };
        let mut required = [0; 5];
        let mut missing = Vec::new();
        for (place, column) in required.iter_mut().zip(REQUIRED) {
            match find(column)? {
                Some(found) => *place = found,
                None => missing.push(column),
            }
        }
        if !missing.is_empty() {
            return Err(FileError::MissingColumns {
                path: path.to_owned(),
                found: shown(&names, missing.len() < REQUIRED.len()),
                missing,
                hint: hint(&names),
            });
        }
        Ok(Columns {
            count: names.len(),
            required,
            song_id: find(SONG_ID)?,
            device: find(DEVICE)?,
        })
    }

    /// Number of fields that each row must have.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Decodes a row with the right number of fields.
    pub(super) fn decode<'a>(
        &self,
        row: &'a str,
        fields: &[Field],
    ) -> Result<Event<'a>, Rejection> {
        let [event_id, user_id, event_type, region, ts] = self.required;
        let value = |place: usize| fields[place].value(row);
        Ok(Event {
            event_id: field::event_id(&value(event_id))?,
            user_id: accepted(value(user_id), field::user_id)?,
            event_type: accepted(value(event_type), field::event_type)?,
            region: accepted(value(region), field::region)?,
            ts: field::ts(&value(ts))?,
            song_id: optional(self.song_id, row, fields, field::song_id)?,
            device: optional(self.device, row, fields, field::device)?,
        })
    }
}

type Rule = fn(&str) -> Result<(), Rejection>;

fn accepted(value: Cow<'_, str>, rule: Rule) -> Result<Cow<'_, str>, Rejection> {
    rule(&value)?;
    Ok(value)
}

fn optional<'a>(
    place: Option<usize>,
    row: &'a str,
    fields: &[Field],
    rule: Rule,
) -> Result<Option<Cow<'a, str>>, Rejection> {
    let value = place.map(|place| fields[place].value(row));
    field::not_null(value)
        .map(|value| accepted(value, rule))
        .transpose()
}

/// The header for a message, shortened. A first line that is not a header may be an event, which must not be logged.
fn shown(names: &[String], is_header: bool) -> String {
    const LONGEST: usize = 200;
    if !is_header {
        return "names none of them: it must be the header".to_owned();
    }
    let all = format!("names {}", names.join(", "));
    match all.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &all[..cut]),
        None => all,
    }
}

fn hint(names: &[String]) -> &'static str {
    match names {
        [only] if only.contains(';') || only.contains('\t') => {
            " (columns must be separated by commas)"
        }
        [first, ..] if first.starts_with('{') => " (is it NDJSON? then give --format ndjson)",
        _ => "",
    }
}
