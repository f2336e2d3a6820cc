//! Numbers for the few names that many rows have in common.

use foldhash::HashMap;

/// Each name once, numbered as they come.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<Vec<u8>, u32>,
    names: Vec<Vec<u8>>,
}

impl Names {
    /// The number of this name.
    pub(crate) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&known) = self.numbers.get(name) {
            return known;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The name with this number, which was given by [`Names::number`].
    pub(crate) fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }
}
