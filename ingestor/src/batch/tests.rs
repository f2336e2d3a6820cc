use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

/// A row decoded from the binary format.
#[derive(Debug, PartialEq)]
struct Tuple(Vec<Option<Vec<u8>>>);

fn read_back(batch: &Batch, piece_bytes: usize) -> Vec<Tuple> {
    let bytes: Vec<u8> = batch
        .copy_data(0..batch.row_count(), piece_bytes)
        .flatten()
        .collect();
    let mut rest = bytes
        .strip_prefix(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0")
        .unwrap();
    let mut tuples = Vec::new();
    loop {
        let (count, after) = rest.split_first_chunk::<2>().unwrap();
        rest = after;
        let count = i16::from_be_bytes(*count);
        if count == -1 {
            assert!(rest.is_empty());
            return tuples;
        }
        let mut fields = Vec::new();
        for _ in 0..count {
            let (length, after) = rest.split_first_chunk::<4>().unwrap();
            rest = after;
            let length = i32::from_be_bytes(*length);
            fields.push(usize::try_from(length).ok().map(|length| {
                let (value, after) = rest.split_at(length);
                rest = after;
                value.to_vec()
            }));
        }
        tuples.push(Tuple(fields));
    }
}

pub(crate) fn event(id: u128) -> Event<'static> {
    Event {
        event_id: id.to_be_bytes(),
        user_id: Cow::Borrowed("u"),
        event_type: Cow::Borrowed("play"),
        region: Cow::Borrowed("eu"),
        ts: POSTGRES_EPOCH + 5,
        song_id: None,
        device: Some(Cow::Borrowed("")),
    }
}

const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

fn origin(position: i64) -> Origin<'static> {
    Origin {
        partition: 3,
        position,
        key: None,
        payload: Some(b"{}"),
    }
}

fn some(value: &[u8]) -> Option<Vec<u8>> {
    Some(value.to_vec())
}

fn batch() -> Batch {
    let mut batch = Batch::default();
    batch.begin("kafka:x/y".into(), 1);
    batch
}

#[test]
fn columns_of_an_event() {
    let mut batch = batch();
    batch.push(origin(7), &Ok(event(9)));
    let tuples = read_back(&batch, 1024);
    assert_eq!(
        tuples,
        [Tuple(vec![
            some(&3i32.to_be_bytes()),
            some(&7i64.to_be_bytes()),
            some(&9u128.to_be_bytes()),
            some(b"u"),
            some(b"play"),
            some(b"eu"),
            some(&5i64.to_be_bytes()),
            None,
            some(b""),
            None,
            None,
            None,
            None,
        ])],
        "the bytes of an event are not sent"
    );
}

#[test]
fn sorted_by_id_then_arrival_and_rejects_last() {
    let mut batch = batch();
    batch.push(origin(0), &Err(Rejection::new(Reason::NotUtf8, "x")));
    batch.push(origin(1), &Ok(event(5)));
    batch.push(origin(2), &Ok(event(2)));
    batch.push(origin(3), &Ok(event(5)));
    batch.sort();
    let positions: Vec<_> = read_back(&batch, 16)
        .into_iter()
        .map(|tuple| tuple.0[1].clone())
        .collect();
    assert_eq!(
        positions,
        [2i64, 1, 3, 0].map(|position| some(&position.to_be_bytes()))
    );
}

#[test]
fn a_refused_row_keeps_its_origin_and_bytes() {
    let mut batch = batch();
    batch.push(origin(1), &Ok(event(5)));
    batch.push(origin(2), &Ok(event(2)));
    batch.sort();
    batch.refuse(1, "SQLSTATE 22P05");
    let mut fields = vec![some(&3i32.to_be_bytes()), some(&1i64.to_be_bytes())];
    fields.extend([const { None }; 7]);
    fields.extend([
        some(b"refused_by_database"),
        some(b"SQLSTATE 22P05"),
        None,
        some(b"{}"),
    ]);
    let tuples = read_back(&batch, 1024);
    assert_eq!(tuples[1], Tuple(fields));
    assert_eq!(tuples[0].0[1], some(&2i64.to_be_bytes()));
}

#[test]
fn days_are_those_of_its_events() {
    let mut batch = batch();
    for ts in [-1, 0, DAY_MICROS - 1, DAY_MICROS, 5, -DAY_MICROS] {
        batch.push(origin(0), &Ok(Event { ts, ..event(1) }));
    }
    batch.push(origin(1), &Err(Rejection::new(Reason::NotUtf8, "x")));
    assert_eq!(batch.days().iter().copied().collect::<Vec<_>>(), [-1, 0, 1]);
    batch.begin("kafka:x/y".into(), 2);
    assert!(batch.days().is_empty());
}

