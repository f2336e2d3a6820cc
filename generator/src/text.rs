//! Renders identifiers, numbers and times without an allocation: they are most of the cost of a record.

use crate::schedule::{MICROS_PER_DAY, MICROS_PER_SECOND};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// 8-4-4-4-12 hexadecimal digits.
pub(crate) fn push_uuid(out: &mut Vec<u8>, uuid: u128) {
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (index, byte) in uuid.to_be_bytes().into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    out.extend_from_slice(&text);
}

pub(crate) fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Renders times. Neighbouring records are mostly of one day, so its date is cached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timestamps {
    day: i64,
    date: Vec<u8>,
}

impl Timestamps {
    /// RFC 3339 in UTC with microseconds.
    pub(crate) fn push(&mut self, out: &mut Vec<u8>, ts: i64) {
        let day = ts.div_euclid(MICROS_PER_DAY);
        if day != self.day || self.date.is_empty() {
            self.day = day;
            self.date.clear();
            push_date(&mut self.date, day);
            self.date.push(b'T');
        }
        out.extend_from_slice(&self.date);
        let micros = ts.rem_euclid(MICROS_PER_DAY);
        let (seconds, fraction) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
        let mut text = *b"00:00:00.000000Z";
        put_digits(&mut text[0..2], seconds / 3_600);
        put_digits(&mut text[3..5], seconds / 60 % 60);
        put_digits(&mut text[6..8], seconds % 60);
        put_digits(&mut text[9..15], fraction);
        out.extend_from_slice(&text);
    }
}

/// Appends a day, counted from 1970-01-01, as `YYYY-MM-DD`.
pub(crate) fn push_date(out: &mut Vec<u8>, day: i64) {
    let (year, month, of_month) = civil(day);
    push_padded(out, year.unsigned_abs(), 4);
    out.push(b'-');
    push_padded(out, month, 2);
    out.push(b'-');
    push_padded(out, of_month, 2);
}

fn push_padded(out: &mut Vec<u8>, number: u64, width: usize) {
    let from = out.len();
    out.resize(from + width, b'0');
    put_digits(&mut out[from..], number as i64);
}

fn put_digits(digits: &mut [u8], mut number: i64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of month of a day counted from 1970-01-01, in eras of 400 years that begin in March.
fn civil(day: i64) -> (i64, u64, u64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u64, of_month as u64)
}
