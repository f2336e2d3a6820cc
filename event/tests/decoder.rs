//! Compares the JSON decoder with an oracle that shares no code with it, on payloads that use the whole grammar (blanks
//! anywhere, every notation of a character or number, repeated fields), and on damaged ones.

mod oracle;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const FIELDS: [&str; 7] = [
    "event_id",
    "user_id",
    "event_type",
    "region",
    "ts",
    "song_id",
    "device",
];

fn blank() -> impl Strategy<Value = String> {
    prop_oneof![5 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

/// One character, in one of its notations in a string.
fn notation_of(one: char, way: u8) -> String {
    let short = match one {
        '"' => Some('"'),
        '\\' => Some('\\'),
        '/' => Some('/'),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        _ => None,
    };
    let must_escape = one < ' ' || matches!(one, '"' | '\\');
    match (way % 5, short) {
        (0 | 1, Some(short)) => format!("\\{short}"),
        (0..=2, _) if !must_escape => one.to_string(),
        (way, _) => {
            let mut units = [0; 2];
            let units = one.encode_utf16(&mut units).iter();
            units
                .map(|unit| match way {
                    3 => format!("\\u{unit:04X}"),
                    _ => format!("\\u{unit:04x}"),
                })
                .collect()
        }
    }
}

/// The content of a string literal for `text`.
fn escaped(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (text, any::<bool>(), vec(any::<u8>(), 1..8)).prop_map(|(text, is_plain, ways)| {
        let ways = ways.iter().cycle();
        text.chars()
            .zip(ways)
            .map(|(one, way)| notation_of(one, if is_plain { 0 } else { *way }))
            .collect()
    })
}

/// Content that is invalid in a string, and content that looks like it.
fn broken_piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\\\u[dD][89abAB][0-9a-f]{2}",
        "\\\\u[dD][c-fC-F][0-9a-f]{2}",
        "\\\\u[dD][89abAB][0-9a-f]{2}\\\\u[0-9a-f]{4}",
        "\\\\u[dD][89abAB][0-9a-f]{2}\\\\n",
        "\\\\u[0-9a-g]{0,4}",
        "\\\\[a-z\"/]",
        "[\u{0}-\u{1f}]",
        "\\\\",
    ]
}

fn string_of(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    escaped(text).prop_map(|inside| format!("\"{inside}\""))
}

