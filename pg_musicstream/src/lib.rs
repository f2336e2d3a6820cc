//! Idempotent upsert and incremental daily metrics of listening events, inside Postgres.
//!
//! The objects that users name are declared in `sql/table`, `sql/view` and `sql/function`, those of the internal schema below
//! `sql/internal`. The statements that the functions run are in `sql/statement`. Rust decides which rows are stored, in which
//! order, and under which locks.

#![recursion_limit = "256"] // `sql_in_order!` recurses once per file
#![allow(unsafe_code)] // the boundary to Postgres; each block gives the reason why it is sound

mod aggregate;
mod block;
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
mod pg_time;
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

/// Declares SQL files. The script of CREATE EXTENSION runs them in the order given here.
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
    "internal_schema" "../sql/internal/schema.sql",
    "table_event_types" "../sql/table/event_types.sql",
    "internal_view_builtin_event_types" "../sql/internal/view/builtin_event_types.sql",
    "view_accepted_event_types" "../sql/view/accepted_event_types.sql",
    "table_staging_events" "../sql/table/staging_events.sql",
    "internal_table_staging_shape" "../sql/internal/table/staging_shape.sql",
    "table_raw_events" "../sql/table/raw_events.sql",
    "internal_table_metric_deltas" "../sql/internal/table/metric_deltas.sql",
    "internal_table_minute_counts" "../sql/internal/table/minute_counts.sql",
    "table_daily_metrics" "../sql/table/daily_metrics.sql",
    "table_rejected_events" "../sql/table/rejected_events.sql",
    "table_ingest_offsets" "../sql/table/ingest_offsets.sql",
    "internal_table_rollup_state" "../sql/internal/table/rollup_state.sql",
    "internal_table_listener_deltas" "../sql/internal/table/listener_deltas.sql",
    "table_daily_listeners" "../sql/table/daily_listeners.sql",
    "internal_function_count_rejects" "../sql/internal/function/count_rejects.sql",
    "internal_table_reject_counts" "../sql/internal/table/reject_counts.sql",
    "internal_table_locks" "../sql/internal/table/locks.sql",
    "internal_function_idle_after" "../sql/internal/function/idle_after.sql",
    "internal_function_max_listen" "../sql/internal/function/max_listen.sql",
    "internal_function_stream_after" "../sql/internal/function/stream_after.sql",
    "internal_function_session_gap" "../sql/internal/function/session_gap.sql",
    "function_musicstream_sketch_estimate" "../sql/function/musicstream_sketch_estimate.sql",
    "internal_function_canonical_sketch" "../sql/internal/function/canonical_sketch.sql",
    "internal_function_sketch_users" "../sql/internal/function/sketch_users.sql",
    "function_musicstream_sketch_union" "../sql/function/musicstream_sketch_union.sql",
    "internal_function_grown_sketch" "../sql/internal/function/grown_sketch.sql",
    "table_frozen_days" "../sql/table/frozen_days.sql",
    "internal_table_new_days" "../sql/internal/table/new_days.sql",
    "table_listening_rules" "../sql/table/listening_rules.sql",
    "table_counted_hours" "../sql/table/counted_hours.sql",
    "internal_table_touched_hours" "../sql/internal/table/touched_hours.sql",
    "internal_table_listening_counts" "../sql/internal/table/listening_counts.sql",
    "internal_table_song_counts" "../sql/internal/table/song_counts.sql",
    "internal_table_listener_days" "../sql/internal/table/listener_days.sql",
    "internal_table_listener_first_days" "../sql/internal/table/listener_first_days.sql",
    "internal_table_frozen_playback" "../sql/internal/table/frozen_playback.sql",
    "internal_table_frozen_listeners" "../sql/internal/table/frozen_listeners.sql",
    "internal_table_hour_blocks" "../sql/internal/table/hour_blocks.sql",
    "function_musicstream_settled_before" "../sql/function/musicstream_settled_before.sql",
    "internal_function_touched_quarters" "../sql/internal/function/touched_quarters.sql",
    "internal_function_uncounted_quarters" "../sql/internal/function/uncounted_quarters.sql",
    "internal_function_minute_events" "../sql/internal/function/minute_events.sql",
    "internal_function_minute_late_events" "../sql/internal/function/minute_late_events.sql",
    "internal_function_add_minutes" "../sql/internal/function/add_minutes.sql",
    "internal_function_unpack_minutes" "../sql/internal/function/unpack_minutes.sql",
    "internal_function_packed_minutes" "../sql/internal/function/packed_minutes.sql",
    "internal_function_pack_minutes" "../sql/internal/function/pack_minutes.sql",
    "internal_function_sum_minutes" "../sql/internal/function/sum_minutes.sql",
    "view_live_daily_metrics" "../sql/view/live_daily_metrics.sql",
    "view_pending_days" "../sql/view/pending_days.sql",
    "view_minute_metrics" "../sql/view/minute_metrics.sql",
    "view_live_minute_metrics" "../sql/view/live_minute_metrics.sql",
    "view_hourly_metrics" "../sql/view/hourly_metrics.sql",
    "function_minute_metrics_between" "../sql/function/minute_metrics_between.sql",
    "view_live_daily_listeners" "../sql/view/live_daily_listeners.sql",
    "view_quarter_listening" "../sql/view/quarter_listening.sql",
    "view_hourly_listening" "../sql/view/hourly_listening.sql",
    "view_daily_listening" "../sql/view/daily_listening.sql",
    "internal_function_unpack_songs" "../sql/internal/function/unpack_songs.sql",
    "internal_function_sum_songs" "../sql/internal/function/sum_songs.sql",
    "view_daily_songs" "../sql/view/daily_songs.sql",
    "view_active_listeners" "../sql/view/active_listeners.sql",
    "view_new_listeners" "../sql/view/new_listeners.sql",
    "view_listener_retention" "../sql/view/listener_retention.sql",
    "view_musicstream_progress" "../sql/view/musicstream_progress.sql",
    "view_musicstream_status" "../sql/view/musicstream_status.sql",
    "internal_function_parse_event_id" "../sql/internal/function/parse_event_id.sql",
    "internal_function_parse_ts" "../sql/internal/function/parse_ts.sql",
    "internal_function_check_fields" "../sql/internal/function/check_fields.sql",
    "internal_function_event_json" "../sql/internal/function/event_json.sql",
    "function_musicstream_watermark" "../sql/function/musicstream_watermark.sql",
    "function_musicstream_claim" "../sql/function/musicstream_claim.sql",
    "function_musicstream_advance" "../sql/function/musicstream_advance.sql",
    "function_musicstream_release" "../sql/function/musicstream_release.sql",
    "internal_function_is_plausible" "../sql/internal/function/is_plausible.sql",
    "internal_function_premade_until" "../sql/internal/function/premade_until.sql",
    "internal_function_frozen_before" "../sql/internal/function/frozen_before.sql",
    "internal_function_max_new_days" "../sql/internal/function/max_new_days.sql",
    "internal_function_days_without_partition" "../sql/internal/function/days_without_partition.sql",
    "internal_function_make_missing_partitions" "../sql/internal/function/make_missing_partitions.sql",
    "function_musicstream_make_partitions" "../sql/function/musicstream_make_partitions.sql",
    "function_musicstream_prepare_days" "../sql/function/musicstream_prepare_days.sql",
    "internal_function_require_staging" "../sql/internal/function/require_staging.sql",
    "function_musicstream_session_staging" "../sql/function/musicstream_session_staging.sql",
    "internal_function_is_distributed" "../sql/internal/function/is_distributed.sql",
    "internal_function_make_staging_table" "../sql/internal/function/make_staging_table.sql",
    "function_musicstream_upsert_batch" "../sql/function/musicstream_upsert_batch.sql",
    "function_musicstream_upsert" "../sql/function/musicstream_upsert.sql",
    "internal_function_is_own_xid" "../sql/internal/function/is_own_xid.sql",
    "function_musicstream_set_rejected_bytes" "../sql/function/musicstream_set_rejected_bytes.sql",
    "function_musicstream_rollup" "../sql/function/musicstream_rollup.sql",
    "internal_function_stored_minutes" "../sql/internal/function/stored_minutes.sql",
    "internal_function_stored_listeners" "../sql/internal/function/stored_listeners.sql",
    "internal_function_stored_events" "../sql/internal/function/stored_events.sql",
    "internal_function_remove_events" "../sql/internal/function/remove_events.sql",
    "internal_function_stored_arrivals" "../sql/internal/function/stored_arrivals.sql",
    "internal_function_verify_listening" "../sql/internal/function/verify_listening.sql",
    "function_musicstream_verify" "../sql/function/musicstream_verify.sql",
    "internal_function_open_day" "../sql/internal/function/open_day.sql",
    "function_daily_metrics_at" "../sql/function/daily_metrics_at.sql",
    "function_daily_listening_at" "../sql/function/daily_listening_at.sql",
    "function_top_songs" "../sql/function/top_songs.sql",
    "function_musicstream_listeners" "../sql/function/musicstream_listeners.sql",
    "internal_function_rebuild_listeners" "../sql/internal/function/rebuild_listeners.sql",
    "function_musicstream_leaves" "../sql/function/musicstream_leaves.sql",
    "internal_function_begin_correction" "../sql/internal/function/begin_correction.sql",
    "internal_function_begin_listening" "../sql/internal/function/begin_listening.sql",
    "internal_function_current_listening_rule" "../sql/internal/function/current_listening_rule.sql",
    "internal_function_block_number" "../sql/internal/function/block_number.sql",
    "internal_function_scan_leaf" "../sql/internal/function/scan_leaf.sql",
    "internal_function_read_leaf" "../sql/internal/function/read_leaf.sql",
    "internal_function_read_playback" "../sql/internal/function/read_playback.sql",
    "internal_function_count_quarters" "../sql/internal/function/count_quarters.sql",
    "internal_function_count_hours" "../sql/internal/function/count_hours.sql",
    "internal_function_prune_listener_days" "../sql/internal/function/prune_listener_days.sql",
    "internal_function_count_touched_hours" "../sql/internal/function/count_touched_hours.sql",
    "function_musicstream_rollup_listening" "../sql/function/musicstream_rollup_listening.sql",
    "internal_function_rebuild_listening" "../sql/internal/function/rebuild_listening.sql",
    "internal_function_freeze_listeners" "../sql/internal/function/freeze_listeners.sql",
    "internal_function_keep_frozen_playback" "../sql/internal/function/keep_frozen_playback.sql",
    "function_musicstream_rebuild" "../sql/function/musicstream_rebuild.sql",
    "internal_function_retract_events" "../sql/internal/function/retract_events.sql",
    "function_musicstream_delete" "../sql/function/musicstream_delete.sql",
    "internal_function_names_user" "../sql/internal/function/names_user.sql",
    "function_musicstream_forget_user" "../sql/function/musicstream_forget_user.sql",
    "function_musicstream_reconcile" "../sql/function/musicstream_reconcile.sql",
    "function_musicstream_expire" "../sql/function/musicstream_expire.sql",
    "internal_function_decode_event" "../sql/internal/function/decode_event.sql",
    "function_musicstream_retry_rejected" "../sql/function/musicstream_retry_rejected.sql",
}
