//! The format of `COPY … (format binary)`.

/// The bytes before the first row.
pub(crate) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The bytes after the last row.
pub(crate) const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// 2000-01-01, the epoch of Postgres, in microseconds since 1970-01-01.
pub(crate) const EPOCH_US: i64 = 946_684_800_000_000;

/// Appends a row; `put` appends its values.
pub(crate) fn push_row(bytes: &mut Vec<u8>, put: impl FnOnce(&mut Row<'_>)) {
    let start = bytes.len();
    bytes.extend([0; 2]);
    let mut row = Row { bytes, columns: 0 };
    put(&mut row);
    let columns = row.columns;
    bytes[start..start + 2].copy_from_slice(&columns.to_be_bytes());
}

/// A row. Its number of columns is written once it is complete.
pub(crate) struct Row<'a> {
    bytes: &'a mut Vec<u8>,
    columns: i16,
}

impl Row<'_> {
    pub(crate) fn put(&mut self, value: &[u8]) {
        self.bytes.extend((value.len() as i32).to_be_bytes());
        self.bytes.extend(value);
        self.columns += 1;
    }

    pub(crate) fn put_optional(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => self.put(value),
            None => {
                self.bytes.extend((-1_i32).to_be_bytes());
                self.columns += 1;
            }
        }
    }
}
