//! Malformed records, as real producers send them.

use crate::random::Random;
use musicstream_event::Format;

/// What is wrong with a malformed record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Cut,
    WrongType,
    BrokenQuote,
    MissingField,
    BadUuid,
    BadTimestamp,
    UnknownEventType,
    InvalidUtf8,
    Empty,
}

impl Fault {
    pub(crate) const ALL: [Fault; 9] = [
        Fault::Cut,
        Fault::WrongType,
        Fault::BrokenQuote,
        Fault::MissingField,
        Fault::BadUuid,
        Fault::BadTimestamp,
        Fault::UnknownEventType,
        Fault::InvalidUtf8,
        Fault::Empty,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Fault::Cut => "cut",
            Fault::WrongType => "wrong_type",
            Fault::BrokenQuote => "broken_quote",
            Fault::MissingField => "missing_field",
            Fault::BadUuid => "bad_uuid",
            Fault::BadTimestamp => "bad_timestamp",
            Fault::UnknownEventType => "unknown_event_type",
            Fault::InvalidUtf8 => "invalid_utf8",
            Fault::Empty => "empty",
        }
    }

    /// Only JSON has types, and only CSV has quotes that can be broken.
    fn exists_in(self, format: Format) -> bool {
        match self {
            Fault::WrongType => format == Format::Ndjson,
            Fault::BrokenQuote => format == Format::Csv,
            _ => true,
        }
    }
}

const BAD_TIMESTAMPS: [&str; 7] = [
    "now",
    "infinity",
    "yesterday",
    "2026-13-45T99:00:00Z",
    "2026-02-30T12:00:00Z",
    "03/04/2026 05:06",
    "2026-01-01",
];
const UNKNOWN_TYPES: [&str; 4] = ["teleport", "PLAY ", "play;pause", "undefined"];
const REQUIRED: [&str; 5] = ["event_id", "user_id", "event_type", "region", "ts"];
/// For each field of [`REQUIRED`] a JSON value of a type that it cannot have.
const WRONG_TYPES: [&str; 5] = ["12345", "true", "17", "[\"us\"]", "{\"at\":1}"];

/// The values of a well-formed record, as the format writes them.
pub(crate) struct Faulty {
    pub(crate) good: Vec<u8>,
    /// Unquoted, as are `ts` and `user`.
    pub(crate) id: Vec<u8>,
    pub(crate) ts: Vec<u8>,
    pub(crate) user: Vec<u8>,
    /// Quoted if the format needs quotes, as is `region`.
    pub(crate) event_type: Vec<u8>,
    pub(crate) region: Vec<u8>,
}

impl Faulty {
    /// Appends a malformed record. The seed determines the fault, so that it does not depend on earlier records.
    pub(crate) fn push(&self, out: &mut Vec<u8>, format: Format, seed: u64) -> Fault {
        let mut random = Random::new(seed);
        let fault = loop {
            let fault = Fault::ALL[random.index(Fault::ALL.len())];
            if fault.exists_in(format) {
                break fault;
            }
        };
        let mut fields = [
            &self.id,
            &self.user,
            &self.event_type,
            &self.region,
            &self.ts,
        ]
        .map(|value| Some(value.clone()));
        if format == Format::Ndjson {
            for place in [0, 1, 4] {
                fields[place] = fields[place].as_deref().map(quoted);
            }
        }
        let text = |value: &[u8]| {
            Some(if format == Format::Ndjson {
                quoted(value)
            } else {
                value.to_vec()
            })
        };
        let place = random.index(REQUIRED.len());
        match fault {
            Fault::Cut => {
                out.extend_from_slice(&self.good[..self.cut(format, &mut random)]);
                return fault;
            }
            Fault::Empty => {
                out.extend_from_slice(if format == Format::Ndjson {
                    b"{}"
                } else {
                    b",,,,,,"
                });
                return fault;
            }
            Fault::WrongType => fields[place] = Some(WRONG_TYPES[place].as_bytes().to_vec()),
            Fault::BrokenQuote => {
                let value = [
                    b"\"",
                    &fields[place].clone().unwrap_or_default()[..],
                    b"\"x",
                ]
                .concat();
                fields[place] = Some(value);
            }
            Fault::MissingField => fields[place] = None,
            Fault::BadUuid => fields[0] = text(&self.bad_uuid(&mut random)),
            Fault::BadTimestamp => fields[4] = text(random.pick(&BAD_TIMESTAMPS).as_bytes()),
            Fault::UnknownEventType => fields[2] = text(random.pick(&UNKNOWN_TYPES).as_bytes()),
            Fault::InvalidUtf8 => {
                fields[3] = text(random.pick(&[&b"\xff\xfe"[..], b"u\xc3", b"\xed\xa0\x80"]))
            }
        }
        push_fields(out, format, &fields);
        fault
    }

    /// A length at which a truncated record is incomplete: any for JSON; before the last comma for CSV.
    fn cut(&self, format: Format, random: &mut Random) -> usize {
        let most = match format {
            Format::Ndjson => self.good.len() - 1,
            Format::Csv => self
                .good
                .iter()
                .rposition(|byte| *byte == b',')
                .unwrap_or(1),
        };
        1 + random.index(most.saturating_sub(1).max(1))
    }

    fn bad_uuid(&self, random: &mut Random) -> Vec<u8> {
        let mut id = self.id.clone();
        match random.below(4) {
            0 => b"not-a-uuid".to_vec(),
            1 => {
                id.pop();
                id
            }
            2 => {
                id[0] = b'g';
                id
            }
            _ => [&id[..], b"0"].concat(),
        }
    }
}

fn quoted(value: impl AsRef<[u8]>) -> Vec<u8> {
    [b"\"", value.as_ref(), b"\""].concat()
}

fn push_fields(out: &mut Vec<u8>, format: Format, fields: &[Option<Vec<u8>>; 5]) {
    match format {
        Format::Ndjson => {
            let mut separator = b'{';
            for (name, value) in REQUIRED.iter().zip(fields) {
                let Some(value) = value else { continue };
                out.push(separator);
                out.extend_from_slice(&quoted(name));
                out.push(b':');
                out.extend_from_slice(value);
                separator = b',';
            }
            out.push(b'}');
        }
        Format::Csv => {
            for value in fields {
                out.extend_from_slice(value.as_deref().unwrap_or_default());
                out.push(b',');
            }
            out.push(b',');
        }
    }
}
