//! Words as in a language with longer words and more accents, to see whether there is room for them.

use std::{cell::Cell, collections::HashMap};

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    /// Leaked on purpose; only tests create any.
    static MADE: std::cell::RefCell<HashMap<&'static str, &'static str>> = std::cell::RefCell::default();
}

/// Whether this thread's windows speak it.
pub fn speak_pseudo(on: bool) {
    IS_ON.set(on);
}

/// Words of the window, in the language that is spoken.
pub(crate) fn say(words: &'static str) -> &'static str {
    if !IS_ON.get() {
        return words;
    }
    MADE.with_borrow_mut(|made| {
        *made
            .entry(words)
            .or_insert_with(|| String::leak(longer(words)))
    })
}

/// The same where numbers and names are among the words already.
pub(crate) fn says(words: String) -> String {
    if IS_ON.get() { longer(&words) } else { words }
}

/// Each letter with an accent, and two letters in five twice. A word that has accents stays as it is, so that
/// words put together of others are not lengthened again.
fn longer(words: &str) -> String {
    const PLAIN: &str = "acdeghijklnorstuwyzACDEGHIJKLNORSTUWYZ";
    const ACCENTED: &str = "áçďéĝĥíĵķľñóŕśťúŵýžÁÇĎÉĜĤÍĴĶĽÑÓŔŚŤÚŴÝŽ";
    let mut longer = String::with_capacity(words.len() * 3);
    let mut debt = 0;
    for word in words.split_inclusive(' ') {
        if word.chars().any(|letter| ACCENTED.contains(letter)) {
            longer.push_str(word);
            continue;
        }
        for letter in word.chars() {
            let place = PLAIN.chars().position(|plain| plain == letter);
            let accented = place.and_then(|place| ACCENTED.chars().nth(place));
            let letter = accented.unwrap_or(letter);
            longer.push(letter);
            if letter.is_alphabetic() {
                debt += 2;
            }
            if debt >= 5 {
                debt -= 5;
                longer.push(letter);
            }
        }
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_grow_by_two_fifths_and_numbers_stay() {
        assert_eq!(longer("1,234 rows"), "1,234 ŕóŵŵś");
        let words = "The streams are past the end of this day";
        let letters = |words: &str| words.chars().filter(|c| c.is_alphabetic()).count() as f64;
        let growth = letters(&longer(words)) / letters(words);
        assert!((1.36..1.42).contains(&growth), "{growth}");
        assert_eq!(longer(&longer(words)), longer(words), "once is enough");
        assert_eq!(say("Live"), "Live");
        speak_pseudo(true);
        assert_eq!(say("Live"), "Ľívvé");
        assert!(std::ptr::eq(say("Live"), say("Live")), "made once");
        speak_pseudo(false);
    }
}
