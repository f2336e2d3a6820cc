//! Random rows with their expected outcomes.

use rand::Rng as _;
use rand::rngs::StdRng;

/// The fields of a row as bytes, which may be invalid text. `None`: null.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) event_id: Option<String>,
    pub(super) user_id: Option<Vec<u8>>,
    pub(super) event_type: Option<Vec<u8>>,
    pub(super) region: Option<Vec<u8>>,
    pub(super) ts: Option<String>,
    pub(super) song_id: Option<Vec<u8>>,
    pub(super) device: Option<Vec<u8>>,
}

/// The outcome of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowOutcome {
    /// The stored texts: user_id, event_type, region, song_id, device.
    Stored([Option<String>; 5]),
    /// The reason.
    Rejected(String),
}

/// A time that is accepted.
pub(super) const NOON: &str = "2026-03-01T12:00:00Z";
/// Texts that Postgres accepts as a time and the wire format refuses, and whether a timestamptz column can store the value.
pub(super) const ODD_TIMES: [(&str, bool); 4] = [
    ("infinity", true),
    ("10000-01-01T00:00:00Z", true),
    ("now", false),
    ("", false),
];

impl Row {
    /// A valid event with this number as its id.
    pub(super) fn event(number: usize) -> Row {
        Row {
            event_id: Some(format!("{number:032x}")),
            user_id: Some(format!("u{}", number % 7).into_bytes()),
            event_type: Some(["play", "pause", "stop"][number % 3].into()),
            region: Some(["eu", "us"][number % 2].into()),
            ts: Some(NOON.to_owned()),
            song_id: (!number.is_multiple_of(3)).then(|| b"s".to_vec()),
            device: (!number.is_multiple_of(5)).then(|| b"d".to_vec()),
        }
    }

    /// An event of which, in every other row, one field has an unusual value.
    pub(super) fn random(random: &mut StdRng, number: usize) -> Row {
        let mut row = Row::event(number);
        for _ in 0..random.random_range(0..=2) {
            match random.random_range(0..9) {
                0 => row.event_id = pick(random, &[None, Some(""), Some("no uuid"), Some("1234")]),
                1 => {
                    let times = [
                        None,
                        Some("1999-12-31T23:59:59Z"),
                        Some("2126-01-01T00:00:00Z"),
                    ];
                    let odd = ODD_TIMES.map(|(time, _)| Some(time));
                    row.ts = pick(random, &[&times[..], &odd].concat());
                }
                2 => {
                    row.event_type = pick(random, &[Some("teleport"), Some("Play"), Some("play ")])
                }
                3 => row.event_type = odd_text(random, 64),
                4 | 5 => row.user_id = odd_text(random, 128),
                6 => row.region = odd_text(random, 64),
                7 => row.song_id = odd_text(random, 128),
                _ => row.device = odd_text(random, 128),
            }
        }
        row
    }

    pub(super) fn texts(&self) -> [&Option<Vec<u8>>; 5] {
        [
            &self.user_id,
            &self.event_type,
            &self.region,
            &self.song_id,
            &self.device,
        ]
    }

    /// Whether text columns can store it.
    pub(super) fn is_text(&self) -> bool {
        let fits = |bytes: &Vec<u8>| !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
        self.texts().into_iter().flatten().all(fits)
    }

    /// Whether typed columns can store its id and time.
    pub(super) fn is_typed(&self) -> bool {
        let id = |id: &str| id.len() == 32;
        let time = |time: &str| {
            !ODD_TIMES
                .iter()
                .any(|(odd, is_typed)| *odd == time && !is_typed)
        };
        self.event_id.as_deref().is_none_or(id) && self.ts.as_deref().is_none_or(time)
    }

