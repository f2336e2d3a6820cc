//! Rows in the binary format of `COPY`, written directly into one buffer.

use bytes::{BufMut, Bytes, BytesMut};
use musicstream_event::{Event, Reason};

use super::{Origin, Row};

/// The statement whose data this module encodes. Key and payload are the last columns, see [`Row::tail`].
pub(crate) const COPY_STATEMENT: &str = include_str!("../sql/copy.sql");

const COLUMNS: i16 = 13;
/// Column count, partition and position, each with its length.
const HEAD_BYTES: usize = 2 + 8 + 12;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
/// Key and payload are null.
const NO_TAIL: [u8; 8] = [0xff; 8];
/// 2000-01-01, the epoch of Postgres, in microseconds since 1970-01-01.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// Appends an event; returns where key and payload begin.
pub(super) fn event(out: &mut Vec<u8>, origin: Origin<'_>, event: &Event<'_>) -> usize {
    head(out, origin);
    some(out, &event.event_id);
    some(out, event.user_id.as_bytes());
    some(out, event.event_type.as_bytes());
    some(out, event.region.as_bytes());
    some(out, &(event.ts - POSTGRES_EPOCH).to_be_bytes());
    optional(out, event.song_id.as_deref().map(str::as_bytes));
    optional(out, event.device.as_deref().map(str::as_bytes));
    null(out);
    null(out);
    tail(out, origin)
}

/// Appends a reject; returns where key and payload begin.
pub(super) fn reject(out: &mut Vec<u8>, origin: Origin<'_>, reason: Reason, detail: &str) -> usize {
    head(out, origin);
    reason_and_detail(out, reason, detail);
    tail(out, origin)
}

/// The part of an encoded row with its origin.
pub(super) fn head_of(row: &[u8]) -> &[u8] {
    &row[..HEAD_BYTES]
}

/// Appends a reject made of the parts of another row; returns where key and payload begin.
pub(super) fn rewrite(
    out: &mut Vec<u8>,
    head: &[u8],
    reason: Reason,
    detail: &str,
    tail: &[u8],
) -> usize {
    out.extend_from_slice(head);
    reason_and_detail(out, reason, detail);
    let start = out.len();
    out.extend_from_slice(tail);
    start
}

/// Decodes the origin of a row.
pub(super) fn origin<'a>(head: &[u8], tail: &'a [u8]) -> Origin<'a> {
    let mut partition = [0; 4];
    partition.copy_from_slice(&head[6..10]);
    let mut position = [0; 8];
    position.copy_from_slice(&head[14..22]);
    let (key, rest) = split(tail);
    let (payload, _) = split(rest);
    Origin {
        partition: i32::from_be_bytes(partition),
        position: i64::from_be_bytes(position),
        key,
        payload,
    }
}

/// Splits off the first of the remaining columns of a row.
fn split(columns: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let (length, rest) = columns.split_at(4);
    let mut bytes = [0; 4];
    bytes.copy_from_slice(length);
    match usize::try_from(i32::from_be_bytes(bytes)) {
        Ok(length) => (Some(&rest[..length]), &rest[length..]),
        Err(_) => (None, rest),
    }
}

fn head(out: &mut Vec<u8>, origin: Origin<'_>) {
    out.put_i16(COLUMNS);
    some(out, &origin.partition.to_be_bytes());
    some(out, &origin.position.to_be_bytes());
}

fn reason_and_detail(out: &mut Vec<u8>, reason: Reason, detail: &str) {
    for _event_column in 0..7 {
        null(out);
    }
    some(out, reason.as_str().as_bytes());
    some(out, detail.as_bytes());
}

fn tail(out: &mut Vec<u8>, origin: Origin<'_>) -> usize {
    let start = out.len();
    optional(out, origin.key);
    optional(out, origin.payload);
    start
}

fn some(out: &mut Vec<u8>, value: &[u8]) {
    // No overflow: Kafka and the file reader limit a record to far less than 2 GB.
    out.put_i32(value.len() as i32);
    out.extend_from_slice(value);
}

fn optional(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => some(out, value),
        None => null(out),
    }
}

fn null(out: &mut Vec<u8>) {
    out.put_i32(-1);
}

/// Collects rows into pieces of a size that is efficient to send.
pub(super) struct Pieces<'a> {
    data: &'a [u8],
    rows: &'a [Row],
    piece_bytes: usize,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Signature,
    Rows,
    Done,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(data: &'a [u8], rows: &'a [Row], piece_bytes: usize) -> Pieces<'a> {
        Pieces {
            data,
            rows,
            piece_bytes,
            state: State::Signature,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.state == State::Done {
            return None;
        }
        let mut piece = BytesMut::with_capacity(self.piece_bytes + self.piece_bytes / 8);
        if self.state == State::Signature {
            piece.extend_from_slice(SIGNATURE);
            self.state = State::Rows;
        }
        while let Some((row, rest)) = self.rows.split_first() {
            if piece.len() >= self.piece_bytes {
                return Some(piece.freeze());
            }
            if row.sends_tail {
                piece.extend_from_slice(&self.data[row.start..row.end]);
            } else {
                piece.extend_from_slice(&self.data[row.start..row.tail]);
                piece.extend_from_slice(&NO_TAIL);
            }
            self.rows = rest;
        }
        piece.put_i16(TRAILER);
        self.state = State::Done;
        Some(piece.freeze())
    }
}
