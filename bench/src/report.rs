//! The figures as a section of docs/benchmarks.md.

use std::fmt::Write;

use crate::measure::{Figures, Plan};

const BEGIN: &str = "<!-- written by make bench-extension: from here -->\n";
const END: &str = "<!-- to here -->\n";

/// The section, between its marks.
pub(crate) fn section(plan: &Plan, figures: &Figures) -> String {
    let mut text = String::from(BEGIN);
    // Writing to a String cannot fail.
    let _ = write_section(&mut text, plan, figures);
    text + END
}

/// `old` with the section in place of its former one, or at its end.
pub(crate) fn replaced(old: &str, section: &str) -> String {
    match (old.find(BEGIN), old.find(END)) {
        (Some(begin), Some(end)) if begin < end => {
            format!("{}{section}{}", &old[..begin], &old[end + END.len()..])
        }
        _ => format!("{old}{section}"),
    }
}

fn write_section(text: &mut String, plan: &Plan, figures: &Figures) -> std::fmt::Result {
    let rows = plan.batch_rows as f64;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = &figures.load;
    let days: Vec<String> = figures
        .sizes
        .iter()
        .map(|size| plan.days(size.stored_millions).to_string())
        .collect();
    writeln!(
        text,
        "{}; client and server on the same {cores} cores.\n\
         One connection, batches of {} rows: event_id random, 3 event types, 50 regions, 200,000 users, half a second \
         of event time at noon, 1 in 100 rows up to a day late.\n\
         An upsert is the whole transaction: ledger, binary COPY into the staging table, judgement, insert, deltas, \
         sketches, commit; its rows are sent sorted by event_id, as the ingestor does.\n\
         Lower quartiles of {} batches; what is compared took turns, batch by batch, so compare ratios, not runs.\n\
         Events stored beforehand are spread over {} days, that of the batches among them; the minutes that late events change \
         have been written since the last checkpoint.\n\
         Load average before the run, of whatever else the machine did: {load}.\n",
        figures.server,
        plan.batch_rows,
        plan.batches,
        days.join(", "),
    )?;
    writeln!(
        text,
        "| events stored | COPY, ids as they come | COPY, sorted | upsert, empty | upsert, stored | upsert ÷ COPY (target 0.85) | upsert ÷ sorted COPY | stored ÷ empty (target 0.9) |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
    for size in &figures.sizes {
        let rate = |seconds: f64| format!("{:.0} k/s", rows / seconds / 1000.0);
        let (copy, sorted) = (size.copy.typical(), size.copy_sorted.typical());
        let (empty, stored) = (size.upsert_empty.typical(), size.upsert_stored.typical());
        writeln!(
            text,
            "| {} M | {} | {} | {} | {} | {:.2} | {:.2} | {:.2} |",
            size.stored_millions,
            rate(copy),
            rate(sorted),
            rate(empty),
            rate(stored),
            copy / empty,
            sorted / empty,
            empty / stored,
        )?;
    }
    writeln!(
        text,
        "\nA rollup after each batch, in the database with events stored and in the one without; \
         one with nothing to do; and one look at `musicstream_status`:\n"
    )?;
    writeln!(
        text,
        "| events stored | pending deltas | rollup, empty | rollup, stored | stored ÷ empty | that, against the first line (target 0.85 to 1.15) | nothing to do (target < 2 ms) | status |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
    let mut first = None;
    for size in &figures.sizes {
        let (empty, stored) = (size.rollup_empty.typical(), size.rollup_stored.typical());
        let ratio = stored / empty;
        writeln!(
            text,
            "| {} M | {} | {:.1} ms | {:.1} ms | {:.2} | {:.2} | {:.2} ms | {:.2} ms |",
            size.stored_millions,
            size.pending_deltas,
            empty * 1e3,
            stored * 1e3,
            ratio,
            ratio / *first.get_or_insert(ratio),
            size.idle_rollup.typical() * 1e3,
            size.status.typical() * 1e3,
        )?;
    }
    writeln!(
        text,
        "\n`select * from live_daily_metrics`, one year × 3 types × 50 regions with a minute of deltas pending \
         (18,000 rows): {:.0} ms (target 50).",
        figures.live.typical() * 1e3
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_is_replaced() {
        let first = replaced("# Benchmarks\n", &format!("{BEGIN}one\n{END}"));
        let second = replaced(&format!("{first}more\n"), &format!("{BEGIN}two\n{END}"));
        assert_eq!(second, format!("# Benchmarks\n{BEGIN}two\n{END}more\n"));
    }
}
