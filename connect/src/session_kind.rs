//! The sessions that `target_session_attrs` tells apart.

use std::fmt;

/// What `target_session_attrs` asks of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// Nothing.
    Any,
    /// Its transactions may write.
    ReadWrite,
    /// Its transactions may not.
    ReadOnly,
    /// The server is no standby.
    Primary,
    /// The server is a standby.
    Standby,
    /// A standby if one can be had, else anything.
    PreferStandby,
}

/// By their names in libpq.
pub(crate) const SESSION_KINDS: [(&str, SessionKind); 6] = [
    ("any", SessionKind::Any),
    ("read-write", SessionKind::ReadWrite),
    ("read-only", SessionKind::ReadOnly),
    ("primary", SessionKind::Primary),
    ("standby", SessionKind::Standby),
    ("prefer-standby", SessionKind::PreferStandby),
];

impl fmt::Display for SessionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = SESSION_KINDS.iter().find(|(_, kind)| kind == self);
        f.write_str(word.map_or("any", |(word, _)| word))
    }
}
