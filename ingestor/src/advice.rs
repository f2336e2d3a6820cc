//! Advice for a run whose records were mostly rejected for one reason.

use crate::counts::{Rejects, Totals};

/// The setting or remedy that applies, if more than half of the records were rejected for one reason.
pub(crate) fn advice(totals: &Totals, rejects: &Rejects) -> Option<String> {
    let (reason, count) = rejects.iter().max_by_key(|(_, count)| **count)?;
    (2 * count > totals.read).then(|| {
        let fix = fix(reason);
        // The header with the names of the columns is not stored with a line.
        let exception = match fix.contains("run replay") {
            true => "; replay cannot read lines of CSV files: docs/corrections.md says how to store them",
            false => "",
        };
        format!(
            "{count} of {} were rejected as {reason}: {fix}{exception}",
            totals.read
        )
    })
}

fn fix(reason: &str) -> &'static str {
    match reason {
        "malformed_json" => {
            "the records are not JSON objects; check the topic, or the --format of the file"
        }
        "malformed_csv" => "the rows do not fit the header; check delimiter and quotes",
        "not_utf8" => "the input is not UTF-8; convert it, for example with iconv",
        "missing_field" => {
            "event_id, user_id, event_type, region and ts must not be absent, null or empty; \
             the detail of each reject names the field"
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
        "too_large" => "rows of files must have at most 1 MiB; correct the producer",
        "unknown_event_type" => {
            "add the types that you want: insert into event_types values ('…'); then run replay --reason unknown_event_type"
        }
        "too_old" => {
            "musicstream.retention limits the age of events: alter database … set musicstream.retention = '30000d'; \
             then, in a new session, run replay --reason too_old"
        }
        "too_far_in_future" => {
            "the times are ahead of the server's clock; check the time zone and the unit of ts, and musicstream.max_future"
        }
        "day_frozen" => {
            "musicstream_expire() has dropped the events of these days; their metrics are final, and nothing needs to be done"
        }
        "no_partition" => {
            "another object blocks the partition of a day: rejected_events.detail names it; attach, rename or drop it, \
             then run replay --reason no_partition"
        }
        "too_many_new_days" => {
            "make the partitions of these days with musicstream_make_partitions(), or raise musicstream.max_new_days; \
             then run replay --reason too_many_new_days"
        }
        "refused_by_database" => {
            "a constraint or trigger that you have added refuses them: rejected_events.detail has the SQLSTATE"
        }
        _ => "rejected_events.detail has the cause",
    }
}

#[cfg(test)]
mod tests {
    use musicstream_event::Reason;

    use super::*;

    #[test]
    fn there_is_advice_only_if_most_records_have_one_reason() {
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
        assert!(text.ends_with("docs/corrections.md says how to store them"));
        assert_eq!(advice(&totals, &rejects(5, 4)), None);
        assert_eq!(advice(&Totals::default(), &Rejects::new()), None);
    }

    #[test]
    fn every_reason_has_advice_and_that_for_a_dry_run_names_no_stored_reject() {
        for reason in Reason::ALL {
            let has_own = fix(reason.as_str()) != fix("");
            // Conflicting events are not counted as rejected.
            assert_eq!(has_own, reason != Reason::ConflictingDuplicate, "{reason}");
        }
        let found_without_database = Reason::ALL
            .into_iter()
            .take_while(|reason| *reason != Reason::RefusedByDatabase);
        for reason in found_without_database {
            let text = fix(reason.as_str());
            assert!(!text.contains("rejected_events"), "{reason}: {text}");
        }
    }
}
