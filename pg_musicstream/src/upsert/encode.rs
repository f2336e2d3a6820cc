//! Encodes events in the format of COPY BINARY: header, rows, trailer.

use super::events::{Events, Fields, Index};

/// The columns of a row, in the order in which they are encoded.
pub(crate) const COLUMNS: [&std::ffi::CStr; 7] = [
    c"event_id",
    c"user_id",
    c"event_type",
    c"region",
    c"ts",
    c"song_id",
    c"device",
];

/// Signature, flags and length of the header extension; the last two are zero.
const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The trailer: -1 instead of a number of columns.
const END: [u8; 2] = (-1_i16).to_be_bytes();
/// A null: -1 instead of a length.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// Size of a chunk in bytes, about as much as Postgres reads at a time.
const CHUNK: usize = 1 << 16;

/// Encodes events chunk by chunk, so that the encoded batch is never in memory as a whole.
pub(crate) struct Encoder<'a> {
    events: &'a Events,
    rows: std::slice::Iter<'a, Index>,
    chunk: Vec<u8>,
    /// Number of bytes of the chunk that were read.
    read: usize,
    has_ended: bool,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(events: &'a Events, rows: &'a [Index]) -> Encoder<'a> {
        let mut chunk = Vec::with_capacity(CHUNK + 1024);
        chunk.extend_from_slice(&HEADER);
        Encoder {
            events,
            rows: rows.iter(),
            chunk,
            read: 0,
            has_ended: false,
        }
    }

    /// Copies bytes to the buffer and returns their number; 0 at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        if self.read == self.chunk.len() {
            self.fill();
        }
        let length = buffer.len().min(self.chunk.len() - self.read);
        buffer[..length].copy_from_slice(&self.chunk[self.read..self.read + length]);
        self.read += length;
        length
    }

    fn fill(&mut self) {
        self.chunk.clear();
        self.read = 0;
        while self.chunk.len() < CHUNK {
            let Some(&index) = self.rows.next() else {
                if !self.has_ended {
                    self.chunk.extend_from_slice(&END);
                    self.has_ended = true;
                }
                return;
            };
            put_row(&mut self.chunk, &self.events.fields(index));
        }
    }
}

fn put_row(chunk: &mut Vec<u8>, fields: &Fields<'_>) {
    chunk.extend_from_slice(&(COLUMNS.len() as i16).to_be_bytes());
    put(chunk, &fields.id);
    put(chunk, fields.user_id);
    put(chunk, fields.event_type);
    put(chunk, fields.region);
    put(chunk, &fields.ts.to_be_bytes());
    put_unless_empty(chunk, fields.song_id);
    put_unless_empty(chunk, fields.device);
}

fn put(chunk: &mut Vec<u8>, value: &[u8]) {
    chunk.extend_from_slice(&(value.len() as i32).to_be_bytes());
    chunk.extend_from_slice(value);
}

fn put_unless_empty(chunk: &mut Vec<u8>, value: &[u8]) {
    if value.is_empty() {
        chunk.extend_from_slice(&NULL);
    } else {
        put(chunk, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::{Origin, Place};
    use super::*;

    fn events(count: u16) -> Events {
        let mut events = Events::default();
        for offset in 0..count {
            let fields = Fields {
                id: [offset as u8; 16],
                ts: 258,
                user_id: b"u1",
                event_type: b"play",
                region: b"eu",
                song_id: b"",
                device: b"d",
            };
            let place = Place { block: 0, offset };
            let origin = Origin {
                partition: 0,
                position: 0,
                place,
            };
            events.push(&fields, origin);
        }
        events
    }

    fn all(events: &Events, rows: &[Index], buffer: usize) -> Vec<u8> {
        let mut encoder = Encoder::new(events, rows);
        let mut buffer = vec![0; buffer];
        let mut bytes = Vec::new();
        loop {
            let length = encoder.read(&mut buffer);
            if length == 0 {
                return bytes;
            }
            bytes.extend_from_slice(&buffer[..length]);
        }
    }

    fn row(id: u8) -> Vec<u8> {
        let mut row = b"\x00\x07\x00\x00\x00\x10".to_vec();
        row.extend([id; 16]);
        row.extend(b"\x00\x00\x00\x02u1\x00\x00\x00\x04play\x00\x00\x00\x02eu");
        row.extend(
            b"\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x01\x02\xff\xff\xff\xff\x00\x00\x00\x01d",
        );
        row
    }

    #[test]
    fn rows_are_between_header_and_trailer() {
        let header = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
        let end = b"\xff\xff";
        let expected = [header.to_vec(), row(1), row(0), end.to_vec()].concat();
        assert_eq!(all(&events(3), &[1, 0], 1000), expected);
        assert_eq!(all(&events(0), &[], 1000), [&header[..], &end[..]].concat());
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_size_of_the_buffer() {
        let events = events(3000);
        let rows: Vec<Index> = (0..3000).collect();
        let expected = all(&events, &rows, 1 << 16);
        assert!(expected.len() > 2 * CHUNK);
        for buffer in [1, 7, 4096, 1 << 20] {
            assert!(all(&events, &rows, buffer) == expected, "{buffer}");
        }
    }
}
