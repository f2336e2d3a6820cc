//! What the tests of the viewer from outside need beside the servers: a display with a keyboard and a mouse.
//!
//! What goes wrong here is a failed test, so everything panics with what was expected.

#![allow(clippy::unwrap_used)] // a harness has nobody to hand an error to

pub mod desktop;
