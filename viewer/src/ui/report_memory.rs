//! What the window remembers of its reports.

use crate::{
    calendar::{Day, Grain, Span},
    data::{
        Filter,
        reports::{Answer, Ask},
    },
    page::{
        Chart, View,
        reports::{Choices, Contents, Nothing, sheet::Sort},
    },
};
use std::{collections::HashMap, rc::Rc, sync::Arc};

/// What the window remembers of its reports.
#[derive(Default)]
pub(crate) struct ReportMemory {
    /// What is shown, worked out once and drawn often.
    pub(super) built: Option<Built>,
    /// How tables are sorted, by their names.
    pub(super) sorts: HashMap<&'static str, Sort>,
    /// Which row of a table is selected, by its place on screen.
    pub(super) selected: HashMap<&'static str, usize>,
}

impl ReportMemory {
    /// What is shown, if there is anything.
    pub(crate) fn contents(&self) -> Option<Rc<Contents>> {
        self.built.as_ref()?.contents.as_ref().ok().cloned()
    }

    /// Whether charts have anything to compare with, whose first day is `first`. While it is read, that is assumed.
    pub(crate) fn has_before(&self, first: Day) -> bool {
        let Some(built) = &self.built else {
            return true;
        };
        let read = match &built.answer.ask {
            Ask::Listening(ask) => ask.span.first,
            Ask::Listeners(ask) => ask.span.first,
            _ => return true,
        };
        let charts = match &built.contents {
            Ok(contents) => contents.charts(),
            Err(_) => &[],
        };
        first < read || charts.iter().any(Chart::has_before)
    }
}

/// What a report shows, and what it was worked out from.
pub(super) struct Built {
    pub(super) answer: Arc<Answer>,
    pub(super) from: BuiltFrom,
    pub(super) contents: Result<Rc<Contents>, Nothing>,
}

/// All that decides what a report shows of an answer.
#[derive(Clone, PartialEq)]
pub(super) struct BuiltFrom {
    pub(super) view: View,
    pub(super) choices: Choices,
    /// What a slot is, and those on screen.
    pub(super) slots: Option<(Grain, Span)>,
    pub(super) regions: Filter,
    pub(super) sorts: HashMap<&'static str, Sort>,
}
