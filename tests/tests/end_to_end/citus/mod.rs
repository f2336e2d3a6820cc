//! Events distributed by Citus over two workers: tests of ordinary tables pass there as well, and a crash between the two
//! phases of a commit loses or duplicates nothing.

mod crash;
mod scripts;

use std::panic::{AssertUnwindSafe, catch_unwind};

use musicstream_tests::citus::Citus;

use crate::{
    bytes, correction, csv_file, dedup, inbox, listeners, listening, model, progress, protocol,
    record, security, zones,
};

/// Runs these tests one after the other on one cluster; each creates its own databases.
fn run_on_citus(group: &str, tests: &[(&str, fn())]) {
    let Some(citus) = Citus::start(&format!("citus::{group}")) else {
        return;
    };
    citus.with_distributed_databases(|| {
        let failed: Vec<&str> = tests
            .iter()
            .filter(|(name, test)| {
                println!("on Citus: {name}");
                catch_unwind(AssertUnwindSafe(test)).is_err()
            })
            .map(|(name, _)| *name)
            .collect();
        assert!(failed.is_empty(), "failed on Citus: {failed:#?}");
    });
}

macro_rules! on_citus {
    ($($group:ident: $($($step:ident)::+),+ $(,)?;)+) => {
        $(
            #[test]
            fn $group() {
                run_on_citus(
                    stringify!($group),
                    &[$((stringify!($($step)::+), $($step)::+ as fn())),+],
                );
            }
        )+
    };
}

on_citus! {
    events_from_every_input_are_stored:
        record::each_record_is_stored_or_rejected_once,
        record::late_events_are_counted_and_labelled,
        csv_file::an_invalid_row_is_rejected_with_its_line_and_bytes,
        csv_file::a_killed_load_continues_where_it_stopped,
        bytes::rejected_kafka_records_keep_their_bytes,
        bytes::text_is_stored_unchanged_with_any_client_encoding,
        dedup::each_batch_counts_its_new_events,
        dedup::concurrent_sessions_store_each_event_once,
        inbox::a_rollup_of_a_large_inbox_locks_events_in_the_order_of_all_writers,
        inbox::a_rollup_of_a_large_inbox_creates_partitions_before_it_stores_events,
        inbox::times_in_postgres_format_are_accepted;
    corrections_are_exact:
        correction::erase::deleted_events_are_removed_from_every_number,
        correction::erase::a_deleted_event_that_is_sent_again_is_new,
        correction::erase::a_rolled_back_delete_leaves_nothing_behind,
        correction::erase::late_events_are_retracted_as_late,
        correction::erase::a_forgotten_user_is_removed_everywhere,
        correction::expire::the_metrics_of_frozen_days_stay,
        correction::expire::events_of_frozen_days_are_rejected_as_day_frozen_from_every_input,
        correction::expire::pending_deltas_of_frozen_days_are_still_folded,
        correction::expire::a_day_whose_metrics_are_wrong_is_not_frozen,
        correction::rebuild::only_the_requested_days_are_verified_and_rebuilt,
        correction::rebuild::any_range_of_days_is_accepted,
        correction::rebuild::late_events_stay_counted_as_late,
        correction::reconcile::the_first_arrival_stays_and_the_others_are_rejected,
        correction::retry::rejects_of_a_new_event_type_are_stored_once,
        correction::retry::events_that_fail_again_get_the_current_reason,
        correction::retry::more_than_a_slice_is_retried_in_one_call,
        correction::the_ingest_and_read_roles_may_not_correct,
        correction::isolation_above_read_committed_is_refused_with_a_hint,
        correction::null_arguments_change_nothing;
    each_difference_is_found_and_repaired:
        correction::rebuild::each_difference_is_found_and_repaired;
    numbers_are_exact:
        listeners::listeners_do_not_depend_on_batches_and_rollups,
        zones::hours_and_days_of_any_zone_are_exact,
        progress::rejects_are_counted_after_any_change,
        progress::the_watermark_follows_the_slowest_active_partition,
        protocol::only_the_owner_at_the_current_offset_can_store,
        protocol::a_claim_waits_for_an_open_batch,
        protocol::bytes_are_kept_under_a_savepoint,
        security::no_role_changes_stored_data,
        security::bytes_of_rejects_need_a_privilege;
    listening_is_exact:
        listening::change::late_events_change_the_affected_quarters,
        listening::change::deleted_events_are_removed_from_listening,
        listening::change::reconciled_and_rebuilt_days_are_exact,
        listening::change::frozen_days_keep_their_numbers,
        listening::change::quarters_that_are_not_counted_are_not_settled,
        listening::frozen::numbers_of_frozen_days_stay_without_user_names,
        listening::rule::an_hour_keeps_its_rule_until_it_is_rebuilt,
        listening::rule::user_defined_event_types_start_and_end_playback;
    random_programs_agree_with_the_model:
        model::random_programs_agree_with_the_model;
}
