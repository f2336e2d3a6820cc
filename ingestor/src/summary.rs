//! What `load` and `stream` print at their end.

use std::time::Duration;

use serde::Serialize;

use crate::advice::advice;
use crate::counts::{Rejects, Stored, Totals};
use crate::output::{Output, line_of_counts, rate, rounded};

/// How a run ended, unless it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All input was stored or rejected.
    AtEnd,
    /// A signal stopped it before the end of its input.
    Interrupted,
    /// A signal stopped an endless stream.
    Stopped,
}

impl Ending {
    /// Whether all input was processed; `None` for an endless stream.
    pub(crate) fn is_complete(self) -> Option<bool> {
        match self {
            Ending::AtEnd => Some(true),
            Ending::Interrupted => Some(false),
            Ending::Stopped => None,
        }
    }

    /// The beginning of a summary in text form.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Ending::Interrupted => "interrupted before the end: ",
            Ending::AtEnd | Ending::Stopped => "",
        }
    }

    /// How two runs ended together.
    pub(crate) fn and(self, other: Ending) -> Ending {
        match (self, other) {
            (Ending::AtEnd, other) => other,
            (ending, Ending::AtEnd) => ending,
            (Ending::Stopped, Ending::Stopped) => Ending::Stopped,
            _ => Ending::Interrupted,
        }
    }
}

/// The summary of a run.
#[derive(Serialize)]
pub(crate) struct Summary<'a> {
    #[serde(flatten)]
    totals: &'a Totals,
    seconds: f64,
    events_per_second: f64,
    reasons: &'a Rejects,
    advice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<bool>,
    #[serde(skip)]
    prefix: &'static str,
}

impl Summary<'_> {
    pub(crate) fn new(stored: &Stored, ending: Ending, elapsed: Duration) -> Summary<'_> {
        let totals = &stored.totals;
        let seconds = elapsed.as_secs_f64();
        Summary {
            totals,
            seconds: rounded(seconds),
            events_per_second: rate(totals.read, seconds),
            reasons: &stored.rejects,
            advice: advice(totals, &stored.rejects),
            complete: ending.is_complete(),
            prefix: ending.prefix(),
        }
    }
}

impl Output for Summary<'_> {
    fn text(&self) -> String {
        let counts = line_of_counts([
            ("read", self.totals.read),
            ("inserted", self.totals.inserted),
            ("duplicate", self.totals.duplicate),
            ("conflicting", self.totals.conflicting),
            ("rejected", self.totals.rejected),
        ]);
        let line = format!(
            "{}{counts}  in {:.1} s ({} events/s)",
            self.prefix, self.seconds, self.events_per_second
        );
        let lines: Vec<String> = [line].into_iter().chain(self.advice.clone()).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OutputFormat;

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

    fn render(stored: &Stored, ending: Ending, elapsed: Duration, format: OutputFormat) -> String {
        Summary::new(stored, ending, elapsed).render(format)
    }

    #[test]
    fn json_has_the_names_that_scripts_rely_on() {
        let render = |ending| {
            render(
                &stored(),
                ending,
                Duration::from_millis(2500),
                OutputFormat::Json,
            )
        };
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
        let render = |ending| {
            render(
                &stored(),
                ending,
                Duration::from_millis(2500),
                OutputFormat::Text,
            )
        };
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
    fn a_prevailing_reason_has_its_own_line() {
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
        let text = render(
            &all,
            Ending::AtEnd,
            Duration::from_secs(1),
            OutputFormat::Text,
        );
        assert!(
            text.contains("\n91 of 100 were rejected as too_old: musicstream.retention"),
            "{text}"
        );
        let json = render(
            &all,
            Ending::AtEnd,
            Duration::from_secs(1),
            OutputFormat::Json,
        );
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(
            json["advice"]
                .as_str()
                .unwrap()
                .contains("musicstream.retention")
        );
    }
}