fn string() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        4 => "[a-z0-9-]{0,20}",
        2 => "\\PC{0,12}",
        1 => vec(any::<char>(), 0..12).prop_map(|all| all.into_iter().collect()),
        1 => "[\u{0}-\u{7f}]{0,6}",
        1 => "[a-zé]{30,140}",
    ];
    prop_oneof![
        8 => string_of(text),
        1 => (escaped("[a-z]{0,4}"), broken_piece(), escaped("[a-z0-9]{0,4}"))
            .prop_map(|(before, broken, after)| format!("\"{before}{broken}{after}\"")),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?(0|[1-9][0-9]{0,4})",
        2 => "-?[1-9][0-9]{12,40}",
        2 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "[-+]?0?[0-9]{0,2}\\.?[0-9]{0,2}[eE]?[-+]?[0-9]{0,2}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => string(),
        3 => number(),
        3 => select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        1 => select(vec!["nul", "True", "NaN", "'x'", "", "undefined"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 30, 4, |inner| {
        let element = (blank(), inner.clone(), blank())
            .prop_map(|(before, value, after)| format!("{before}{value}{after}"));
        let member = (blank(), string(), blank(), blank(), inner, blank())
            .prop_map(|(a, name, b, c, value, d)| format!("{a}{name}{b}:{c}{value}{d}"));
        prop_oneof![
            vec(element, 0..4).prop_map(|all| format!("[{}]", all.join(","))),
            vec(member, 0..4).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}

/// Times that are valid, almost valid, and at the limits.
fn time() -> impl Strategy<Value = String> {
    let date = prop_oneof![
        3 => "20[0-9]{2}-(0[1-9]|1[0-2])-([01][0-9]|2[0-8])",
        1 => "(0000|0001|1582|1900|1969|1970|2000|2024|9999)-(0[0-9]|1[0-3])-(0[01]|28|29|30|31|32)",
    ];
    let clock = prop_oneof![
        3 => "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]",
        1 => "(00|23|24):(00|59|60):(00|59|60|61)",
        1 => Just("23:59:60".to_owned()),
    ];
    let fraction =
        prop_oneof![3 => Just(String::new()), 2 => "\\.[0-9]{1,12}", 1 => "[.,][0-9]{0,3}"];
    let zone = prop_oneof![
        2 => Just(String::new()),
        2 => Just("Z".to_owned()),
        2 => "[+-]([01][0-9]|2[0-3]):[0-5][0-9]",
        1 => "z|[-+\u{2212}](0[0-9]|2[34]):?[0-6]?[0-9]?| Z",
    ];
    let separator =
        prop_oneof![4 => Just("T"), 2 => Just(" "), 1 => select(vec!["t", "_", "  ", ""])];
    (date, separator, clock, fraction, zone).prop_map(|(date, separator, clock, fraction, zone)| {
        format!("{date}{separator}{clock}{fraction}{zone}")
    })
}

fn uuid() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<u128>().prop_map(|id| uuid::Uuid::from_u128(id).to_string()),
        2 => "[0-9a-fA-F]{32}",
        1 => "[0-9a-gA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4,5}-[0-9a-f]{11,12}",
        1 => any::<u128>().prop_map(|id| uuid::Uuid::from_u128(id).braced().to_string()),
    ]
}

/// A value that is mostly valid for the field.
fn value_of(field: &'static str) -> BoxedStrategy<String> {
    match field {
        "event_id" => string_of(uuid()).boxed(),
        "ts" => prop_oneof![
            6 => string_of(time()),
            2 => "-?[0-9]{1,20}".prop_map(|digits| format!("\"{digits}\"")),
            2 => (-70_000_000_000_000i64..260_000_000_000_000).prop_map(|millis| millis.to_string()),
            1 => select(vec!["now", "infinity", "today", "epoch"]).prop_map(|word| format!("\"{word}\"")),
        ]
        .boxed(),
        "event_type" | "region" => string_of("[a-zé\u{1F3B5}]{1,20}").boxed(),
        "user_id" => prop_oneof![2 => string_of("[ -~é]{1,30}"), 1 => "-?[1-9][0-9]{0,30}"].boxed(),
        _ => prop_oneof![3 => string_of("\\PC{0,30}"), 1 => Just("null".to_owned()), 1 => "[1-9][0-9]{0,9}"].boxed(),
    }
}

/// A member of the event: with a value of the field's type, or with any value.
fn member(field: &'static str) -> impl Strategy<Value = String> {
    let value = prop_oneof![12 => value_of(field), 1 => value()];
    let name = prop_oneof![4 => Just(field.to_owned()), 1 => escaped(Just(field.to_owned()))];
    (blank(), name, blank(), blank(), value, blank())
        .prop_map(|(a, name, b, c, value, d)| format!("{a}\"{name}\"{b}:{c}{value}{d}"))
}

/// An event as text: mostly with all fields, in any order, with unknown fields in between, and with repetitions.
fn payload() -> impl Strategy<Value = String> {
    let all: Vec<_> = FIELDS
        .iter()
        .map(|field| prop::option::weighted(0.97, member(field)))
        .collect();
    let again = select(FIELDS.to_vec()).prop_flat_map(member);
    let unknown = (string(), blank(), value())
        .prop_map(|(name, blank, value)| format!("{name}:{blank}{value}"));
    let more = vec(prop_oneof![again, unknown], 0..3);
    let members = (all, more)
        .prop_map(|(all, more)| all.into_iter().flatten().chain(more).collect::<Vec<_>>())
        .prop_shuffle();
    (blank(), members, blank(), blank()).prop_map(|(before, members, inside, after)| {
        let inside = if members.is_empty() {
            inside
        } else {
            String::new()
        };
        format!("{before}{{{}{inside}}}{after}", members.join(","))
    })
}

/// One change of a payload's bytes.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    Repeat(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![
        any::<u8>(),
        select(b"\"\\{}[]:,0-.eEu \n\0\x7f\x80\xc3\xed\xa0\xf4".to_vec())
    ];
    prop_oneof![
        3 => (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        2 => (any::<Index>(), byte.clone()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        2 => (any::<Index>(), byte).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        2 => any::<Index>().prop_map(Damage::Remove),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ]
}

fn damaged(payload: String, all: &[Damage]) -> Vec<u8> {
    let mut payload = payload.into_bytes();
    for damage in all {
        let length = payload.len();
        if length == 0 {
            break;
        }
        match damage {
            Damage::Flip(at, bit) => payload[at.index(length)] ^= 1 << bit,
            Damage::Set(at, byte) => payload[at.index(length)] = *byte,
            Damage::Insert(at, byte) => payload.insert(at.index(length), *byte),
            Damage::Remove(at) => drop(payload.remove(at.index(length))),
            Damage::Cut(at) => payload.truncate(at.index(length)),
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let piece = payload[from.min(to)..from.max(to)].to_vec();
                payload.extend(piece);
            }
        }
    }
    payload
}

#[track_caller]
fn assert_same_as_oracle(payload: &[u8]) {
    if let Err(difference) = oracle::compare(payload) {
        panic!("{}", difference.chars().take(4000).collect::<String>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn events_decode_as_in_the_oracle(payload in payload()) {
        oracle::compare(payload.as_bytes()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn damaged_events_decode_as_in_the_oracle(payload in payload(), all in vec(damage(), 1..4)) {
        oracle::compare(&damaged(payload, &all)).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn noise_of_json_characters_decodes_as_in_the_oracle(noise in "[\\[\\]{}:, \"\\\\a0-9tfnul.eE+-]{0,24}") {
        oracle::compare(noise.as_bytes()).map_err(TestCaseError::fail)?;
        oracle::compare(format!("{{\"x\":{noise}}}").as_bytes()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn any_bytes_decode_as_in_the_oracle(payload: Vec<u8>) {
        oracle::compare(&payload).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn times_decode_as_in_the_oracle(time in time()) {
        let event = EVENT.replace("2026-03-01T12:00:00Z", &time);
        oracle::compare(event.as_bytes()).map_err(TestCaseError::fail)?;
    }
}

const EVENT: &str = r#"{"event_id":"550e8400-e29b-41d4-a716-446655440000","user_id":"u","event_type":"play","region":"eu","ts":"2026-03-01T12:00:00Z"}"#;

/// The event with one more member at the beginning, and at the end.
fn with_extra_member(member: &str) -> [String; 2] {
    let inside = &EVENT[1..EVENT.len() - 1];
    [
        format!("{{{member},{inside}}}"),
        format!("{{{inside},{member}}}"),
    ]
}

#[test]
fn generated_payloads_include_events_and_every_reason() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut outcomes = std::collections::HashMap::new();
    for _ in 0..2000 {
        let payload = payload().new_tree(&mut runner).unwrap().current();
        let outcome = musicstream_event::json::decode(payload.as_bytes())
            .map_or_else(|rejection| rejection.reason.as_str(), |_| "event");
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    assert!(outcomes["event"] > 300, "{outcomes:?}");
    for reason in [
        "malformed_json",
        "missing_field",
        "invalid_event_id",
        "invalid_user_id",
        "invalid_event_type",
        "invalid_region",
        "invalid_ts",
        "invalid_song_id",
        "invalid_device",
    ] {
        assert!(outcomes.contains_key(reason), "no {reason}: {outcomes:?}");
    }
}

#[test]
fn nested_values_decode_as_in_the_oracle() {
    let nests = [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("[{\"a\":[", "]}]"),
        ("[0, ", ",1]"),
    ];
    for (open, close) in nests {
        for depth in [1, 40, 41, 42, 43, 60, 124, 125, 126, 127, 128, 129, 5000] {
            for leaf in ["1", "\"\\ud800\"", "[]", ""] {
                let value = format!("{}{leaf}{}", open.repeat(depth), close.repeat(depth));
                for payload in with_extra_member(&format!("\"x\":{value}")) {
                    assert_same_as_oracle(payload.as_bytes());
                    assert_same_as_oracle(&payload.as_bytes()[..payload.len() / 2]);
                }
                for payload in with_extra_member(&format!("\"region\":{value}")) {
                    assert_same_as_oracle(payload.as_bytes());
                }
            }
        }
    }
    assert_same_as_oracle("[".repeat(1_000_000).as_bytes());
    assert_same_as_oracle(format!("{{\"x\":{}", "[".repeat(1_000_000)).as_bytes());
}

#[test]
fn large_messages_decode_as_in_the_oracle() {
    const LARGE: usize = 1 << 20;
    let members: Vec<String> = (0..LARGE / 16).map(|n| format!("\"f{n}\":{n}")).collect();
    for member in [
        format!("\"x\":\"{}\"", "a".repeat(16 * LARGE)),
        format!("\"x\":\"{}\"", "\\ud83c\\udfb5é\\n".repeat(LARGE / 8)),
        format!("\"x\":\"{}\\ud83c\"", "é".repeat(LARGE)),
        format!("\"x\":[{}0]", "1.5e300,".repeat(LARGE / 8)),
        format!("\"x\":{{{}}}", members.join(",")),
        members.join(","),
        format!("\"user_id\":{}", "9".repeat(LARGE)),
        format!("\"user_id\":\"{}\"", "\\u0061".repeat(128)),
        format!("\"user_id\":\"{}\"", "\\u0061".repeat(129)),
        format!("\"ts\":\"2026-03-01T12:00:00.{}Z\"", "9".repeat(LARGE)),
        format!("\"ts\":{}", "9".repeat(LARGE)),
        format!("\"device\":\"{}\"", " ".repeat(LARGE)),
        format!("{}\"x\":1{}", " \n".repeat(LARGE), "\t\r".repeat(LARGE)),
        format!("\"{}\":1", "k".repeat(LARGE)),
        vec!["\"region\":\"eu\""; LARGE / 16].join(","),
    ] {
        for payload in with_extra_member(&member) {
            assert_same_as_oracle(payload.as_bytes());
            assert_same_as_oracle(&payload.as_bytes()[..payload.len() - 1]);
        }
    }
}

#[test]
fn every_single_change_of_an_event_decodes_as_in_the_oracle() {
    let event = r#"{"event_id":"550e8400e29b41d4a716446655440000","user_id":-12,"event_type":"pl\u0061y","region":"é\ud83c\udfb5","ts":"2016-12-31T23:59:60.5+00:00","song_id":null,"x":[{"a":1.5e3},true]}"#;
    assert_same_as_oracle(event.as_bytes());
    for at in 0..event.len() {
        assert_same_as_oracle(&event.as_bytes()[..at]);
        let mut removed = event.as_bytes().to_vec();
        removed.remove(at);
        assert_same_as_oracle(&removed);
        for byte in 0..=255 {
            let mut changed = event.as_bytes().to_vec();
            changed[at] = byte;
            assert_same_as_oracle(&changed);
        }
        // One more byte, of each kind that means something to JSON: `{,"event_id": …` is no event.
        for byte in *b",:{}[]\"\\ \n0-.e+tfn\0\xff" {
            let mut longer = event.as_bytes().to_vec();
            longer.insert(at, byte);
            assert_same_as_oracle(&longer);
        }
    }
}

#[test]
fn times_at_every_limit_decode_as_in_the_oracle() {
    let dates = [
        "00-01", "01-00", "01-01", "01-31", "01-32", "02-28", "02-29", "02-30", "03-31", "04-30",
        "04-31", "06-31", "09-31", "11-31", "12-31", "13-01",
    ];
    let clocks = [
        "00:00:00", "23:59:59", "23:59:60", "22:59:60", "24:00:00", "23:60:00", "12:34:61",
    ];
    let zones = [
        "", "Z", "+00:01", "-00:01", "+23:59", "-23:59", "+24:00", "-00:00", "+05:60", "+00",
        "-08", "+0530", "-2359", "+24", "+0560", "+053", "+5",
    ];
    for year in ["0000", "0001", "1900", "2000", "2024", "2026", "9999"] {
        for date in dates {
            for clock in clocks {
                for fraction in ["", ".", ".1", ".1234569"] {
                    for zone in zones {
                        let time = format!("{year}-{date}T{clock}{fraction}{zone}");
                        assert_same_as_oracle(
                            EVENT.replace("2026-03-01T12:00:00Z", &time).as_bytes(),
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn surrogates_at_every_limit_decode_as_in_the_oracle() {
    let edges = [
        "\\u0000", "\\ud7ff", "\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\ue000", "\\uffff",
        "a", "\\n", "",
    ];
    for first in edges {
        for second in edges {
            for third in edges {
                for field in ["device", "x"] {
                    for payload in
                        with_extra_member(&format!("\"{field}\":\"{first}{second}{third}\""))
                    {
                        assert_same_as_oracle(payload.as_bytes());
                    }
                }
            }
        }
    }
}
