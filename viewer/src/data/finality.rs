//! Whether a slot's numbers can still change.

use crate::calendar::Slot;

/// What can be said about a slot as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finality {
    /// The watermark is past its end: only late events can still be added.
    Final,
    /// The slot has ended by the clock and there is no watermark; for a minute: events of later minutes have arrived.
    Over,
    /// The slot has ended by the clock, but the watermark has not passed its end.
    Open,
    /// The slot has not ended yet.
    SoFar,
}

impl Finality {
    /// Decides the state of a slot. Charts, table, CSV and pictures all use this function.
    /// `reached` is the slot of the watermark, if there is one.
    pub fn decide(slot: Slot, current: Slot, reached: Option<Slot>) -> Self {
        match reached {
            _ if slot >= current => Self::SoFar,
            Some(reached) if slot < reached => Self::Final,
            Some(_) => Self::Open,
            None => Self::Over,
        }
    }

    /// The same for a minute. It is over once an event two or more minutes later has arrived: the watermark is about an hour
    /// behind, which is little for a day but more than all minutes on screen.
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

    /// The state as a word, the same in the window and in CSV.
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
