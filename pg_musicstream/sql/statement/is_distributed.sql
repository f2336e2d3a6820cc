select exists (select from pg_catalog.pg_dist_partition where logicalrelid = 'raw_events'::regclass)
