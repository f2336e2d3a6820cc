//! Events distributed by Citus over two workers: the tests of ordinary tables hold there, too, and a commit that a crash cuts
//! off between its two phases loses and doubles nothing.

mod crash;
mod scripts;

use std::panic::{AssertUnwindSafe, catch_unwind};

use musicstream_tests::citus::Citus;

use crate::{
    bytes, correction, csv_file, dedup, inbox, listeners, listening, model, progress, protocol,
    record, security, zones,
};

/// Runs these tests one after the other, on a cluster that they share; each makes databases of its own.
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
    events_come_in_by_every_way:
        record::each_record_is_stored_or_kept_with_its_bytes_once,
        record::late_events_are_counted_and_labelled,
        csv_file::a_bad_row_is_kept_with_its_line_and_its_bytes,
        csv_file::a_load_that_is_killed_anywhere_goes_on_where_it_was,
        bytes::what_kafka_brought_comes_out_as_it_came,
        bytes::text_is_stored_as_it_is_whatever_the_encoding_of_the_client,
        dedup::each_batch_counts_what_is_new_in_it,
        dedup::sessions_that_store_the_same_events_at_once_store_each_once,
        inbox::a_rollup_of_a_large_inbox_takes_events_in_the_order_of_all_writers,
        inbox::a_rollup_of_a_large_inbox_makes_its_days_before_it_stores_events,
        inbox::times_as_postgres_writes_them_are_taken;
    corrections_correct:
        correction::erase::deleted_events_leave_every_number,
        correction::erase::a_deleted_event_that_comes_again_is_new,
        correction::erase::a_rolled_back_delete_leaves_nothing_behind,
        correction::erase::late_events_are_retracted_as_late,
        correction::erase::a_forgotten_user_is_nowhere,
        correction::expire::the_metrics_of_frozen_days_stay,
        correction::expire::what_comes_for_a_frozen_day_is_kept_as_day_frozen_by_every_way_in,
        correction::expire::pending_deltas_of_frozen_days_are_still_folded,
        correction::expire::a_day_whose_metrics_are_wrong_is_not_frozen,
        correction::rebuild::only_the_days_that_were_asked_for_are_looked_at,
        correction::rebuild::any_range_of_days_will_do,
        correction::rebuild::late_events_stay_counted_as_late,
        correction::reconcile::the_first_arrival_stays_and_the_others_are_kept_aside,
        correction::retry::a_new_event_type_lets_them_in_once,
        correction::retry::what_is_still_refused_has_the_reason_of_today,
        correction::retry::more_than_a_slice_is_retried_in_one_call,
        correction::neither_ingest_nor_read_may_correct,
        correction::isolation_above_read_committed_is_refused_with_a_way_out,
        correction::null_arguments_change_nothing;
    each_difference_is_found_and_mended:
        correction::rebuild::each_difference_is_found_and_mended;
    numbers_are_exact:
        listeners::batches_and_rollups_do_not_matter_to_the_listeners,
        zones::hours_and_days_of_any_zone_are_exact,
        progress::rejects_are_counted_whoever_changes_them,
        progress::the_watermark_follows_the_slowest_active_partition,
        protocol::only_the_owner_at_its_very_offset_can_store,
        protocol::a_claim_waits_for_the_batch_that_is_being_committed,
        protocol::bytes_are_kept_under_a_savepoint,
        security::no_role_changes_what_is_stored,
        security::bytes_of_rejected_input_are_seen_by_those_alone_who_may;
    listening_is_exact:
        listening::change::late_events_are_counted_where_they_belong,
        listening::change::deleted_events_leave_no_trace,
        listening::change::reconciled_and_rebuilt_days_are_exact,
        listening::change::frozen_days_keep_their_numbers,
        listening::change::what_waits_is_not_settled,
        listening::frozen::numbers_of_frozen_days_outlive_the_names,
        listening::rule::an_hour_keeps_its_rule_until_it_is_rebuilt,
        listening::rule::event_types_of_ones_own_start_and_end_playback;
    programs_end_as_the_model_does:
        model::programs_end_as_the_model_does;
}
