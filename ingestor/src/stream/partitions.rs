//! The value of `--partitions`.

use std::collections::BTreeSet;
use std::str::FromStr;

/// Larger than any partition number, so that a mistyped range does not fill the memory.
const MAX_PARTITION: i32 = 100_000;

/// Numbers and ranges, such as `0-3,5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partitions(BTreeSet<i32>);

impl Partitions {
    /// In ascending order.
    pub(super) fn numbers(&self) -> Vec<i32> {
        self.0.iter().copied().collect()
    }
}

impl FromStr for Partitions {
    type Err = String;

    fn from_str(text: &str) -> Result<Partitions, String> {
        let number = |text: &str| {
            text.trim()
                .parse()
                .ok()
                .filter(|number| (0..=MAX_PARTITION).contains(number))
                .ok_or_else(|| "expected numbers and ranges, such as 0-3,5".to_owned())
        };
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (i32, i32) = (number(first)?, number(last)?);
            if first > last {
                return Err(format!("{first}-{last} is empty"));
            }
            numbers.extend(first..=last);
        }
        Ok(Partitions(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        let numbers = |text: &str| text.parse().map(|list: Partitions| list.numbers());
        assert_eq!(numbers("0-3,5"), Ok(vec![0, 1, 2, 3, 5]));
        assert_eq!(numbers("7, 2-2 ,7"), Ok(vec![2, 7]));
        for bad in ["", "a", "1-", "-1", "3-1", "0,,1", "0-9999999"] {
            assert!(numbers(bad).is_err(), "{bad}");
        }
    }
}
