//! Names and their numbers.

use std::collections::{BTreeSet, HashMap};

/// New numbers for names after some were added or removed.
pub(super) struct Renaming {
    /// All names, sorted.
    pub(super) names: Vec<String>,
    /// New number for each old one. The entry of a removed name is unused.
    pub(super) moved: Vec<u16>,
}

impl Renaming {
    /// Keeps the names that still have rows and adds the new ones.
    pub(super) fn new<'a>(
        old: &'a [String],
        used: impl Iterator<Item = u16>,
        new: impl Iterator<Item = &'a String>,
    ) -> Self {
        let mut is_used = vec![false; old.len()];
        for number in used {
            is_used[usize::from(number)] = true;
        }
        let names: BTreeSet<&str> = old
            .iter()
            .zip(is_used)
            .filter_map(|(name, is_used)| is_used.then_some(name.as_str()))
            .chain(new.map(String::as_str))
            .collect();
        let mut renaming = Self {
            names: names.into_iter().map(str::to_owned).collect(),
            moved: Vec::new(),
        };
        renaming.moved = old
            .iter()
            .map(|name| renaming.position(name).unwrap_or(u16::MAX))
            .collect();
        renaming
    }

    /// The number of a name.
    pub(super) fn position(&self, name: &str) -> Option<u16> {
        let at = self
            .names
            .binary_search_by(|known| known.as_str().cmp(name));
        u16::try_from(at.ok()?).ok()
    }
}

/// Assigns numbers to names in order of appearance; `sorted` replaces them by their sorted positions.
#[derive(Default)]
pub(super) struct Numbering<'a> {
    numbers: HashMap<&'a str, u32>,
    last: Option<(&'a str, u32)>,
}

impl<'a> Numbering<'a> {
    /// The provisional number of a name.
    pub(super) fn number(&mut self, name: &'a str) -> u32 {
        // Rows that follow one another often have the same name.
        if let Some((last, number)) = self.last
            && last == name
        {
            return number;
        }
        let next = self.numbers.len() as u32;
        let number = *self.numbers.entry(name).or_insert(next);
        self.last = Some((name, number));
        number
    }

    /// The names in order, and the place of each of their numbers among them.
    pub(super) fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut names: Vec<(&str, u32)> = self.numbers.into_iter().collect();
        names.sort_unstable();
        let mut places = vec![0; names.len()];
        for (place, (_, number)) in (0..).zip(&names) {
            places[*number as usize] = place;
        }
        (
            names.into_iter().map(|(name, _)| name.to_owned()).collect(),
            places,
        )
    }
}
