//! The table as CSV (RFC 4180): what is seen, with exact numbers and ISO dates.

use super::{
    data::{Dataset, DayState},
    format,
    table::{self, Table},
};
use std::fmt::Write;

/// The rows of the table, in its order, with a header.
pub fn of(data: &Dataset, table: &Table) -> String {
    let mut text = String::from("day,event_type,region,events,late_events,state,updated_at\r\n");
    for &row in &table.rows {
        let cell = &data.cells[row as usize];
        let state = match table::state(data, cell) {
            DayState::Final => "final",
            DayState::Open => "not final",
            DayState::SoFar => "so far",
        };
        let updated_at = cell
            .updated_at
            .map(|at| format::stamp(at).replace(' ', "T") + "Z")
            .unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{},{},{},{},{},{state},{updated_at}\r\n",
            cell.day.iso(),
            quoted(&data.event_types[usize::from(cell.event_type)]),
            quoted(&data.regions[usize::from(cell.region)]),
            cell.events,
            cell.late_events,
        );
    }
    text
}

/// Quotes where RFC 4180 asks for it. A text that a spreadsheet would run as a formula gets an apostrophe.
fn quoted(text: &str) -> String {
    let guarded = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if guarded.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        data::tests::{noon, row},
        day::Day,
        filter::Filter,
        span::Span,
        table::Sort,
    };

    #[test]
    fn exact_numbers_iso_dates_quotes() {
        let data = Dataset::new(
            vec![
                row(20_530, "play", "EU, \"west\"", 9_007_199_254_740_993),
                row(20_530, "stop", "=1+1", 0),
            ],
            noon(20_531),
        );
        let span = Span::new(Day(20_530), Day(20_530));
        let all = Filter::default();
        let table = Table::new(&data, span, &all, &all, Sort::default());
        assert_eq!(
            of(&data, &table),
            "day,event_type,region,events,late_events,state,updated_at\r\n\
             2026-03-18,play,\"EU, \"\"west\"\"\",9007199254740993,0,final,1970-01-01T00:00:00Z\r\n\
             2026-03-18,stop,'=1+1,0,0,final,1970-01-01T00:00:00Z\r\n"
        );
    }
}
