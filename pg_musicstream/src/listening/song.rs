//! Packs the listening counts of many songs into few bytes.
//!
//! Layout: the songs in ascending order of their bytes, each as the length of the song_id, the song_id, plays, streams, skips and
//! microseconds. Numbers are unsigned LEB128 without leading zeros: seven bits per byte, the lowest first, and the high bit set in all
//! bytes but the last. Equal counts therefore have equal bytes. Without songs the result is empty.

use std::cmp::Ordering;

use foldhash::HashMap;

/// Counts over plays.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) plays: i64,
    pub(crate) streams: i64,
    pub(crate) skips: i64,
    pub(crate) listened_us: i64,
}

impl Listening {
    pub(crate) fn add(&mut self, other: Listening) {
        self.plays = self.plays.saturating_add(other.plays);
        self.streams = self.streams.saturating_add(other.streams);
        self.skips = self.skips.saturating_add(other.skips);
        self.listened_us = self.listened_us.saturating_add(other.listened_us);
    }
}

/// Appends a song. Songs must be appended in ascending order of their bytes, each once, and the counts must not be negative.
pub(crate) fn append(packed: &mut Vec<u8>, song_id: &[u8], listening: Listening) {
    append_number(packed, song_id.len() as u64);
    packed.extend_from_slice(song_id);
    for number in [
        listening.plays,
        listening.streams,
        listening.skips,
        listening.listened_us,
    ] {
        append_number(packed, number.max(0).cast_unsigned());
    }
}

/// The packed songs in order. An item `None` means that the bytes are malformed; it is the last item.
pub(crate) fn songs(packed: &[u8]) -> impl Iterator<Item = Option<(&[u8], Listening)>> {
    let mut rest = Some(packed);
    let mut previous: Option<&[u8]> = None;
    std::iter::from_fn(move || {
        let bytes = rest.filter(|bytes| !bytes.is_empty())?;
        let song = take_song(bytes).filter(|(_, song_id, _)| previous < Some(song_id));
        rest = song.map(|(rest, _, _)| rest);
        previous = song.map(|(_, song_id, _)| song_id);
        Some(song.map(|(_, song_id, listening)| (song_id, listening)))
    })
}

/// The sums of two lists of packed songs, packed; `None` if the bytes of one are malformed. Needs no memory besides the result.
pub(crate) fn sum_packed(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let mut packed = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (songs(a).peekable(), songs(b).peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return Some(packed),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(of_a), Some(of_b)) => (*of_a)?.0.cmp((*of_b)?.0),
        };
        let (song_id, mut listening) = if order.is_le() {
            a.next()??
        } else {
            b.next()??
        };
        if order.is_eq() {
            listening.add(b.next()??.1);
        }
        append(&mut packed, song_id, listening);
    }
}

/// Decodes the first song. Returns the remaining bytes, the song_id and its counts.
fn take_song(bytes: &[u8]) -> Option<(&[u8], &[u8], Listening)> {
    let (length, rest) = take_number(bytes)?;
    let (song_id, rest) = rest.split_at_checked(length.try_into().ok()?)?;
    let (plays, rest) = take_number(rest)?;
    let (streams, rest) = take_number(rest)?;
    let (skips, rest) = take_number(rest)?;
    let (listened_us, rest) = take_number(rest)?;
    let listening = Listening {
        plays,
        streams,
        skips,
        listened_us,
    };
    Some((rest, song_id, listening))
}

fn append_number(packed: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        packed.push(number as u8 | 128);
        number >>= 7;
    }
    packed.push(number as u8);
}

fn take_number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let length = bytes.iter().position(|byte| *byte < 128)? + 1;
    let (number, rest) = bytes.split_at(length);
    // Nine bytes hold 63 bits, all values of a non-negative i64.
    if length > 9 || length > 1 && number[length - 1] == 0 {
        return None;
    }
    let value = number
        .iter()
        .rev()
        .fold(0, |value: i64, byte| value << 7 | i64::from(byte & 127));
    Some((value, rest))
}

/// Sums of packed songs.
#[derive(Debug, Default)]
pub(crate) struct Songs(HashMap<Vec<u8>, Listening>);

