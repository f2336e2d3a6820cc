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
fn strings_without_escapes_are_borrowed() {
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
fn absent_null_and_wrongly_typed_fields_are_refused() {
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
fn the_last_of_repeated_fields_counts() {
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
fn escapes_are_decoded() {
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
fn payloads_other_than_one_object_are_refused() {
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
fn nesting_is_limited_as_in_serde_json() {
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
