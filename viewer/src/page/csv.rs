//! The table as CSV (RFC 4180), with exact numbers and ISO dates.

use super::{quoting::quoted, table::Table};
use crate::{
    calendar::{Grain, MINUTE_US, Slot, format},
    data::{Dataset, Measure},
};
use std::fmt::Write;

const LINE_END: &str = "\r\n";

/// The rows of the table, in its order, with a header.
pub fn of(data: &Dataset, table: &Table) -> String {
    let counted = match data.measure {
        Measure::Listeners => "listeners",
        _ => "events",
    };
    let is_of_days = data.grain.sums_days();
    let extra = &table.extra;
    let mut text = format!(
        "{},event_type,region,{counted},late_events,state,updated_at{}{}{}\r\n",
        quoted(&match (data.grain, data.zone.is_utc()) {
            (Grain::Day, false) => format!("day ({})", data.zone.name),
            (grain, _) => grain.word().to_owned(),
        }),
        if is_of_days { ",days,of_days" } else { "" },
        if extra.has_means { ",mean_7_days" } else { "" },
        if extra.has_shares() {
            ",share_percent"
        } else {
            ""
        },
    );
    for &row in &*table.rows {
        let cell = data.cell(row);
        let state = data.finality(cell.slot).word();
        let updated_at = cell
            .updated_at
            .map(|at| format::stamp(at).replace(' ', "T") + "Z")
            .unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{},{},{},{},{},{state},{updated_at}\r\n",
            when(data.grain, cell.slot),
            quoted(&data.event_types[usize::from(cell.event_type)]),
            quoted(&data.regions[usize::from(cell.region)]),
            cell.events,
            cell.late_events,
        );
        // Appended, so that the positions of older columns do not change.
        text.truncate(text.len() - LINE_END.len());
        if is_of_days {
            let days = cell.days.unwrap_or(0);
            let _ = write!(text, ",{days},{}", data.grain.day_count(cell.slot));
        }
        if extra.has_means {
            let mean = extra.mean(data, &cell);
            text.push(',');
            text.extend(mean.map(|mean| format!("{:.2}", mean.value())));
        }
        if extra.has_shares() {
            let share = extra.share(data, &cell);
            text.push(',');
            text.extend(share.map(|share| format!("{:.2}", share.value() * 100.0)));
        }
        text.push_str(LINE_END);
    }
    text
}

/// A day, or a minute with its distance from UTC.
fn when(grain: Grain, slot: Slot) -> String {
    let Grain::Minute { offset } = grain else {
        return grain.iso(slot);
    };
    let minutes = offset / MINUTE_US;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    format!(
        "{}{sign}{hours:02}:{minutes:02}",
        grain.iso(slot).replace(' ', "T")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::{Span, Zone},
        data::{
            Filter, Sort,
            tests::{noon, row},
        },
        page::Extra,
    };

    #[test]
    fn minutes_and_zones_are_named_in_full() {
        let zone = Zone {
            name: "Asia/Kathmandu".into(),
            offset: 345 * MINUTE_US,
            watermark_offset: 345 * MINUTE_US,
        };
        let first_line = |data: &Dataset, line| {
            let all = Filter::default();
            let span = Span::new(Slot(0), Slot(i32::MAX));
            let table = Table::new(data, span, &all, &all, Sort::default(), Extra::default());
            of(data, &table).lines().nth(line).unwrap().to_owned()
        };
        let rows = || vec![row(20_530 * 1440, "play", "EU", 7)];
        let minutes = Dataset::new(rows(), noon(0)).by_minute(zone.clone(), &[]);
        assert!(first_line(&minutes, 0).starts_with("minute,"));
        assert!(first_line(&minutes, 1).starts_with("2026-03-18T05:45+05:45,play,EU,7,"));
        let days = Dataset::new(vec![row(20_530, "play", "EU", 7)], noon(0));
        assert!(first_line(&days.in_zone(zone), 0).starts_with("day (Asia/Kathmandu),"));
    }

    #[test]
    fn exact_numbers_iso_dates_quotes() {
        let data = Dataset::new(
            vec![
                row(20_530, "play", "EU, \"west\"", 9_007_199_254_740_993),
                row(20_530, "stop", "=1+1", 0),
            ],
            noon(20_531),
        );
        let span = Span::new(Slot(20_530), Slot(20_530));
        let all = Filter::default();
        let table = Table::new(&data, span, &all, &all, Sort::default(), Extra::default());
        assert_eq!(
            of(&data, &table),
            "day,event_type,region,events,late_events,state,updated_at\r\n\
             2026-03-18,play,\"EU, \"\"west\"\"\",9007199254740993,0,over,1970-01-01T00:00:00Z\r\n\
             2026-03-18,stop,'=1+1,0,0,over,1970-01-01T00:00:00Z\r\n"
        );
    }
}
