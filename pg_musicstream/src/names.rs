//! Numbers for the few names that many rows have in common.

use foldhash::HashMap;

/// Each name once, numbered as they come.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    /// The number of this name.
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.numbers.get(name) {
            return known;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The name with this number, which was given by [`Names::number`].
    pub(crate) fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }
}
