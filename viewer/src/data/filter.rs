//! Which names are selected.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A selection of names. It stores the names that are off, so names that appear later are on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    off: BTreeSet<String>,
}

impl Filter {
    /// Whether the name is on.
    pub fn is_on(&self, name: &str) -> bool {
        !self.off.contains(name)
    }

    /// The names that are off.
    pub fn hidden(&self) -> impl Iterator<Item = &String> {
        self.off.iter()
    }

    /// Whether all names are on.
    pub fn is_all(&self) -> bool {
        self.off.is_empty()
    }

    /// Toggles one name.
    pub fn toggle(&mut self, name: &str) {
        if !self.off.remove(name) {
            self.off.insert(name.to_owned());
        }
    }

    /// Switches everything on.
    pub fn all(&mut self) {
        self.off.clear();
    }

    /// Switches the names off.
    pub fn none<'a>(&mut self, names: impl IntoIterator<Item = &'a String>) {
        self.off.extend(names.into_iter().cloned());
    }

    /// Toggles each of the names.
    pub fn invert<'a>(&mut self, names: impl IntoIterator<Item = &'a String>) {
        for name in names {
            self.toggle(name);
        }
    }

    /// Selects this name only. If it is the only one already, selects all.
    pub fn only<'a>(&mut self, name: &str, names: impl IntoIterator<Item = &'a String> + Clone) {
        let alone = names
            .clone()
            .into_iter()
            .all(|other| self.is_on(other) == (other == name));
        self.all();
        if !alone {
            self.none(names);
            self.off.remove(name);
        }
    }
}

/// Whether a name matches the text of the search box.
pub fn matches(name: &str, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    search.is_empty() || name.to_lowercase().contains(&search)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["pause", "play", "stop"].map(str::to_owned).to_vec()
    }

    fn on(filter: &Filter) -> Vec<String> {
        names()
            .into_iter()
            .filter(|name| filter.is_on(name))
            .collect()
    }

    #[test]
    fn all_none_invert_only() {
        let mut filter = Filter::default();
        assert!(filter.is_all());
        filter.toggle("play");
        assert_eq!(on(&filter), ["pause", "stop"]);
        filter.invert(&names());
        assert_eq!(on(&filter), ["play"]);
        filter.none(&names());
        assert!(on(&filter).is_empty());
        filter.all();
        filter.only("stop", &names());
        assert_eq!(on(&filter), ["stop"]);
        filter.only("stop", &names());
        assert!(filter.is_all(), "a second time brings the others back");
    }

    #[test]
    fn names_that_appear_later_are_on() {
        let mut filter = Filter::default();
        filter.none(&names());
        assert!(filter.is_on("skip"));
    }

    #[test]
    fn search_ignores_case_and_blanks() {
        assert!(matches("EU-West", " west "));
        assert!(matches("anything", ""));
        assert!(!matches("EU", "us"));
    }
}
