use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

fn full() -> Value {
    json!({
        "event_id": ID, "user_id": "u-1", "event_type": "play", "region": "eu-west",
        "ts": "2026-03-01T12:00:00Z", "song_id": "s-1", "device": "mobile"
    })
}

fn with(name: &str, value: Value) -> String {
    let mut event = full();
    event[name] = value;
    event.to_string()
}

#[track_caller]
fn reason_of(payload: &str) -> Reason {
    decode(payload.as_bytes()).expect_err(payload).reason
}

#[test]
fn decodes_and_borrows() {
    let payload = full().to_string();
    let event = decode(payload.as_bytes()).unwrap();
    assert_eq!(event.event_id, field::event_id(ID).unwrap());
    assert_eq!(event.ts, field::ts("2026-03-01T12:00:00Z").unwrap());
    assert!(matches!(event.user_id, Cow::Borrowed("u-1")));
    assert!(matches!(event.song_id, Some(Cow::Borrowed("s-1"))));
    assert!(matches!(event.device, Some(Cow::Borrowed("mobile"))));
}

#[test]
fn integers_keep_their_digits() {
    for digits in [
        "0",
        "-0",
        "7",
        "-12",
        "18446744073709551616",
        "123456789012345678901234567890",
    ] {
        let payload = full().to_string().replace("\"u-1\"", digits);
        assert_eq!(decode(payload.as_bytes()).unwrap().user_id, digits);
    }
    for number in ["1.0", "1e3", "1E+2"] {
        let payload = full().to_string().replace("\"u-1\"", number);
        assert_eq!(reason_of(&payload), Reason::InvalidUserId);
    }
    let song = with("song_id", json!(42));
    assert_eq!(
        decode(song.as_bytes()).unwrap().song_id.as_deref(),
        Some("42")
    );
    assert_eq!(
        decode(with("ts", json!(1_500)).as_bytes()).unwrap().ts,
        1_500_000
    );
}

#[test]
fn absent_null_and_wrong_kinds() {
    for name in ["event_id", "user_id", "event_type", "region", "ts"] {
        let mut event = full();
        event.as_object_mut().unwrap().remove(name);
        let missing = decode(event.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            (missing.reason, &*missing.detail),
            (Reason::MissingField, &*format!("{name} is missing"))
        );
        let null = decode(with(name, Value::Null).as_bytes()).unwrap_err();
        assert_eq!(
            (null.reason, &*null.detail),
            (Reason::MissingField, &*format!("{name} is null"))
        );
    }
    assert_eq!(
        decode(with("device", Value::Null).as_bytes())
            .unwrap()
            .device,
        None
    );
    for wrong in [json!(true), json!([]), json!({"a": [1]}), json!(1.5)] {
        assert_eq!(
            reason_of(&with("event_id", wrong.clone())),
            Reason::InvalidEventId
        );
        assert_eq!(
            reason_of(&with("user_id", wrong.clone())),
            Reason::InvalidUserId
        );
        assert_eq!(
            reason_of(&with("event_type", wrong.clone())),
            Reason::InvalidEventType
        );
        assert_eq!(
            reason_of(&with("region", wrong.clone())),
            Reason::InvalidRegion
        );
        assert_eq!(reason_of(&with("ts", wrong.clone())), Reason::InvalidTs);
        assert_eq!(
            reason_of(&with("song_id", wrong.clone())),
            Reason::InvalidSongId
        );
        assert_eq!(reason_of(&with("device", wrong)), Reason::InvalidDevice);
    }
    assert_eq!(reason_of(&with("region", json!(1))), Reason::InvalidRegion);
    assert_eq!(
        reason_of(&with("event_id", json!(1))),
        Reason::InvalidEventId
    );
    assert_eq!(reason_of(&with("ts", json!(i64::MAX))), Reason::InvalidTs);
}

#[test]
fn last_of_two_counts() {
    let payload = full()
        .to_string()
        .replacen('{', "{\"region\":\"first\",", 1);
    assert_eq!(decode(payload.as_bytes()).unwrap().region, "eu-west");
    let payload = full()
        .to_string()
        .replacen('{', "{\"device\":[[1]],\"region\":null,", 1);
    assert!(decode(payload.as_bytes()).is_ok());
    let body = full().to_string();
    let payload = format!("{},\"device\":null}}", &body[..body.len() - 1]);
    assert_eq!(decode(payload.as_bytes()).unwrap().device, None);
}

