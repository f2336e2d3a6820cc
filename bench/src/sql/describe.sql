select format(
    'Postgres %s, shared_buffers %s, max_wal_size %s, fsync %s, synchronous_commit %s',
    split_part(current_setting('server_version'), ' ', 1),
    current_setting('shared_buffers'),
    current_setting('max_wal_size'),
    current_setting('fsync'),
    current_setting('synchronous_commit')
)
