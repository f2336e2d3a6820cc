//! What to do when most records of a run are rejected for one reason.

use crate::counts::{Rejects, Totals};

/// Which setting or fix applies, if more than half of what was read was rejected for one reason.
pub(crate) fn advice(totals: &Totals, rejects: &Rejects) -> Option<String> {
    let (reason, count) = rejects.iter().max_by_key(|(_, count)| **count)?;
    (2 * count > totals.read).then(|| {
        format!(
            "{count} of {} were rejected as {reason}: {}",
            totals.read,
            fix(reason)
        )
    })
}

fn fix(reason: &str) -> &'static str {
    match reason {
        "malformed_json" => {
            "the records are no JSON objects; is this the right topic, or the right --format of the file?"
        }
        "malformed_csv" => "the rows do not fit the header; look at delimiter and quotes",
        "not_utf8" => "the input is not UTF-8; convert it, as with iconv",
        "missing_field" => {
            "event_id, user_id, event_type, region and ts must not be absent, null or empty; \
             rejected_events.detail names the field"
        }
        "invalid_event_id" => "event_id must be a UUID, hyphenated or 32 hexadecimal digits",
        "invalid_user_id" => "user_id must have at most 128 bytes and no control characters",
        "invalid_event_type" | "invalid_region" => {
            "event_type and region must have at most 64 bytes and no control characters"
        }
        "invalid_ts" => "ts must be an RFC 3339 time, or an integer in epoch milliseconds",
        "invalid_song_id" | "invalid_device" => {
            "song_id and device must have at most 128 bytes and no NUL"
        }
        "too_large" => "the records are longer than a record may be",
        "unknown_event_type" => {
            "add the types that you want: insert into event_types values ('…'); then run replay --reason unknown_event_type"
        }
        "too_old" => {
            "musicstream.retention says how old an event may be: alter database … set musicstream.retention = '30000d'; \
             then, in a new session, run replay --reason too_old"
        }
        "too_far_in_future" => {
            "the times are ahead of the server's clock: look at the zone and the unit of ts, and at musicstream.max_future"
        }
        "day_frozen" => {
            "musicstream_expire() dropped the events of these days; their metrics stay as they are, and nothing is to be done"
        }
        "no_partition" => {
            "something is in the way of a day's partition: rejected_events.detail names it; attach, rename or drop it, \
             then run replay --reason no_partition"
        }
        "too_many_new_days" => {
            "make the days with musicstream_make_partitions(), or raise musicstream.max_new_days; \
             then run replay --reason too_many_new_days"
        }
        "refused_by_database" => {
            "a constraint or a trigger of your own refuses them: rejected_events.detail has the SQLSTATE"
        }
        _ => "rejected_events.detail says why",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_most_records_have_in_common_is_advised_on() {
        let totals = Totals {
            read: 10,
            rejected: 9,
            ..Totals::default()
        };
        let rejects = |old, types| {
            Rejects::from([
                ("too_old".to_owned(), old),
                ("unknown_event_type".to_owned(), types),
            ])
        };
        let text = advice(&totals, &rejects(6, 3)).unwrap();
        assert!(text.starts_with("6 of 10 were rejected as too_old: musicstream.retention"));
        let text = advice(&totals, &rejects(1, 8)).unwrap();
        assert!(text.contains("event_types"), "{text}");
        assert_eq!(advice(&totals, &rejects(5, 4)), None);
        assert_eq!(advice(&Totals::default(), &Rejects::new()), None);
    }
}
