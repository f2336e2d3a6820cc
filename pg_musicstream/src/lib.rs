//! Idempotent upsert and incremental daily metrics of listening events, inside Postgres.
//!
//! The objects of the extension are declared in `sql/table`, `sql/view` and `sql/function`; the statements that the
//! functions run are in `sql/statement`. Rust decides: which rows, in which order, under which lock.

#![recursion_limit = "256"] // `sql_in_order!` goes one deeper with each file
#![allow(unsafe_code)] // the boundary to Postgres; each block says why it is sound

mod aggregate;
mod block;
mod bounds;
mod canonical;
mod copy_from;
mod correction;
mod deltas;
mod distribution;
mod encoding;
mod error;
mod field;
mod hour;
mod inbox;
mod listeners;
mod listening;
mod minutes;
mod names;
mod optimism;
mod packed;
mod plausible;
mod retry;
mod rollup;
mod rows;
mod settings;
mod sketch;
mod subtransaction;
mod time;
mod upsert;
mod version;

use pgrx::prelude::*;

pgrx::pg_module_magic!(name, version);

#[pg_guard]
extern "C-unwind" fn _PG_init() {
    settings::define();
}

/// Declares SQL files that are run in the order in which they stand here.
macro_rules! sql_in_order {
    ($name:literal $file:literal, $($rest:tt)*) => {
        pgrx::extension_sql_file!($file, name = $name);
        sql_in_order!(@after $name, $($rest)*);
    };
    (@after $before:literal, $name:literal $file:literal, $($rest:tt)*) => {
        pgrx::extension_sql_file!($file, name = $name, requires = [$before]);
        sql_in_order!(@after $name, $($rest)*);
    };
    (@after $last:literal,) => {};
}