#[test]
fn spans_grow_and_keep_their_start() {
    let mut batch = batch();
    batch.cover(0, Some(5), 6, 1, Some(3));
    batch.cover(1, None, 1, 2, None);
    batch.cover(0, Some(99), 9, 1, Some(4));
    // The leader epoch of an earlier record is not that of the last one.
    batch.cover(2, None, 5, 1, Some(3));
    batch.cover(2, None, 7, 1, None);
    let span = |partition, from, to, epoch, leader_epoch| Span {
        partition,
        from,
        to,
        epoch,
        source_identity: None,
        leader_epoch,
    };
    let expected = [
        span(0, Some(5), 9, 1, Some(4)),
        span(1, None, 1, 2, None),
        span(2, None, 7, 1, None),
    ];
    assert_eq!(batch.spans(), expected);
    batch.begin("kafka:x/y".into(), 2);
    assert!(batch.is_empty());
}

#[test]
fn a_span_never_becomes_shorter() {
    let mut batch = batch();
    batch.cover(0, None, 9, 1, Some(4));
    batch.cover(0, None, 8, 1, Some(5));
    assert_eq!(
        (batch.spans()[0].to, batch.spans()[0].leader_epoch),
        (9, Some(4))
    );
    batch.cover(0, None, 9, 1, Some(6));
    assert_eq!(batch.spans()[0].leader_epoch, Some(6));
}

#[test]
fn a_batch_has_its_source_and_generation() {
    let mut batch = batch();
    assert_eq!((batch.source(), batch.generation()), ("kafka:x/y", 1));
    batch.begin("kafka:x/z".into(), 8);
    assert_eq!((batch.source(), batch.generation()), ("kafka:x/z", 8));
    batch.cover(0, None, 9, 1, None);
    batch.cover(1, None, 9, 1, None);
    assert!(!batch.is_empty(), "the partitions advance without records");
    batch.set_source_identity(b"id");
    let identities = batch.spans().iter().map(|span| &span.source_identity);
    assert!(identities.eq([&some(b"id"), &some(b"id")]));
}

#[test]
fn rejects_are_counted_by_reason() {
    let mut batch = batch();
    assert_eq!((batch.reject_count(), batch.byte_count()), (0, 0));
    for reason in [Reason::NotUtf8, Reason::NotUtf8, Reason::TooLarge] {
        batch.push(origin(0), &Err(Rejection::new(reason, "x")));
    }
    batch.push(origin(1), &Ok(event(5)));
    let bytes = batch.byte_count();
    batch.refuse(3, "SQLSTATE 22P05");
    assert_eq!(batch.reject_count(), 4);
    assert!(batch.byte_count() > bytes && bytes > 40);
    let rejects = [
        ("not_utf8", 2),
        ("refused_by_database", 1),
        ("too_large", 1),
    ];
    assert!(
        batch
            .rejects()
            .iter()
            .map(|(reason, &count)| (reason.as_str(), count))
            .eq(rejects)
    );
}

#[test]
fn bytes_that_were_not_sent_can_be_asked_for() {
    let mut batch = batch();
    let keyed = Origin {
        key: Some(b"k"),
        ..origin(4)
    };
    batch.push(keyed, &Ok(event(5)));
    batch.push(origin(9), &Ok(event(2)));
    batch.push(origin(7), &Err(Rejection::new(Reason::NotUtf8, "x")));
    batch.sort();
    assert_eq!(batch.reject_count(), 1);
    assert_eq!(
        batch.position_spans().into_iter().collect::<Vec<_>>(),
        [(3, (4, 9))]
    );
    let found = batch.origins_of(&[(3, 4), (3, 7), (3, 8)].into(), false);
    let [found] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((found.partition, found.position), (3, 4));
    assert_eq!(
        (found.key, found.payload),
        (Some(&b"k"[..]), Some(&b"{}"[..]))
    );
}

proptest! {
    #[test]
    fn pieces_do_not_change_the_data(ids in prop::collection::vec(any::<u128>(), 0..40), piece_bytes in 1usize..400) {
        let mut batch = batch();
        for (position, id) in ids.iter().enumerate() {
            batch.push(origin(position as i64), &Ok(event(*id)));
        }
        batch.sort();
        let tuples = read_back(&batch, piece_bytes);
        prop_assert_eq!(&tuples, &read_back(&batch, 1 << 20));
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        let sent: Vec<_> = tuples.into_iter().map(|tuple| tuple.0[2].clone()).collect();
        prop_assert_eq!(sent, sorted.into_iter().map(|id| some(&id.to_be_bytes())).collect::<Vec<_>>());
    }
}