#[test]
fn escapes() {
    let payload = full()
        .to_string()
        .replace("eu-west", r"\u0065\u0075\/\uD83C\uDFB5é")
        .replace("\"region\"", r#""\u0072egion""#);
    assert_eq!(decode(payload.as_bytes()).unwrap().region, "eu/🎵é");
    for bad in [
        r"\uD83C",
        r"\uDFB5",
        r"\uD83C\u0041",
        r"\x",
        r"\u12",
        r"\u12G4",
        "\u{1}",
        r"\uD83Cx",
    ] {
        let payload = full().to_string().replace("eu-west", bad);
        assert_eq!(reason_of(&payload), Reason::MalformedJson, "{bad}");
    }
    assert_eq!(
        reason_of(&full().to_string().replace("eu-west", r"\u0000")),
        Reason::InvalidRegion
    );
    assert_eq!(
        reason_of(&full().to_string().replace("eu-west", r"a\nb")),
        Reason::InvalidRegion
    );
}

#[test]
fn not_one_object() {
    for payload in [
        "",
        " ",
        "null",
        "1",
        "\"x\"",
        "[]",
        "[{}]",
        "{",
        "{}{}",
        "{} x",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":nul}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":{\"b\":1,}}",
        "{\"a\":[}",
        "{\"a\":{]}",
        "\u{feff}{}",
        "{\"a\":'x'}",
        "{\"a\":1}/*c*/",
    ] {
        assert_eq!(reason_of(payload), Reason::MalformedJson, "{payload}");
        assert!(
            serde_json::from_str::<serde_json::Map<String, Value>>(payload).is_err(),
            "{payload}"
        );
    }
    assert_eq!(reason_of("{}"), Reason::MissingField);
    assert_eq!(reason_of(" \t\r\n{ } "), Reason::MissingField);
    assert_eq!(
        decode(b"{\"a\":\"\xff\"}").unwrap_err().reason,
        Reason::NotUtf8
    );
}

#[test]
fn depth_is_that_of_serde_json() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [1, 125, 126, 127, 128, 5000, 100_000] {
            let inner = if open == "[" { "" } else { "1" };
            let payload = format!(
                "{{\"x\":{}{}{}}}",
                open.repeat(depth),
                inner,
                close.repeat(depth)
            );
            let oracle = serde_json::from_str::<Value>(&payload).is_ok();
            let expected = if oracle {
                Reason::MissingField
            } else {
                Reason::MalformedJson
            };
            assert_eq!(
                decode(payload.as_bytes()).unwrap_err().reason,
                expected,
                "{depth} of {open}"
            );
        }
    }
}

#[test]
fn details_show_no_payload() {
    for payload in [
        "{\"secret\"}",
        "{\"event_id\":\"secret\"}",
        "secret",
        "{\"a\":\"\\secret\"}",
    ] {
        assert!(
            !decode(payload.as_bytes())
                .unwrap_err()
                .detail
                .contains("secret")
        );
    }
}

/// What the rules say of a payload, by way of `serde_json`.
fn oracle(payload: &[u8]) -> Result<(), Option<Reason>> {
    let text = std::str::from_utf8(payload).map_err(|_| Some(Reason::NotUtf8))?;
    let Ok(Value::Object(map)) = serde_json::from_str::<Value>(text) else {
        return Err(Some(Reason::MalformedJson));
    };
    let complete = ["event_id", "user_id", "event_type", "region", "ts"]
        .iter()
        .all(|name| map.get(*name).is_some_and(|value| !value.is_null()));
    // Which of several bad fields is named first is left to the decoder.
    if complete { Ok(()) } else { Err(None) }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[a-z0-9-]{1,20}".prop_map(Value::from),
        Just(Value::from(ID)),
        Just(Value::from("2026-03-01T12:00:00+01:00")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn any_event() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        4 => prop::sample::select(vec!["event_id", "user_id", "event_type", "region", "ts", "song_id", "device"]).prop_map(str::to_owned),
        1 => ".{0,8}",
    ];
    (
        any::<bool>(),
        prop::collection::vec((key, any_value()), 0..9),
    )
        .prop_map(|(based, changes)| {
            let mut event = if based { full() } else { json!({}) };
            for (name, value) in changes {
                event[name] = value;
            }
            event
        })
}

fn agree(payload: &[u8]) -> Result<(), TestCaseError> {
    let ours = decode(payload);
    match oracle(payload) {
        Err(Some(reason)) => {
            prop_assert_eq!(ours.map_err(|rejection| rejection.reason), Err(reason))
        }
        Err(None) => {
            let reason = ours.expect_err("a required field is missing").reason;
            prop_assert!(!matches!(reason, Reason::MalformedJson | Reason::NotUtf8));
        }
        Ok(()) => {
            let reason = ours.err().map(|rejection| rejection.reason);
            prop_assert!(!matches!(
                reason,
                Some(Reason::MalformedJson | Reason::NotUtf8 | Reason::MissingField)
            ));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn agrees_with_serde_json(event in any_event(), pretty: bool) {
        let payload = if pretty { serde_json::to_string_pretty(&event).unwrap() } else { event.to_string() };
        agree(payload.as_bytes())?;
        if let Ok(decoded) = decode(payload.as_bytes()) {
            let text = |name: &str| match &event[name] {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            prop_assert_eq!(Some(decoded.user_id.into_owned()), text("user_id"));
            prop_assert_eq!(Some(decoded.event_type.into_owned()), text("event_type"));
            prop_assert_eq!(Some(decoded.region.into_owned()), text("region"));
            prop_assert_eq!(decoded.song_id.map(Cow::into_owned), text("song_id"));
            prop_assert_eq!(decoded.device.map(Cow::into_owned), text("device"));
        }
    }

    #[test]
    fn agrees_on_damaged_text(event in any_event(), at: prop::sample::Index, byte: u8, cut: bool) {
        let mut payload = event.to_string().into_bytes();
        let at = at.index(payload.len());
        if cut { payload.truncate(at) } else { payload[at] = byte }
        // Numbers beyond a double are refused by serde_json; here they are only refused as a field.
        prop_assume!(!payload.windows(2).any(|pair| matches!(pair[0], b'e' | b'E') && pair[1].is_ascii_digit()));
        agree(&payload)?;
    }

    #[test]
    fn agrees_on_json_like_noise(payload in "[\\[\\]{}:, \"\\\\a0-9tfnul.eE+-]{0,24}") {
        prop_assume!(!payload.contains(['e', 'E']));
        agree(payload.as_bytes())?;
        agree(format!("{{\"x\":{payload}}}").as_bytes())?;
    }

    #[test]
    fn never_panics(payload: Vec<u8>) {
        let _ = decode(&payload);
    }
}
