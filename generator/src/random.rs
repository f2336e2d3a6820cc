//! Random numbers and distributions on integers only, so that every machine gets the same values.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::RngCore;

/// A seeded stream of random numbers.
pub(crate) struct Random(Pcg64Mcg);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        let mut state = seed;
        let [high, low] = [mixed(&mut state), mixed(&mut state)];
        Random(Pcg64Mcg::new(u128::from(high) << 64 | u128::from(low)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, which must not be 0. The bias is below `bound` / 2^64.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.index(choices.len())]
    }
}

/// SplitMix64: one step, also used to turn a number that is not random into a seed.
pub(crate) fn mixed(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Draws an index in proportion to weights.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weighted {
    /// Running sums of the weights.
    sums: Vec<u64>,
}

impl Weighted {
    pub(crate) fn new(weights: impl IntoIterator<Item = u64>) -> Weighted {
        let mut weighted = Weighted::default();
        weighted.set(weights);
        weighted
    }

    pub(crate) fn set(&mut self, weights: impl IntoIterator<Item = u64>) {
        self.sums.clear();
        let mut sum = 0;
        self.sums.extend(weights.into_iter().map(|weight| {
            sum += weight;
            sum
        }));
    }

    pub(crate) fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// The total must not be 0.
    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let at = random.below(self.total());
        // For a handful of weights a scan is faster than a binary search.
        self.sums.iter().position(|sum| at < *sum).unwrap_or(0)
    }
}

/// Draws ranks below `count` with a probability in proportion to 1 / (`flat` + rank): a Zipf distribution whose head is
/// flattened, so that no single rank dominates.
#[derive(Debug, Clone)]
pub(crate) struct HeavyTail {
    flat: u64,
    /// First number and length of each range over which 1/k at most halves.
    octaves: Vec<(u64, u64)>,
    weights: Weighted,
}

impl HeavyTail {
    /// `count` and `flat` are at least 1.
    pub(crate) fn new(count: u64, flat: u64) -> HeavyTail {
        let end = flat + count;
        let mut octaves = Vec::new();
        let mut start = flat;
        while start < end {
            let length = start.min(end - start);
            octaves.push((start, length));
            start += length;
        }
        let weights = Weighted::new(octaves.iter().map(|(start, length)| (length << 32) / start));
        HeavyTail {
            flat,
            octaves,
            weights,
        }
    }

    pub(crate) fn draw(&self, random: &mut Random) -> u64 {
        loop {
            let (start, length) = self.octaves[self.weights.draw(random)];
            let number = start + random.below(length);
            // Within an octave 1/k falls from 1/start: accept with start / k.
            if random.below(number) < start {
                return number - self.flat;
            }
        }
    }
}
