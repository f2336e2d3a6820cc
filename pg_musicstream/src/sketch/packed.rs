//! Converts serialized HLL sketches between four and eight bits per register, whole arrays at a time.
//!
//! The library converts register by register with branches, which took most of the time of a rollup. The tests compare the results
//! with those of the library.

use std::ops::Range;

/// Offsets in the header of an image (a serialized sketch). The values for the estimate lie between the mode and the counts and are the
/// same in both forms.
const KIND: Range<usize> = 0..3;
const LG_K: usize = 3;
const LG_AUX: usize = 4;
pub(crate) const FLAGS: usize = 5;
const LOWEST: usize = 6;
/// The lowest two bits: 0 for a list of users, 1 for a set of users, 2 for an array of registers.
pub(crate) const MODE: usize = 7;
const AT_LOWEST: Range<usize> = 32..36;
const EXCEPTIONS: Range<usize> = 36..40;
const HEADER: usize = 40;

/// The first bytes of an image with an array of registers: preamble length, version 1, family HLL.
const ARRAY: [u8; 3] = [10, 1, 7];
const FOUR_BITS: u8 = 2;
const EIGHT_BITS: u8 = 2 | 2 << 2;
const COMPACT: u8 = 8;
/// Flag: the estimate that depends on the order of the users is not valid.
pub(crate) const OUT_OF_ORDER: u8 = 16;

/// Placeholder for a register that exceeds the lowest one by 15 or more: its value is among the exceptions.
const ELSEWHERE: u8 = 15;
/// In the word of an exception, the low bits hold the number of the register and the others its value.
const NUMBER_BITS: u32 = 26;

/// Converts an image with four bits per register to eight. `None` for all other images, which the library must read or refuse.
pub(crate) fn unpack(image: &[u8]) -> Option<Vec<u8>> {
    let header = header(image, FOUR_BITS)?;
    if header[FLAGS] & COMPACT == 0 || header[LOWEST] > 62 {
        return None;
    }
    let registers = 1_usize << header[LG_K];
    if word(header, AT_LOWEST) as usize > registers {
        return None;
    }
    let (nibbles, exceptions) = image[HEADER..].split_at_checked(registers / 2)?;
    let (exceptions, rest) = exceptions.as_chunks::<4>();
    let claimed = nibbles
        .iter()
        .map(|pair| usize::from(pair & 15 == ELSEWHERE) + usize::from(pair >> 4 == ELSEWHERE))
        .sum::<usize>();
    if !rest.is_empty()
        || exceptions.len() != claimed
        || word(header, EXCEPTIONS) as usize != claimed
    {
        return None;
    }

    let lowest = header[LOWEST];
    let mut unpacked = Vec::with_capacity(HEADER + registers);
    unpacked.extend_from_slice(header);
    unpacked.resize(HEADER + registers, 0);
    let (wide, values) = unpacked.split_at_mut(HEADER);
    for (pair, both) in values.as_chunks_mut::<2>().0.iter_mut().zip(nibbles) {
        *pair = [lowest + (both & 15), lowest + (both >> 4)];
    }
    for exception in exceptions {
        let exception = u32::from_le_bytes(*exception);
        let register = (exception & ((1 << NUMBER_BITS) - 1)) as usize;
        let value = values.get_mut(register)?;
        // A second exception for the register, or one without a placeholder.
        if *value != lowest + ELSEWHERE {
            return None;
        }
        *value = (exception >> NUMBER_BITS) as u8;
        if *value < lowest + ELSEWHERE {
            return None;
        }
        // Marks the register, so that a second exception for it is detected. The highest bit is not used by values.
        *value |= 128;
    }
    for value in values.iter_mut() {
        *value &= 127;
    }
    wide[FLAGS] &= OUT_OF_ORDER;
    wide[LOWEST] = 0;
    wide[MODE] = EIGHT_BITS;
    if lowest > 0 {
        wide[AT_LOWEST].fill(0);
    }
    wide[EXCEPTIONS].fill(0);
    Some(unpacked)
}

/// Converts an image with eight bits per register to four. `None` for all other images.
pub(crate) fn pack(image: &[u8]) -> Option<Vec<u8>> {
    let header = header(image, EIGHT_BITS)?;
    let values = &image[HEADER..];
    if values.len() != 1 << header[LG_K] {
        return None;
    }
    let lowest = values.iter().copied().min()?;
    let highest = values.iter().copied().max()?;
    if highest > 63 {
        return None;
    }
    let mut packed = Vec::with_capacity(HEADER + values.len() / 2);
    packed.extend_from_slice(header);
    let (pairs, _) = values.as_chunks::<2>();
    packed.extend(
        pairs
            .iter()
            .map(|[low, high]| (low - lowest).min(ELSEWHERE) | (high - lowest).min(ELSEWHERE) << 4),
    );
    let mut exceptions = 0_u32;
    if highest - lowest >= ELSEWHERE {
        for (register, value) in (0_u32..).zip(values) {
            if value - lowest >= ELSEWHERE {
                packed.extend((u32::from(*value) << NUMBER_BITS | register).to_le_bytes());
                exceptions += 1;
            }
        }
    }
    let at_lowest = values.iter().filter(|&&value| value == lowest).count() as u32;
    packed[LG_AUX] = 0;
    packed[FLAGS] = packed[FLAGS] & OUT_OF_ORDER | COMPACT;
    packed[LOWEST] = lowest;
    packed[MODE] = FOUR_BITS;
    packed[AT_LOWEST].copy_from_slice(&at_lowest.to_le_bytes());
    packed[EXCEPTIONS].copy_from_slice(&exceptions.to_le_bytes());
    Some(packed)
}

