//! The counts of the minutes of one hour, packed into a few bytes.
//!
//! Layout: one byte with the first minute that has a count; one byte with two widths; the events of each minute from the first to
//! the last one with a count; the late events of the same minutes. A number is signed and little-endian and takes as many bytes as
//! its width. Both widths are the smallest that hold all numbers (the second is 0 without late events), and the first and the last
//! minute have counts, so equal counts have equal bytes. An hour without counts is empty.
//! The position of a minute follows from the header, so a single minute can be read without decoding the others.

/// Number of minutes in an hour.
const MINUTES: usize = 60;

/// Length of the header in bytes: the first minute and the widths.
const HEADER: usize = 2;

/// Counts of one minute. Deltas that subtract events are negative.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) events: i64,
    pub(crate) late_events: i64,
}

impl Count {
    const NONE: Count = Count {
        events: 0,
        late_events: 0,
    };

    pub(crate) fn add(&mut self, other: Count) {
        self.events = self.events.saturating_add(other.events);
        self.late_events = self.late_events.saturating_add(other.late_events);
    }
}

/// The counts of each minute of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hour([Count; MINUTES]);

impl Default for Hour {
    fn default() -> Hour {
        Hour([Count::NONE; MINUTES])
    }
}

impl Hour {
    /// Adds to the counts of a minute of the hour.
    ///
    /// # Panics
    /// `minute` is 60 or more.
    pub(crate) fn add(&mut self, minute: usize, count: Count) {
        self.0[minute].add(count);
    }

    /// Adds packed counts; `None` if the bytes are malformed.
    pub(crate) fn add_packed(&mut self, bytes: &[u8]) -> Option<()> {
        let Some(packed) = Packed::read(bytes)? else {
            return Some(());
        };
        for (at, minute) in (packed.first..).take(packed.minutes).zip(0..) {
            self.0[at].add(packed.count(minute));
        }
        Some(())
    }

    /// The minutes that have counts, in ascending order.
    pub(crate) fn minutes(&self) -> impl Iterator<Item = (usize, Count)> + '_ {
        self.0
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, count)| *count != Count::NONE)
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let is_counted = |count: &Count| *count != Count::NONE;
        let (Some(first), Some(last)) = (
            self.0.iter().position(is_counted),
            self.0.iter().rposition(is_counted),
        ) else {
            return Vec::new();
        };
        let counts = &self.0[first..=last];
        let events = counts.iter().map(|count| count.events);
        let late_events = counts.iter().map(|count| count.late_events);
        let width = events.clone().map(width).max().unwrap_or_default().max(1);
        let late_width = late_events
            .clone()
            .map(self::width)
            .max()
            .unwrap_or_default();
        let mut bytes = Vec::with_capacity(HEADER + counts.len() * (width + late_width));
        bytes.push(first as u8);
        bytes.push(width as u8 | (late_width as u8) << 4);
        for number in events {
            bytes.extend_from_slice(&number.to_le_bytes()[..width]);
        }
        for number in late_events {
            bytes.extend_from_slice(&number.to_le_bytes()[..late_width]);
        }
        bytes
    }
}

/// The counts of one minute in packed counts; `None` if the bytes are malformed.
pub(crate) fn count_at(bytes: &[u8], minute: usize) -> Option<Count> {
    let Some(packed) = Packed::read(bytes)? else {
        return Some(Count::NONE);
    };
    Some(match minute.checked_sub(packed.first) {
        Some(minute) if minute < packed.minutes => packed.count(minute),
        _ => Count::NONE,
    })
}

/// Packed counts whose length and header are valid.
struct Packed<'a> {
    first: usize,
    minutes: usize,
    events: Numbers<'a>,
    late_events: Numbers<'a>,
}

impl<'a> Packed<'a> {
    /// `Some(None)` for an hour without counts; `None` if the bytes are malformed.
    fn read(bytes: &'a [u8]) -> Option<Option<Packed<'a>>> {
        if bytes.is_empty() {
            return Some(None);
        }
        let (header, numbers) = bytes.split_at_checked(HEADER)?;
        let first = usize::from(header[0]);
        let width = usize::from(header[1] & 15);
        let late_width = usize::from(header[1] >> 4);
        if !matches!(width, 1 | 2 | 4 | 8) || !matches!(late_width, 0 | 1 | 2 | 4 | 8) {
            return None;
        }
        let minutes = numbers.len() / (width + late_width);
        if minutes == 0
            || numbers.len() != minutes * (width + late_width)
            || first + minutes > MINUTES
        {
            return None;
        }
        let (events, late_events) = numbers.split_at(minutes * width);
        Some(Some(Packed {
            first,
            minutes,
            events: Numbers {
                bytes: events,
                width,
            },
            late_events: Numbers {
                bytes: late_events,
                width: late_width,
            },
        }))
    }

    fn count(&self, minute: usize) -> Count {
        Count {
            events: self.events.at(minute),
            late_events: self.late_events.at(minute),
        }
    }
}

/// Numbers that all have the same width in bytes.
struct Numbers<'a> {
    bytes: &'a [u8],
    width: usize,
}

