//! The rules of each field, given as text.