/// The header, if the image holds an array of registers in this mode.
fn header(image: &[u8], mode: u8) -> Option<&[u8]> {
    let header = image.get(..HEADER)?;
    let is_array = header[KIND] == ARRAY && header[MODE] == mode;
    (is_array && (4..=21).contains(&header[LG_K])).then_some(header)
}

fn word(header: &[u8], at: Range<usize>) -> u32 {
    header[at]
        .iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasketches::hll::{HllSketch, HllType, HllUnion};
    use proptest::prelude::*;

    const LG_K_HERE: u8 = 14;

    /// Converts an image with the library.
    fn by_library(image: &[u8], into: HllType) -> Vec<u8> {
        let mut union = HllUnion::new(LG_K_HERE).expect("a union");
        union.update(&HllSketch::deserialize(image).expect("an image"));
        union.to_sketch(into).serialize()
    }

    /// An image with eight bits per register. Most registers are a little above `lowest`, up to `far` of them much higher.
    fn array() -> impl Strategy<Value = Vec<u8>> {
        (0_u8..20, any::<u64>(), 0_u32..400).prop_map(|(lowest, seed, far)| {
            let mut state = seed | 1;
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state
            };
            let mut values: Vec<u8> = (0..1 << LG_K_HERE)
                .map(|_| lowest + (next() | 1 << 12).trailing_zeros() as u8)
                .collect();
            for _ in 0..far {
                let register = (next() % values.len() as u64) as usize;
                values[register] = lowest + (next() % (63 - u64::from(lowest)) + 1) as u8;
            }
            image(&values)
        })
    }

    fn image(values: &[u8]) -> Vec<u8> {
        let (mut kxq0, mut kxq1) = (0.0, 0.0);
        for value in values {
            let part = 2_f64.powi(-i32::from(*value));
            if *value < 32 {
                kxq0 += part;
            } else {
                kxq1 += part;
            }
        }
        let zeros = values.iter().filter(|value| **value == 0).count() as u32;
        let mut image = vec![10, 1, 7, LG_K_HERE, 0, OUT_OF_ORDER, 0, EIGHT_BITS];
        image.extend(0_f64.to_le_bytes());
        image.extend(f64::to_le_bytes(kxq0));
        image.extend(f64::to_le_bytes(kxq1));
        image.extend(zeros.to_le_bytes());
        image.extend(0_u32.to_le_bytes());
        image.extend(values);
        image
    }

    /// Whether `unpack` refuses it, or reads it as the library does.
    fn is_refused_or_read_as_by_the_library(packed: &[u8]) -> bool {
        unpack(packed).is_none_or(|unpacked| {
            HllSketch::deserialize(packed).is_ok()
                && unpacked[HEADER..] == by_library(packed, HllType::Hll8)[HEADER..]
        })
    }

    fn estimate(image: &[u8]) -> f64 {
        HllSketch::deserialize(image)
            .expect("an image")
            .composite_estimate()
    }

    /// Sorts the exceptions by register, because the library writes them in the order of its hash table.
    fn sorted(mut image: Vec<u8>) -> Vec<u8> {
        let (exceptions, _) = image[HEADER + (1 << LG_K_HERE) / 2..].as_chunks_mut::<4>();
        exceptions.sort_unstable_by_key(|word| u32::from_le_bytes(*word) << 6);
        image
    }

    proptest! {
        #[test]
        fn packing_and_unpacking_agree_with_the_library(image in array()) {
            let packed = pack(&image).expect("packed");
            let theirs = by_library(&image, HllType::Hll4);
            prop_assert!(sorted(packed.clone()) == sorted(theirs.clone()), "packed differently from the library");
            prop_assert!(unpack(&packed).expect("unpacked") == image, "not what was packed");
            prop_assert!(unpack(&theirs).expect("theirs") == by_library(&theirs, HllType::Hll8), "unpacked differently");
            prop_assert_eq!(estimate(&packed), estimate(&image));
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_as_by_the_library(image in array(), at in 0_usize..9000, byte: u8) {
            let mut packed = pack(&image).expect("packed");
            let at = at.min(packed.len() - 1);
            packed[at] = byte;
            prop_assert!(is_refused_or_read_as_by_the_library(&packed));
            prop_assert!(unpack(&packed[..at]).is_none());
        }
    }

    #[test]
    fn every_damaged_header_is_refused_or_read_as_by_the_library() {
        let mut values = [3; 1 << LG_K_HERE];
        values[..3].copy_from_slice(&[4, 40, 63]);
        for lowest in [0, 3] {
            values[9] = lowest;
            let packed = pack(&image(&values)).expect("packed");
            for at in 0..HEADER {
                for byte in 0..=u8::MAX {
                    let mut broken = packed.clone();
                    broken[at] = byte;
                    assert!(
                        is_refused_or_read_as_by_the_library(&broken),
                        "{byte} at {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn only_the_out_of_order_flag_is_packed() {
        for (flags, packed) in [
            (0, COMPACT),
            (4, COMPACT),
            (OUT_OF_ORDER, OUT_OF_ORDER | COMPACT),
        ] {
            let mut image = image(&[3; 1 << LG_K_HERE]);
            image[FLAGS] = flags;
            assert_eq!(pack(&image).expect("packed")[FLAGS], packed);
        }
    }

    #[test]
    fn lists_and_sets_are_not_converted() {
        for users in [0, 3, 100] {
            let mut sketch = HllSketch::new(LG_K_HERE, HllType::Hll4).expect("a sketch");
            for user in 0..users {
                sketch.update(user);
            }
            assert_eq!(unpack(&sketch.serialize()), None);
            assert_eq!(pack(&sketch.serialize()), None);
        }
    }
}
