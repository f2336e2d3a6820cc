//! The words of what can be said about a slot.

use super::pseudo::{say, says};
use crate::{
    calendar::Grain,
    data::{Finality, Measure},
    page::reports::listening::state_word,
};

pub(crate) fn day_state(state: Finality) -> &'static str {
    say(state.word())
}

/// What a day is, as a measure has it.
pub(crate) fn state_of(measure: Measure, state: Finality) -> &'static str {
    match measure {
        Measure::Hours | Measure::Streams | Measure::SkipRate | Measure::Sessions => {
            say(state_word(state))
        }
        _ => day_state(state),
    }
}

/// What the state of a row means.
pub(crate) fn state_tip(grain: Grain, state: Finality) -> String {
    let slot = grain.word();
    says(match (state, grain) {
        (Finality::Final, _) => {
            format!("The watermark is past the end of this {slot}. Late events may still be added.")
        }
        (Finality::Over, Grain::Minute { .. }) => {
            "Events of later minutes have arrived. More events of this minute may still be added."
                .into()
        }
        (Finality::Over, _) => format!(
            "This {slot} is over by the clock. No watermark says whether all of its events have arrived."
        ),
        (Finality::Open, Grain::Minute { .. }) => {
            "This minute is over by the clock, but no event two minutes later has arrived.".into()
        }
        (Finality::Open, _) => {
            format!("This {slot} is over, but the watermark has not passed its end.")
        }
        (Finality::SoFar, _) => {
            format!("This {slot} has not ended: these are its numbers so far.")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes are over because of later events, days because of the clock.
    #[test]
    fn the_tip_of_a_state_gives_the_reason_for_this_kind_of_slot() {
        let minute = Grain::Minute { offset: 0 };
        for state in [Finality::Over, Finality::Open] {
            let tip = state_tip(minute, state);
            assert!(!tip.contains("watermark"), "{tip}");
        }
        let over = "Events of later minutes have arrived.";
        assert!(state_tip(minute, Finality::Over).starts_with(over));
        assert!(state_tip(Grain::Day, Finality::Over).contains("No watermark"));
        for (grain, word) in [
            (Grain::Day, "day"),
            (Grain::Week, "week"),
            (Grain::Month, "month"),
        ] {
            for state in [
                Finality::Final,
                Finality::Over,
                Finality::Open,
                Finality::SoFar,
            ] {
                let tip = state_tip(grain, state);
                assert!(
                    tip.to_lowercase().contains(&format!("this {word}")),
                    "{tip}"
                );
            }
        }
    }
}
