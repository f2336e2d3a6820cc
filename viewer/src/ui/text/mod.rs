//! What the window says: every word of it that is neither data nor an answer of the server.

mod bars;
mod numbers;
mod pseudo;
mod shortcuts;
mod words;

pub(crate) use bars::*;
pub(crate) use numbers::*;
pub use pseudo::speak_pseudo;
pub(crate) use pseudo::{say, says};
pub(crate) use shortcuts::*;
pub(crate) use words::*;
