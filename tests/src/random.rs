//! Runs that chance steers, and that can be had again.

use std::env;

/// The seed in this environment variable, else a new one; either is printed.
///
/// # Panics
/// The variable is no number.
pub fn seed(variable: &str) -> u64 {
    seed_or(variable, u64::from(rand::random::<u32>()))
}

/// The seed in this environment variable, else this one; either is printed.
///
/// # Panics
/// The variable is no number.
pub fn seed_or(variable: &str, seed: u64) -> u64 {
    let seed = number(variable).unwrap_or(seed);
    println!("{variable}={seed} tries the same again");
    seed
}

/// How often to try: as this environment variable says, else `times`.
///
/// # Panics
/// The variable is no number.
pub fn times(variable: &str, times: u64) -> u64 {
    number(variable).unwrap_or(times)
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}