sql_in_order! {
    "requirement_encoding" "../sql/requirement/encoding.sql",
    "table_event_types" "../sql/table/event_types.sql",
    "table_withdrawn_event_types" "../sql/table/withdrawn_event_types.sql",
    "table_staging_events" "../sql/table/staging_events.sql",
    "table_staging_shape" "../sql/table/staging_shape.sql",
    "table_raw_events" "../sql/table/raw_events.sql",
    "table_metric_deltas" "../sql/table/metric_deltas.sql",
    "table_minute_counts" "../sql/table/minute_counts.sql",
    "table_daily_metrics" "../sql/table/daily_metrics.sql",
    "table_rejected_events" "../sql/table/rejected_events.sql",
    "table_ingest_offsets" "../sql/table/ingest_offsets.sql",
    "table_rollup_state" "../sql/table/rollup_state.sql",
    "table_listener_deltas" "../sql/table/listener_deltas.sql",
    "table_daily_listeners" "../sql/table/daily_listeners.sql",
    "table_reject_counts" "../sql/table/reject_counts.sql",
    "table_turns" "../sql/table/turns.sql",
    "function_musicstream_idle_after" "../sql/function/musicstream_idle_after.sql",
    "function_musicstream_max_listen" "../sql/function/musicstream_max_listen.sql",
    "function_musicstream_stream_after" "../sql/function/musicstream_stream_after.sql",
    "function_musicstream_session_gap" "../sql/function/musicstream_session_gap.sql",
    "function_musicstream_sketch_estimate" "../sql/function/musicstream_sketch_estimate.sql",
    "function_musicstream_sketch_canonical" "../sql/function/musicstream_sketch_canonical.sql",
    "function_musicstream_sketch" "../sql/function/musicstream_sketch.sql",
    "function_musicstream_sketch_union" "../sql/function/musicstream_sketch_union.sql",
    "function_musicstream_sketch_grown" "../sql/function/musicstream_sketch_grown.sql",
    "table_frozen_days" "../sql/table/frozen_days.sql",
    "table_new_days" "../sql/table/new_days.sql",
    "table_listening_rules" "../sql/table/listening_rules.sql",
    "table_counted_hours" "../sql/table/counted_hours.sql",
    "table_touched_hours" "../sql/table/touched_hours.sql",
    "table_listening_counts" "../sql/table/listening_counts.sql",
    "table_song_counts" "../sql/table/song_counts.sql",
    "table_listener_days" "../sql/table/listener_days.sql",
    "table_listener_first_days" "../sql/table/listener_first_days.sql",
    "table_frozen_playback" "../sql/table/frozen_playback.sql",
    "table_frozen_listeners" "../sql/table/frozen_listeners.sql",
    "table_hour_blocks" "../sql/table/hour_blocks.sql",
    "function_musicstream_settled_before" "../sql/function/musicstream_settled_before.sql",
    "function_musicstream_touched_quarters" "../sql/function/musicstream_touched_quarters.sql",
    "function_musicstream_uncounted" "../sql/function/musicstream_uncounted.sql",
    "function_musicstream_minute_events" "../sql/function/musicstream_minute_events.sql",
    "function_musicstream_minute_late_events" "../sql/function/musicstream_minute_late_events.sql",
    "function_musicstream_minutes_plus" "../sql/function/musicstream_minutes_plus.sql",
    "function_musicstream_unpack" "../sql/function/musicstream_unpack.sql",
    "function_musicstream_packed" "../sql/function/musicstream_packed.sql",
    "function_musicstream_pack" "../sql/function/musicstream_pack.sql",
    "function_musicstream_minutes_sum" "../sql/function/musicstream_minutes_sum.sql",
    "view_live_daily_metrics" "../sql/view/live_daily_metrics.sql",
    "view_minute_metrics" "../sql/view/minute_metrics.sql",
    "view_live_minute_metrics" "../sql/view/live_minute_metrics.sql",
    "view_hourly_metrics" "../sql/view/hourly_metrics.sql",
    "function_minute_metrics_between" "../sql/function/minute_metrics_between.sql",
    "view_live_daily_listeners" "../sql/view/live_daily_listeners.sql",
    "view_quarter_listening" "../sql/view/quarter_listening.sql",
    "view_hourly_listening" "../sql/view/hourly_listening.sql",
    "view_daily_listening" "../sql/view/daily_listening.sql",
    "function_musicstream_unpack_songs" "../sql/function/musicstream_unpack_songs.sql",
    "function_musicstream_songs_sum" "../sql/function/musicstream_songs_sum.sql",
    "view_daily_songs" "../sql/view/daily_songs.sql",
    "view_active_listeners" "../sql/view/active_listeners.sql",
    "view_new_listeners" "../sql/view/new_listeners.sql",
    "view_listener_retention" "../sql/view/listener_retention.sql",
    "view_musicstream_progress" "../sql/view/musicstream_progress.sql",
    "view_musicstream_status" "../sql/view/musicstream_status.sql",
    "function_musicstream_event_id" "../sql/function/musicstream_event_id.sql",
    "function_musicstream_ts" "../sql/function/musicstream_ts.sql",
    "function_musicstream_refusal" "../sql/function/musicstream_refusal.sql",
    "function_musicstream_event_json" "../sql/function/musicstream_event_json.sql",
    "function_musicstream_watermark" "../sql/function/musicstream_watermark.sql",
    "function_musicstream_claim" "../sql/function/musicstream_claim.sql",
    "function_musicstream_advance" "../sql/function/musicstream_advance.sql",
    "function_musicstream_release" "../sql/function/musicstream_release.sql",
    "function_musicstream_is_plausible" "../sql/function/musicstream_is_plausible.sql",
    "function_musicstream_premade_until" "../sql/function/musicstream_premade_until.sql",
    "function_musicstream_frozen_before" "../sql/function/musicstream_frozen_before.sql",
    "function_musicstream_max_new_days" "../sql/function/musicstream_max_new_days.sql",
    "function_musicstream_days_without_partition" "../sql/function/musicstream_days_without_partition.sql",
    "function_musicstream_provide_partitions" "../sql/function/musicstream_provide_partitions.sql",
    "function_musicstream_make_partitions" "../sql/function/musicstream_make_partitions.sql",
    "function_musicstream_prepare_days" "../sql/function/musicstream_prepare_days.sql",
    "function_musicstream_require_staging" "../sql/function/musicstream_require_staging.sql",
    "function_musicstream_session_staging" "../sql/function/musicstream_session_staging.sql",
    "function_musicstream_is_distributed" "../sql/function/musicstream_is_distributed.sql",
    "function_musicstream_stage" "../sql/function/musicstream_stage.sql",
    "function_musicstream_upsert" "../sql/function/musicstream_upsert.sql",
    "function_musicstream_upsert_inbox" "../sql/function/musicstream_upsert_inbox.sql",
    "function_musicstream_is_own" "../sql/function/musicstream_is_own.sql",
    "function_musicstream_keep_bytes" "../sql/function/musicstream_keep_bytes.sql",
    "function_musicstream_rollup" "../sql/function/musicstream_rollup.sql",
    "function_musicstream_stored_minutes" "../sql/function/musicstream_stored_minutes.sql",
    "function_musicstream_stored_listeners" "../sql/function/musicstream_stored_listeners.sql",
    "function_musicstream_stored_events" "../sql/function/musicstream_stored_events.sql",
    "function_musicstream_remove_events" "../sql/function/musicstream_remove_events.sql",
    "function_musicstream_arrivals" "../sql/function/musicstream_arrivals.sql",
    "function_musicstream_verify_listening" "../sql/function/musicstream_verify_listening.sql",
    "function_musicstream_verify" "../sql/function/musicstream_verify.sql",
    "function_musicstream_open_day" "../sql/function/musicstream_open_day.sql",
    "function_daily_metrics_at" "../sql/function/daily_metrics_at.sql",
    "function_daily_listening_at" "../sql/function/daily_listening_at.sql",
    "function_top_songs" "../sql/function/top_songs.sql",
    "function_musicstream_listeners" "../sql/function/musicstream_listeners.sql",
    "function_musicstream_rebuild_listeners" "../sql/function/musicstream_rebuild_listeners.sql",
    "function_musicstream_leaves" "../sql/function/musicstream_leaves.sql",
    "function_musicstream_begin_correction" "../sql/function/musicstream_begin_correction.sql",
    "function_musicstream_begin_listening" "../sql/function/musicstream_begin_listening.sql",
    "function_musicstream_listening_rule" "../sql/function/musicstream_listening_rule.sql",
    "function_musicstream_block" "../sql/function/musicstream_block.sql",
    "function_musicstream_scan_leaf" "../sql/function/musicstream_scan_leaf.sql",
    "function_musicstream_read_leaf" "../sql/function/musicstream_read_leaf.sql",
    "function_musicstream_read_playback" "../sql/function/musicstream_read_playback.sql",
    "function_musicstream_count_quarters" "../sql/function/musicstream_count_quarters.sql",
    "function_musicstream_count_hours" "../sql/function/musicstream_count_hours.sql",
    "function_musicstream_prune_listener_days" "../sql/function/musicstream_prune_listener_days.sql",
    "function_musicstream_count_waiting" "../sql/function/musicstream_count_waiting.sql",
    "function_musicstream_rollup_listening" "../sql/function/musicstream_rollup_listening.sql",
    "function_musicstream_rebuild_listening" "../sql/function/musicstream_rebuild_listening.sql",
    "function_musicstream_freeze_listeners" "../sql/function/musicstream_freeze_listeners.sql",
    "function_musicstream_keep_frozen_playback" "../sql/function/musicstream_keep_frozen_playback.sql",
    "function_musicstream_rebuild" "../sql/function/musicstream_rebuild.sql",
    "function_musicstream_retract" "../sql/function/musicstream_retract.sql",
    "function_musicstream_delete" "../sql/function/musicstream_delete.sql",
    "function_musicstream_names_user" "../sql/function/musicstream_names_user.sql",
    "function_musicstream_forget_user" "../sql/function/musicstream_forget_user.sql",
    "function_musicstream_reconcile" "../sql/function/musicstream_reconcile.sql",
    "function_musicstream_expire" "../sql/function/musicstream_expire.sql",
    "function_musicstream_judge" "../sql/function/musicstream_judge.sql",
    "function_musicstream_retry_rejected" "../sql/function/musicstream_retry_rejected.sql",
}
