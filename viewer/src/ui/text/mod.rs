//! What the window says: every word of it that is neither data nor an answer of the server.

mod bars;
mod columns;
mod drill;
mod listeners;
mod numbers;
mod options;
mod pipeline;
mod pseudo;
mod reports;
mod shortcuts;
mod states;
mod views;
mod words;

pub(crate) use bars::*;
pub(crate) use columns::*;
pub(crate) use drill::*;
pub(crate) use listeners::*;
pub(crate) use numbers::*;
pub(crate) use options::*;
pub(crate) use pipeline::*;
pub use pseudo::speak_pseudo;
pub(crate) use pseudo::{say, says};
pub(crate) use reports::*;
pub(crate) use shortcuts::*;
pub(crate) use states::*;
pub(crate) use views::*;
pub(crate) use words::*;
