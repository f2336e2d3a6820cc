//! Numbers for the names that rows have in common.

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

    /// The same as text.
    ///
    /// # Panics
    /// The name did not come from a text column: the extension is created in UTF-8 databases only.
    pub(crate) fn text(&self, number: u32) -> &str {
        std::str::from_utf8(self.name(number)).expect("text of a UTF-8 database")
    }

    /// By number: the place of each name in the order of their bytes.
    pub(crate) fn ranks(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.names.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| self.name(*number));
        let mut ranks = vec![0; numbers.len()];
        for (rank, number) in (0..).zip(numbers) {
            ranks[number as usize] = rank;
        }
        ranks
    }
}
