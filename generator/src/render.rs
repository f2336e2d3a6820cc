//! Renders events as JSON or CSV, well-formed or with a fault.

use crate::draft::Draft;
use crate::fault::{Fault, Faulty};
use crate::plan::Plan;
use crate::population::DEVICES;
use crate::text::{Timestamps, push_decimal, push_uuid};
use musicstream_event::Format;

/// The first line of a CSV file.
pub const CSV_HEADER: &str = "event_id,user_id,event_type,region,ts,song_id,device";

/// A name as it stands in CSV, in quotes if it needs them.
pub(crate) fn csv_quoted(name: &str) -> String {
    if name.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

/// Renders the records of a plan, without line ends.
pub(crate) struct Renderer {
    format: Format,
    /// Names as they stand in the format.
    event_types: Vec<String>,
    regions: Vec<String>,
    devices: Vec<String>,
    timestamps: Timestamps,
}

impl Renderer {
    pub(crate) fn new(format: Format, plan: &Plan) -> Renderer {
        let quoted = |name: &str| match format {
            Format::Ndjson => serde_json::Value::from(name).to_string(),
            Format::Csv => csv_quoted(name),
        };
        Renderer {
            format,
            event_types: plan
                .event_types
                .iter()
                .map(|(name, _)| quoted(name))
                .collect(),
            regions: plan
                .regions
                .iter()
                .map(|region| quoted(&region.name))
                .collect(),
            devices: DEVICES.iter().map(|(name, _)| quoted(name)).collect(),
            timestamps: Timestamps::default(),
        }
    }

    /// Appends a well-formed event.
    pub(crate) fn push(&mut self, out: &mut Vec<u8>, draft: &Draft) {
        let event_type = self.event_types[usize::from(draft.event_type)].as_bytes();
        let region = self.regions[usize::from(draft.region)].as_bytes();
        let device = draft
            .device
            .map(|device| self.devices[usize::from(device)].as_bytes());
        match self.format {
            Format::Ndjson => {
                out.extend_from_slice(b"{\"event_id\":\"");
                push_uuid(out, draft.event_id);
                out.extend_from_slice(b"\",\"user_id\":\"");
                push_decimal(out, draft.user);
                out.extend_from_slice(b"\",\"event_type\":");
                out.extend_from_slice(event_type);
                out.extend_from_slice(b",\"region\":");
                out.extend_from_slice(region);
                out.extend_from_slice(b",\"ts\":\"");
                self.timestamps.push(out, draft.ts);
                out.push(b'"');
                if let Some(song) = draft.song {
                    out.extend_from_slice(b",\"song_id\":\"");
                    push_decimal(out, song);
                    out.push(b'"');
                }
                if let Some(device) = device {
                    out.extend_from_slice(b",\"device\":");
                    out.extend_from_slice(device);
                }
                out.push(b'}');
            }
            Format::Csv => {
                push_uuid(out, draft.event_id);
                out.push(b',');
                push_decimal(out, draft.user);
                out.push(b',');
                out.extend_from_slice(event_type);
                out.push(b',');
                out.extend_from_slice(region);
                out.push(b',');
                self.timestamps.push(out, draft.ts);
                out.push(b',');
                if let Some(song) = draft.song {
                    push_decimal(out, song);
                }
                out.push(b',');
                out.extend_from_slice(device.unwrap_or_default());
            }
        }
    }

    /// Appends a malformed record, and returns its fault.
    pub(crate) fn push_malformed(&mut self, out: &mut Vec<u8>, draft: &Draft) -> Fault {
        let mut good = Vec::new();
        self.push(&mut good, draft);
        let mut id = Vec::new();
        push_uuid(&mut id, draft.event_id);
        let mut ts = Vec::new();
        self.timestamps.push(&mut ts, draft.ts);
        let faulty = Faulty {
            good,
            id,
            ts,
            user: draft.user.to_string().into_bytes(),
            event_type: self.event_types[usize::from(draft.event_type)]
                .clone()
                .into_bytes(),
            region: self.regions[usize::from(draft.region)].clone().into_bytes(),
        };
        faulty.push(out, self.format, draft.event_id as u64)
    }
}
