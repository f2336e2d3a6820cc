//! Seeds of random runs, which can be repeated.

use std::env;

/// The seed in this environment variable, or a new one; prints it.
///
/// # Panics
/// The variable is not a number.
pub fn seed(variable: &str) -> u64 {
    seed_or(variable, u64::from(rand::random::<u32>()))
}

/// The seed in this environment variable, or `seed`; prints it.
///
/// # Panics
/// The variable is not a number.
pub fn seed_or(variable: &str, seed: u64) -> u64 {
    let seed = number(variable).unwrap_or(seed);
    println!("{variable}={seed} repeats this run");
    seed
}

/// The number of repetitions in this environment variable, or `times`.
///
/// # Panics
/// The variable is not a number.
pub fn times(variable: &str, times: u64) -> u64 {
    number(variable).unwrap_or(times)
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} must be a number, not {text:?}")))
}
