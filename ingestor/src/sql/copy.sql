copy pg_temp.staging_batch (
    partition, position, event_id, user_id, event_type, region, ts, song_id, device, reason, detail, key, payload
) from stdin with (format binary)
