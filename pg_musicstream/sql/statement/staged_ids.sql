select event_id from pg_temp.staging_batch
