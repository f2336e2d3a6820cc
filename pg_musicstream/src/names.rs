//! Numbers for strings that occur in many rows, such as regions.

use foldhash::HashMap;

/// Distinct names. Each has a number, from 0 in the order in which the names were first seen.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<Vec<u8>, u32>,
    names: Vec<Vec<u8>>,
}

impl Names {
    /// The number of this name; a name that was not seen before gets the next number.
    pub(crate) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&known) = self.numbers.get(name) {
            return known;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The name with this number, which [`Names::number`] returned.
    pub(crate) fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }

    /// Sorts the names by their bytes. Returns the names in that order, and for each former number the rank of its name.
    pub(crate) fn into_sorted(self) -> (Vec<Vec<u8>>, Vec<u32>) {
        let mut sorted: Vec<(Vec<u8>, u32)> = self.names.into_iter().zip(0..).collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len()];
        for (rank, (_, number)) in (0..).zip(&sorted) {
            ranks[*number as usize] = rank;
        }
        (sorted.into_iter().map(|(name, _)| name).collect(), ranks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_have_one_number() {
        let mut names = Names::default();
        let numbers = [b"us", b"eu", b"us"].map(|name| names.number(name));
        assert_eq!(numbers, [0, 1, 0]);
        assert_eq!([names.name(0), names.name(1)], [b"us", b"eu"]);
    }

    #[test]
    fn a_rank_is_the_place_of_a_number_in_the_sorted_names() {
        let mut names = Names::default();
        for name in ["us", "eu", "", "mena", "eu"] {
            names.number(name.as_bytes());
        }
        let (sorted, ranks) = names.into_sorted();
        assert_eq!(sorted, [&b""[..], b"eu", b"mena", b"us"]);
        assert_eq!(ranks, [3, 1, 0, 2]);
    }
}
