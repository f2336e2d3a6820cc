//! The harness of the viewer's tests with servers and a real window: a display with a keyboard and a mouse.
//!
//! Every failure here fails a test, so all functions panic with a message that says what was expected.

#![allow(clippy::unwrap_used)] // a failure in the harness fails the test

pub mod desktop;
