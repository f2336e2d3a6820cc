//! Options that some views do not have, and the reasons. Command line, window and saved views all follow this list.

use super::{
    command::{Command, List},
    options::{Bucket, ChartOptions},
    reports::listeners::Part,
    state::State,
    view::View,
};
use crate::calendar::UTC;

/// An option of how numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Weeks or months instead of days.
    Bucket,
    /// The mean of seven days.
    Mean,
    /// Shares of the total.
    Share,
    /// A logarithmic axis.
    Log,
    /// One axis for all charts.
    SameScale,
    /// Only the largest names have a series of their own.
    Top,
    /// The order of series and charts.
    Order,
    /// The period before.
    Compare,
    /// Days of another zone than UTC.
    Zone,
}

impl Drawing {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Bucket,
        Self::Mean,
        Self::Share,
        Self::Log,
        Self::SameScale,
        Self::Top,
        Self::Order,
        Self::Compare,
        Self::Zone,
    ];

    /// The option that a command changes.
    pub fn of(command: &Command) -> Option<Self> {
        Some(match command {
            Command::SetBucket(_) | Command::NextBucket => Self::Bucket,
            Command::ToggleMean => Self::Mean,
            Command::ToggleShare => Self::Share,
            Command::ToggleLog => Self::Log,
            Command::ToggleSameScale => Self::SameScale,
            Command::SetTop(_) => Self::Top,
            Command::OrderBy(_) => Self::Order,
            Command::ToggleCompare => Self::Compare,
            _ => return None,
        })
    }
}

impl State {
    /// Why an option changes nothing in this view; `None`: it does change something.
    pub fn no_effect(&self, drawing: Drawing) -> Option<&'static str> {
        let of_view = without(self.view, self.reports.listeners, drawing);
        let needs_days = || (self.bucket != Bucket::Day).then_some("a mean of 7 days needs days");
        let if_stacked = |reason| {
            let shares = self.options.share && self.no_effect(Drawing::Share).is_none();
            shares.then_some(reason)
        };
        match drawing {
            // Beside shares as well: tables have a column of means.
            Drawing::Mean => of_view.or_else(needs_days),
            Drawing::Log | Drawing::SameScale => {
                of_view.or_else(|| if_stacked("shares are stacked: their axis ends at 100 %"))
            }
            Drawing::Compare => {
                of_view.or_else(|| if_stacked("shares are stacked: there are no lines to compare"))
            }
            _ => of_view,
        }
    }

    /// The lists whose names can be switched on and off in this view. The numbers of the others are over all names.
    pub fn lists(&self) -> &'static [List] {
        match self.view {
            View::Pipeline | View::Rejects => &[],
            View::Listeners | View::Listening | View::Songs => &[List::Regions],
            _ => &[List::EventTypes, List::Regions],
        }
    }

    /// What a slot of the view is, where it shows days: only what adds up over days has longer ones.
    pub fn shown_bucket(&self) -> Bucket {
        match self.no_effect(Drawing::Bucket) {
            None => self.bucket,
            Some(_) => Bucket::Day,
        }
    }

    /// The zone of the days on screen. Some views have days of UTC only.
    pub fn shown_zone(&self) -> &str {
        match self.no_effect(Drawing::Zone) {
            None => &self.zone,
            Some(_) => UTC,
        }
    }

    /// Whether the period before is drawn, too: it is asked for, and the view can.
    pub fn compares(&self) -> bool {
        self.compare && self.no_effect(Drawing::Compare).is_none()
    }

    /// How charts, table and CSV show numbers, as far as the view can.
    pub fn drawn(&self) -> ChartOptions {
        let has = |drawing| self.no_effect(drawing).is_none();
        let (options, usual) = (self.options, ChartOptions::default());
        ChartOptions {
            mean: options.mean && has(Drawing::Mean),
            share: options.share && has(Drawing::Share),
            log: options.log && has(Drawing::Log),
            same_scale: options.same_scale && has(Drawing::SameScale),
            top: options.top.filter(|_| has(Drawing::Top)),
            order: match has(Drawing::Order) {
                true => options.order,
                false => usual.order,
            },
        }
    }
}

