//! What `load` and `stream --until-end` say at their end.

use std::io::Write;
use std::time::Duration;

use crate::advice::advice;
use crate::args::OutputFormat;
use crate::counts::Stored;

/// How a run ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All input was judged, and stored or rejected.
    AtEnd,
    /// A signal stopped it before that.
    Interrupted,
    /// A signal stopped an endless stream, which has no other end.
    Stopped,
}

impl Ending {
    /// Whether all input was judged; `None` for a run whose input has no end.
    pub(crate) fn is_complete(self) -> Option<bool> {
        match self {
            Ending::AtEnd => Some(true),
            Ending::Interrupted => Some(false),
            Ending::Stopped => None,
        }
    }

    /// The first words of a summary in text form.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Ending::Interrupted => "interrupted before the end: ",
            Ending::AtEnd | Ending::Stopped => "",
        }
    }

    /// The ending of several runs together.
    pub(crate) fn and(self, other: Ending) -> Ending {
        match (self, other) {
            (Ending::AtEnd, other) => other,
            (ending, Ending::AtEnd) => ending,
            (Ending::Stopped, Ending::Stopped) => Ending::Stopped,
            _ => Ending::Interrupted,
        }
    }
}

impl Stored {
    /// Prints the summary on standard output.
    pub(crate) fn print(&self, ending: Ending, elapsed: Duration, output: OutputFormat) {
        let text = self.render(ending, elapsed, output);
        // A reader that has gone is no error: what was counted is stored.
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    fn render(&self, ending: Ending, elapsed: Duration, output: OutputFormat) -> String {
        let totals = &self.totals;
        let advice = advice(totals, &self.rejects);
        let seconds = elapsed.as_secs_f64();
        let rate = if seconds > 0.0 {
            totals.read as f64 / seconds
        } else {
            0.0
        };
        match output {
            OutputFormat::Text => {
                let line = format!(
                    "{}read {}  inserted {}  duplicate {}  conflicting {}  rejected {}  in {:.1} s ({:.0} events/s)",
                    ending.prefix(),
                    totals.read,
                    totals.inserted,
                    totals.duplicate,
                    totals.conflicting,
                    totals.rejected,
                    seconds,
                    rate
                );
                [Some(line), advice]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            OutputFormat::Json => {
                let mut json = serde_json::json!({
                    "read": totals.read,
                    "inserted": totals.inserted,
                    "duplicate": totals.duplicate,
                    "conflicting": totals.conflicting,
                    "rejected": totals.rejected,
                    "seconds": (seconds * 1000.0).round() / 1000.0,
                    "events_per_second": rate.round(),
                    "reasons": self.rejects,
                    "advice": advice,
                });
                if let Some(is_complete) = ending.is_complete() {
                    json["complete"] = is_complete.into();
                }
                json.to_string()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::{Rejects, Totals};

    const TOTALS: Totals = Totals {
        read: 10,
        inserted: 5,
        duplicate: 3,
        conflicting: 1,
        rejected: 1,
    };

    fn stored() -> Stored {
        Stored {
            totals: TOTALS,
            rejects: Rejects::from([("too_old".to_owned(), 1)]),
        }
    }

    #[test]
    fn json_has_the_names_that_scripts_rely_on() {
        let render =
            |ending| stored().render(ending, Duration::from_millis(2500), OutputFormat::Json);
        let text = render(Ending::AtEnd);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (name, count) in [
            ("read", 10),
            ("inserted", 5),
            ("duplicate", 3),
            ("conflicting", 1),
            ("rejected", 1),
        ] {
            assert_eq!(json[name], count, "{name}");
        }
        assert_eq!(json["seconds"], 2.5);
        assert_eq!(json["reasons"]["too_old"], 1);
        assert!(json["advice"].is_null());
        assert_eq!(json["events_per_second"], 4.0);
        assert_eq!(json["complete"], true);
        assert!(render(Ending::Interrupted).contains(r#""complete":false"#));
        assert!(!render(Ending::Stopped).contains("complete"));
    }

    #[test]
    fn text_has_all_figures() {
        let render =
            |ending| stored().render(ending, Duration::from_millis(2500), OutputFormat::Text);
        let text =
            "read 10  inserted 5  duplicate 3  conflicting 1  rejected 1  in 2.5 s (4 events/s)";
        assert_eq!(render(Ending::AtEnd), text);
        assert_eq!(render(Ending::Stopped), text);
        let interrupted = format!("interrupted before the end: {text}");
        assert_eq!(render(Ending::Interrupted), interrupted);
    }

    #[test]
    fn of_several_runs_one_that_was_interrupted_leaves_all_incomplete() {
        use Ending::{AtEnd, Interrupted, Stopped};
        assert_eq!(AtEnd.and(AtEnd), AtEnd);
        assert_eq!(AtEnd.and(Interrupted), Interrupted);
        assert_eq!(Interrupted.and(AtEnd), Interrupted);
        assert_eq!(Stopped.and(Stopped), Stopped);
    }

    #[test]
    fn what_most_records_have_in_common_has_a_line_of_its_own() {
        let mut all = stored();
        for _ in 0..9 {
            all.add(&Stored {
                totals: Totals {
                    read: 10,
                    rejected: 10,
                    ..Totals::default()
                },
                rejects: Rejects::from([("too_old".to_owned(), 10)]),
            });
        }
        let text = all.render(Ending::AtEnd, Duration::from_secs(1), OutputFormat::Text);
        assert!(
            text.contains("\n91 of 100 were rejected as too_old: musicstream.retention"),
            "{text}"
        );
        let json = all.render(Ending::AtEnd, Duration::from_secs(1), OutputFormat::Json);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(
            json["advice"]
                .as_str()
                .unwrap()
                .contains("musicstream.retention")
        );
    }
}
