//! The values of `target_session_attrs`.

use std::fmt;

/// What `target_session_attrs` requires of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// Nothing.
    Any,
    /// Transactions may write.
    ReadWrite,
    /// Transactions are read-only.
    ReadOnly,
    /// The server is a primary.
    Primary,
    /// The server is a standby.
    Standby,
    /// A standby if there is one, otherwise any server.
    PreferStandby,
}

/// By libpq's names.
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
