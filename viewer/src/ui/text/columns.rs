//! The words of the tables of reports: their names, and their columns.

use super::{
    bars::rows,
    pseudo::{say, says},
};

/// The name of a table.
pub(crate) fn sheet(name: &str, rows: usize) -> String {
    let title = match name {
        "listening" => "Listening by day and region",
        "songs" => "Songs with most streams",
        "partitions" => "Source partitions",
        "rollups" => "Rollups",
        "reasons" => "Rejected input by reason",
        "rejected_events" => "The newest rejected input",
        "active_listeners" => "Distinct listeners by day and region",
        "new_listeners" => "New and returning listeners by day and region",
        "listener_retention" => "Retention by first day and region",
        other => other,
    };
    says(format!("{title}, {}", self::rows(rows)))
}

/// The title of a column, by its name in CSV.
pub(crate) fn sheet_column(name: &'static str) -> &'static str {
    say(match name {
        "day" => "Day",
        "week" => "Week",
        "month" => "Month",
        "days" => "Days",
        "rank" => "#",
        "song_id" => "Song",
        "change" => "Change",
        "source" => "Source",
        "partition" => "Partition",
        "next_offset" => "Next offset",
        "per_second" => "Rate",
        "lag_seconds" => "Lag",
        "newest_event_at" => "Newest event (UTC)",
        "holds_watermark" => "Watermark",
        "epoch" => "Epoch",
        "owner" => "Owner",
        "updated_at" => "Moved (UTC)",
        "ended_at" => "Rollup ended (UTC)",
        "milliseconds" => "Took",
        "deltas" => "Deltas",
        "reason" => "Reason",
        "rejected_in_range" => "In range",
        "rejected" => "All time",
        "place" => "Source",
        "received_at" => "Received (UTC)",
        "detail" => "Detail",
        "payload" => "Input",
        "listeners_1_day" => "1 day",
        "listeners_7_days" => "7 days",
        "listeners_28_days" => "28 days",
        "new_listeners" => "New",
        "returning_listeners" => "Returning",
        "new_share" => "Share of new",
        "day_1" => "Day 1",
        "day_7" => "Day 7",
        "day_28" => "Day 28",
        "day_1_rate" => "Day 1 %",
        "day_7_rate" => "Day 7 %",
        "day_28_rate" => "Day 28 %",
        "region" => "Region",
        "listening_seconds" => "Hours",
        "plays" => "Plays",
        "streams" => "Streams",
        "skips" => "Skips",
        "skip_rate" => "Skip rate",
        "sessions" => "Sessions",
        "state" => "State",
        other => other,
    })
}

/// The same with the zone of days.
pub(crate) fn sheet_head(name: &'static str, zone: &str) -> String {
    let city = zone.rsplit('/').next().unwrap_or(zone).replace('_', " ");
    match name {
        "day" => says(format!("Day ({city})")),
        name => sheet_column(name).into(),
    }
}

/// What stands above a table that is not alone, or not plain, by its name.
pub(crate) fn sheet_title(name: &str) -> Option<&'static str> {
    Some(say(match name {
        "partitions" => "Partitions",
        "rollups" => "Rollups",
        "listener_retention" => "New listeners who came back",
        _ => return None,
    }))
}

/// What a column's numbers mean.
pub(crate) fn sheet_column_tip(name: &str) -> &'static str {
    say(match name {
        "listening_seconds" => "Time listened; in CSV in seconds, to the microsecond",
        "plays" => "Plays that began",
        "listeners_1_day" | "listeners_7_days" | "listeners_28_days" => {
            "Distinct listeners of the days up to this one: an estimate, about ±0.8 %"
        }
        "next_offset" => "The first offset that is not stored; of a file, the first byte",
        "per_second" => "Offsets stored a second, over the last minute that this was shown",
        "lag_seconds" => "How long ago the newest event that came was made",
        "holds_watermark" => "The watermark follows the slowest active partition",
        "epoch" => "Counts the owners: an older one can no longer write",
        "milliseconds" => "How long the rollup took",
        "deltas" => "How many deltas it folded",
        "rejected_in_range" => "Received on the days on screen",
        "rejected" => "All that rejected_events holds, whatever days are on screen",
        "place" => "Topic, partition and offset; or file and line",
        "payload" => "The first 400 bytes",
        "new_listeners" => {
            "Users whose first day it was, in each region where they were active on it: exact"
        }
        "returning_listeners" => "Users who had been active on an earlier day: exact",
        "day_1" => "Of the new ones, those active on the day after, in whatever region",
        "day_7" => "Of the new ones, those active on the seventh day after",
        "day_28" => "Of the new ones, those active on the 28th day after",
        "day_1_rate" | "day_7_rate" | "day_28_rate" => {
            "Share of the new ones. The last line divides by those alone whose day 1, 7 or 28 is over; \
             the sum under New has all"
        }
        "change" => "Streams of the settled days against those of the days before",
        "streams" => "Plays that were long enough to count (30 seconds, unless set otherwise)",
        "skips" => "Shorter plays that an event ended",
        "skip_rate" => "Skips divided by plays",
        "sessions" => "Sessions that began",
        "days" => "On how many days of it there was a row",
        "state" => {
            "settled: all that belongs to it has come and is counted; so far: it has not ended"
        }
        _ => "",
    })
}

/// The line below a table, for screen readers.
pub(crate) fn sheet_total(rows: usize, numbers: &str) -> String {
    says(format!("Total of {}: {numbers}", self::rows(rows)))
}