    /// The expected outcome by the documentation, without code of the project.
    pub(super) fn expected_outcome(&self) -> RowOutcome {
        let Some(texts) = self.decoded() else {
            return RowOutcome::Rejected("not_utf8".to_owned());
        };
        match self.reason(&texts) {
            Some(reason) => RowOutcome::Rejected(reason.to_owned()),
            None => RowOutcome::Stored(texts.map(|text| text.filter(|text| !text.is_empty()))),
        }
    }

    fn decoded(&self) -> Option<[Option<String>; 5]> {
        let mut decoded = [const { None }; 5];
        for (to, from) in decoded.iter_mut().zip(self.texts()) {
            if let Some(bytes) = from {
                *to = Some(String::from_utf8(bytes.clone()).ok()?);
            }
        }
        Some(decoded)
    }

    fn reason(
        &self,
        [user_id, event_type, region, song_id, device]: &[Option<String>; 5],
    ) -> Option<&'static str> {
        let has_control = |text: &str| text.chars().any(|one| one.is_ascii_control());
        let identifying = |text: &Option<String>, longest: usize, invalid| match text.as_deref() {
            None | Some("") => Some("missing_field"),
            Some(text) => (text.len() > longest || has_control(text)).then_some(invalid),
        };
        let describing = |text: &Option<String>, invalid| {
            let text = text.as_deref().unwrap_or_default();
            (text.len() > 128 || text.contains('\0')).then_some(invalid)
        };
        let id = match self.event_id.as_deref() {
            None | Some("") => Some("missing_field"),
            Some(id) => (id.len() != 32).then_some("invalid_event_id"),
        };
        let ts = match self.ts.as_deref() {
            None | Some("") => Some("missing_field"),
            Some(time) => ODD_TIMES
                .iter()
                .any(|(odd, _)| *odd == time)
                .then_some("invalid_ts"),
        };
        id.or_else(|| identifying(user_id, 128, "invalid_user_id"))
            .or_else(|| identifying(event_type, 64, "invalid_event_type"))
            .or_else(|| identifying(region, 64, "invalid_region"))
            .or(ts)
            .or_else(|| describing(song_id, "invalid_song_id"))
            .or_else(|| describing(device, "invalid_device"))
            .or_else(|| match self.ts.as_deref()? {
                "1999-12-31T23:59:59Z" => Some("too_old"),
                "2126-01-01T00:00:00Z" => Some("too_far_in_future"),
                _ => None,
            })
            .or_else(|| {
                let event_type = event_type.as_deref()?;
                (!["play", "pause", "stop"].contains(&event_type)).then_some("unknown_event_type")
            })
    }
}

fn pick<T: for<'a> From<&'a str>>(random: &mut StdRng, values: &[Option<&str>]) -> Option<T> {
    values[random.random_range(0..values.len())].map(T::from)
}

/// Text at the limit of a field and beyond: about one in three is valid.
fn odd_text(random: &mut StdRng, longest: usize) -> Option<Vec<u8>> {
    // Repetitions of "ab" are compressed by Postgres.
    let noise = |random: &mut StdRng, length: usize| -> Vec<u8> {
        (0..length)
            .map(|_| random.random_range(b'a'..=b'z'))
            .collect()
    };
    Some(match random.random_range(0..16) {
        0 => return None,
        1 => Vec::new(),
        2 => "ab".repeat(longest / 2).into_bytes(),
        3 => noise(random, longest),
        4 => "é".repeat(longest / 2).into_bytes(),
        5 => "\u{85}\u{2028}'\",;\\ ~".into(),
        6 => noise(random, longest + 1),
        7 => "ab".repeat(longest / 2 + 1).into_bytes(),
        8 => "é".repeat(longest / 2 + 1).into_bytes(),
        9 => "ab".repeat(5000).into_bytes(),
        10 => noise(random, 10_000),
        11 => b"a\tb".to_vec(),
        12 => b"a\r\nb\x1f\x7f".to_vec(),
        13 => b"a\0b".to_vec(),
        14 => b"a\xffb".to_vec(),
        _ => b"\xed\xa0\x80".to_vec(),
    })
}