fn without(view: View, part: Part, drawing: Drawing) -> Option<&'static str> {
    const NOW: &str = "the pipeline is shown as it is now";
    const SONGS: &str = "songs are counted over the whole range, in UTC days";
    const REJECTS: &str = "rejects are counted by UTC day";
    let of_days = matches!(view, View::ByEventType | View::ByRegion | View::Overlay);
    let of_events = of_days || matches!(view, View::Heatmap | View::Live);
    let daily_listeners = view == View::Listeners && part == Part::Day;
    match (drawing, view) {
        (Drawing::Bucket | Drawing::Zone, View::Pipeline) => Some(NOW),
        (Drawing::Bucket | Drawing::Zone, View::Songs) => Some(SONGS),
        (Drawing::Bucket | Drawing::Zone, View::Rejects) => Some(REJECTS),
        (Drawing::Zone, View::Listeners) => Some("listeners are counted by UTC day"),
        (Drawing::Zone, _) => None,
        (Drawing::Bucket, View::Live) => Some("the live view is by minute"),
        (Drawing::Bucket, View::Listeners) => Some(match part {
            Part::Day | Part::Week | Part::FourWeeks => {
                "distinct listeners of several days do not add up"
            }
            Part::New => "returning listeners of several days do not add up",
            Part::Retention => "retention is that of listeners with the same first day",
        }),
        (Drawing::Bucket, _) => None,
        (Drawing::Mean, View::Table) => None,
        (Drawing::Mean, _) if of_days => None,
        (Drawing::Mean, _) => Some("only events by day have a mean of 7 days"),
        (Drawing::Share, View::Table | View::Live) => None,
        (Drawing::Share, _) if of_days => None,
        (Drawing::Share, _) => Some("only lines and rows of events have shares"),
        (Drawing::Log, View::Heatmap | View::Table) => Some("there is no axis of values"),
        (Drawing::Log, _) if of_events || daily_listeners => None,
        (Drawing::Log, _) => Some("only charts of events and daily listeners have such an axis"),
        (Drawing::SameScale, View::ByEventType | View::ByRegion) => None,
        (Drawing::SameScale, _) => Some("there are not several charts of events"),
        (Drawing::Top | Drawing::Order, _) if of_events || daily_listeners => None,
        (Drawing::Top | Drawing::Order, _) => {
            Some("only charts of events and daily listeners have it")
        }
        (Drawing::Compare, View::Heatmap | View::Table) => Some("there are no lines to compare"),
        (Drawing::Compare, View::Songs) => Some("songs are always compared"),
        (Drawing::Compare, View::Pipeline | View::Rejects) => Some("no earlier days are shown"),
        (Drawing::Compare, View::Listeners) if part == Part::Retention => {
            Some("there are no lines to compare")
        }
        (Drawing::Compare, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_leaves_out_what_the_view_does_not_have() {
        let all = ChartOptions {
            mean: true,
            share: true,
            log: true,
            same_scale: true,
            top: Some(5),
            ..ChartOptions::default()
        };
        let state = |view, bucket| State {
            view,
            bucket,
            options: all,
            zone: "Asia/Kathmandu".into(),
            ..State::default()
        };
        let lines = ChartOptions {
            share: false,
            ..all
        };
        let shares = ChartOptions {
            log: false,
            same_scale: false,
            ..all
        };
        let mut by_type = state(View::ByEventType, Bucket::Day);
        assert_eq!(by_type.drawn(), shares, "a stack has an axis of its own");
        by_type.options.share = false;
        assert_eq!(by_type.drawn(), lines);
        by_type.options.share = true;
        by_type.view = View::Listeners;
        assert!(by_type.drawn().log, "listeners have no shares");
        assert!(!state(View::ByEventType, Bucket::Week).drawn().mean);
        assert_eq!(
            state(View::Songs, Bucket::Day).drawn(),
            ChartOptions::default()
        );
        for (view, bucket, zone) in [
            (View::Listening, Bucket::Week, "Asia/Kathmandu"),
            (View::Table, Bucket::Week, "Asia/Kathmandu"),
            (View::Live, Bucket::Day, "Asia/Kathmandu"),
            (View::Listeners, Bucket::Day, UTC),
            (View::Songs, Bucket::Day, UTC),
            (View::Rejects, Bucket::Day, UTC),
        ] {
            let state = state(view, Bucket::Week);
            assert_eq!(state.shown_bucket(), bucket, "{view:?}");
            assert_eq!(state.shown_zone(), zone, "{view:?}");
        }
    }
}