impl Songs {
    /// Adds packed songs; `None` if the bytes are malformed.
    pub(crate) fn add_packed(&mut self, packed: &[u8]) -> Option<()> {
        for song in songs(packed) {
            let (song_id, listening) = song?;
            match self.0.get_mut(song_id) {
                Some(sum) => sum.add(listening),
                None => {
                    self.0.insert(song_id.to_owned(), listening);
                }
            }
        }
        Some(())
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_unstable_by_key(|(song_id, _)| *song_id);
        let mut packed = Vec::new();
        for (song_id, listening) in sorted {
            append(&mut packed, song_id, *listening);
        }
        packed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Counts = BTreeMap<Vec<u8>, (i64, i64, i64, i64)>;

    fn listening((plays, streams, skips, listened_us): (i64, i64, i64, i64)) -> Listening {
        Listening {
            plays,
            streams,
            skips,
            listened_us,
        }
    }

    fn pack(counts: &Counts) -> Vec<u8> {
        let mut packed = Vec::new();
        for (song_id, &numbers) in counts {
            append(&mut packed, song_id, listening(numbers));
        }
        packed
    }

    fn read(packed: &[u8]) -> Option<Counts> {
        songs(packed)
            .map(|song| {
                let (id, of) = song?;
                let numbers = (of.plays, of.streams, of.skips, of.listened_us);
                Some((id.to_owned(), numbers))
            })
            .collect()
    }

    fn counts() -> impl Strategy<Value = Counts> {
        let number = || prop_oneof![Just(0), 0..300_i64, 0..=i64::MAX];
        prop::collection::btree_map(
            prop::collection::vec(any::<u8>(), 0..150),
            (number(), number(), number(), number()),
            0..20,
        )
    }

    #[test]
    fn a_song_takes_few_bytes() {
        let counts = BTreeMap::from([(b"naima".to_vec(), (1, 1, 0, 200_000_000))]);
        assert_eq!(pack(&counts), b"\x05naima\x01\x01\x00\x80\x84\xaf\x5f");
        assert_eq!(pack(&BTreeMap::new()), b"");
    }

    #[test]
    fn malformed_bytes_are_refused() {
        for bytes in [
            &b"\x01"[..],                                                 // no song_id
            b"\x01a",                                                     // no numbers
            b"\x01a\x01\x01\x01",                                         // a number too few
            b"\x01a\x81\x00\x01\x01\x01",                                 // a leading zero
            b"\x01b\x01\x01\x01\x01\x01a\x01\x01\x01\x01",                // not in order
            b"\x01a\x01\x01\x01\x01\x01a\x01\x01\x01\x01",                // twice the same
            b"\x01a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x01\x01\x01", // more than an i64 holds
            b"\xff\xff\xff\xff\xff\xff\xff\xff\x7fa",                     // longer than the bytes
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
            assert_eq!(Songs::default().add_packed(bytes), None, "{bytes:?}");
            assert_eq!(sum_packed(bytes, b""), None, "{bytes:?}");
            assert_eq!(
                sum_packed(b"\x01a\x01\x01\x01\x01", bytes),
                None,
                "{bytes:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn packed_songs_are_read_back(counts in counts()) {
            prop_assert_eq!(read(&pack(&counts)), Some(counts));
        }

        #[test]
        fn adding_packed_songs_adds_their_counts(a in counts(), b in counts()) {
            let mut songs = Songs::default();
            prop_assert_eq!(songs.add_packed(&pack(&a)), Some(()));
            prop_assert_eq!(songs.add_packed(&pack(&b)), Some(()));
            let summed = sum_packed(&pack(&a), &pack(&b));
            let mut sum = a;
            for (song_id, of) in b {
                let kept = sum.entry(song_id).or_default();
                let mut both = listening(*kept);
                both.add(listening(of));
                *kept = (both.plays, both.streams, both.skips, both.listened_us);
            }
            prop_assert_eq!(songs.pack(), pack(&sum));
            prop_assert_eq!(summed, Some(pack(&sum)));
        }

        #[test]
        fn accepted_bytes_are_the_canonical_encoding(bytes in prop::collection::vec(0_u8..3, 0..40)) {
            if let Some(counts) = read(&bytes) {
                prop_assert_eq!(pack(&counts), bytes);
            }
        }
    }
}
