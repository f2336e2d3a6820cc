//! Whether more can come for a slot.

use crate::calendar::Slot;

/// What can be said about a slot as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finality {
    /// The streams are past its end: late events may still be added, nothing else.
    Final,
    /// The slot is over: by the clock, where there is no watermark that could say more; a minute, since later ones came.
    Over,
    /// The slot is over, but the streams have not been seen to be past its end.
    Open,
    /// The slot has not ended: its numbers are those so far.
    SoFar,
}

impl Finality {
    /// What a slot is: the one place where that is decided, for charts, table, CSV and pictures alike.
    /// `reached` is the slot that the streams have come to, if there is a watermark.
    pub fn decide(slot: Slot, current: Slot, reached: Option<Slot>) -> Self {
        match reached {
            _ if slot >= current => Self::SoFar,
            Some(reached) if slot < reached => Self::Final,
            Some(_) => Self::Open,
            None => Self::Over,
        }
    }

    /// The same of a minute, which has a rule of its own: it is over once an event of a later minute than the next one
    /// has come. The watermark follows by an hour or so, which is nothing for a day and all of the minutes on screen.
    pub fn decide_minute(
        minute: Slot,
        current: Slot,
        reached: Option<Slot>,
        newest: Option<Slot>,
    ) -> Self {
        match (Self::decide(minute, current, reached), newest) {
            (Self::Open, Some(newest)) if minute.plus(1) < newest => Self::Over,
            (Self::Over, Some(newest)) if minute.plus(1) >= newest => Self::Open,
            (decided, _) => decided,
        }
    }

    /// The same in words, in the window as in CSV.
    pub fn word(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Over => "over",
            Self::Open => "not final",
            Self::SoFar => "so far",
        }
    }

    /// Whether the slot may be compared with others.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Final | Self::Over)
    }
}