impl Numbers<'_> {
    fn at(&self, index: usize) -> i64 {
        let bytes = &self.bytes[index * self.width..][..self.width];
        match *bytes {
            [] => 0,
            [a] => i64::from(i8::from_le_bytes([a])),
            [a, b] => i64::from(i16::from_le_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            _ => bytes.try_into().map_or(0, i64::from_le_bytes),
        }
    }
}

/// The number of bytes that a number needs; 0 for the number 0.
fn width(number: i64) -> usize {
    if number == 0 {
        0
    } else if i8::try_from(number).is_ok() {
        1
    } else if i16::try_from(number).is_ok() {
        2
    } else if i32::try_from(number).is_ok() {
        4
    } else {
        8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(counts: &[(usize, i64, i64)]) -> Hour {
        let mut hour = Hour::default();
        for &(minute, events, late_events) in counts {
            hour.add(
                minute,
                Count {
                    events,
                    late_events,
                },
            );
        }
        hour
    }

    #[test]
    fn counts_take_few_bytes() {
        assert_eq!(of(&[]).pack(), []);
        assert_eq!(of(&[(7, 3, 0), (7, -3, 0)]).pack(), []);
        assert_eq!(of(&[(7, 3, 0)]).pack(), [7, 1, 3]);
        assert_eq!(of(&[(59, -1, 0)]).pack(), [59, 1, 255]);
        assert_eq!(
            of(&[(3, 1, 0), (5, 300, 2)]).pack(),
            [3, 0x12, 1, 0, 0, 0, 44, 1, 0, 0, 2]
        );
        // A late count is kept even if the events of its minute add up to zero.
        assert_eq!(of(&[(0, 0, 1)]).pack(), [0, 0x11, 0, 1]);
        assert_eq!(of(&[(0, 1, 0), (59, 1, 0)]).pack().len(), HEADER + MINUTES);
    }

    #[test]
    fn malformed_bytes_are_refused() {
        for bytes in [
            &[0][..],                  // no widths
            &[0, 1],                   // no numbers
            &[0, 0, 1],                // no width
            &[0, 3, 1, 1, 1],          // no such width
            &[0, 0x31, 1, 1, 1, 1],    // no such width of late events
            &[0, 2, 1],                // half a number
            &[0, 0x11, 1],             // no late events
            &[60, 1, 1],               // no such minute
            &[59, 1, 1, 1],            // more than an hour
            &[0xff, 0xff, 0xff, 0xff], // anything
        ] {
            assert_eq!(Hour::default().add_packed(bytes), None, "{bytes:?}");
            assert_eq!(count_at(bytes, 0), None, "{bytes:?}");
        }
    }

    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![
            Just(0_i64),
            -3..100_i64,
            i64::from(i16::MIN)..=i64::from(i16::MAX),
            any::<i32>().prop_map(i64::from),
            any::<i64>(),
        ]
    }

    fn counts() -> impl Strategy<Value = Vec<(usize, i64, i64)>> {
        prop::collection::vec(
            (0..MINUTES, number(), prop_oneof![Just(0), number()]),
            0..80,
        )
    }

    proptest! {
        #[test]
        fn packed_counts_are_read_back(counts in counts()) {
            let hour = of(&counts);
            let bytes = hour.pack();
            let mut read = Hour::default();
            prop_assert_eq!(read.add_packed(&bytes), Some(()));
            prop_assert_eq!(&read, &hour);
            for minute in 0..MINUTES {
                prop_assert_eq!(count_at(&bytes, minute), Some(hour.0[minute]));
            }
            prop_assert_eq!(
                hour.minutes().count(),
                hour.0.iter().filter(|count| **count != Count::NONE).count()
            );
        }

        #[test]
        fn adding_packed_hours_adds_their_counts(
            a in prop::collection::vec((0..MINUTES, -1000..1000_i64, -1000..1000_i64), 0..80),
            b in prop::collection::vec((0..MINUTES, -1000..1000_i64, -1000..1000_i64), 0..80),
        ) {
            let mut sum = of(&a);
            sum.add_packed(&of(&b).pack()).unwrap();
            prop_assert_eq!(sum.pack(), of(&[a, b].concat()).pack());
        }

        #[test]
        fn both_readers_refuse_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut hour = Hour::default();
            prop_assert_eq!(hour.add_packed(&bytes).is_some(), count_at(&bytes, 30).is_some());
        }
    }
}
