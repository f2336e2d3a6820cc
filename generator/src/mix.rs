//! Assigns a kind to each record: exact counts of each kind, in random order.

use crate::random::Random;

/// The whole, of which shares are parts: enough for a percentage with four decimals.
const WHOLE: u64 = 1_000_000;

/// A percentage, held as an integer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Percent(u32);

impl Percent {
    /// Parts of [`WHOLE`].
    fn parts(self) -> u64 {
        u64::from(self.0)
    }
}

impl std::str::FromStr for Percent {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Percent, Self::Err> {
        const WRONG: &str = "expected a percentage from 0 to 100, with at most 4 decimals";
        let text = text.strip_suffix('%').unwrap_or(text);
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty()
            || decimals.len() > 4
            || !(whole.bytes().chain(decimals.bytes())).all(|byte| byte.is_ascii_digit())
        {
            return Err(WRONG);
        }
        let parts: u32 = format!("{whole}{decimals:0<4}")
            .parse()
            .map_err(|_| WRONG)?;
        if u64::from(parts) > WHOLE {
            Err(WRONG)
        } else {
            Ok(Percent(parts))
        }
    }
}

/// The kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Regular,
    Duplicate,
    Late,
    OutOfOrder,
    Malformed,
}

const IRREGULAR: [Kind; 4] = [
    Kind::Duplicate,
    Kind::Late,
    Kind::OutOfOrder,
    Kind::Malformed,
];

/// The shares of the kinds other than regular.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shares {
    pub(crate) duplicates: Percent,
    pub(crate) late: Percent,
    pub(crate) out_of_order: Percent,
    pub(crate) malformed: Percent,
}

impl Shares {
    fn parts(&self) -> [u64; 4] {
        [
            self.duplicates,
            self.late,
            self.out_of_order,
            self.malformed,
        ]
        .map(Percent::parts)
    }

    pub(crate) fn exceed_all(&self) -> bool {
        self.parts().iter().sum::<u64>() > WHOLE
    }
}

/// Draws kinds without replacement: of `count` records exactly the shares, rounded.
pub(crate) struct Mix {
    shares: Shares,
    left: u64,
    /// How many records of each kind are still to come, in the order of [`IRREGULAR`].
    quotas: [u64; 4],
    is_endless: bool,
}

impl Mix {
    /// Without a count the shares apply to each million of records.
    pub(crate) fn new(shares: Shares, count: Option<u64>) -> Mix {
        let mut mix = Mix {
            shares,
            left: 0,
            quotas: [0; 4],
            is_endless: count.is_none(),
        };
        mix.refill(count.unwrap_or(WHOLE));
        mix
    }

    fn refill(&mut self, count: u64) {
        self.left = count;
        let mut free = count;
        for (quota, parts) in self.quotas.iter_mut().zip(self.shares.parts()) {
            let rounded =
                (u128::from(count) * u128::from(parts) + u128::from(WHOLE / 2)) / u128::from(WHOLE);
            // Rounding up four times may exceed the count.
            *quota = (rounded as u64).min(free);
            free -= *quota;
        }
    }

    /// How many of the records are neither duplicates nor malformed, at least one.
    pub(crate) fn distinct(&self) -> u64 {
        let [duplicates, _, _, malformed] = self.quotas;
        self.left.saturating_sub(duplicates + malformed).max(1)
    }

    /// The kind of the next record. If `is_possible` is false for the drawn kind, the record is regular, and one of the later
    /// records gets that kind instead.
    pub(crate) fn next(&mut self, random: &mut Random, is_possible: impl Fn(Kind) -> bool) -> Kind {
        if self.left == 0 && self.is_endless {
            self.refill(WHOLE);
        }
        let mut at = random.below(self.left.max(1));
        self.left = self.left.saturating_sub(1);
        for (quota, kind) in self.quotas.iter_mut().zip(IRREGULAR) {
            if at < *quota {
                if !is_possible(kind) {
                    return Kind::Regular;
                }
                *quota -= 1;
                return kind;
            }
            at -= *quota;
        }
        Kind::Regular
    }
}
