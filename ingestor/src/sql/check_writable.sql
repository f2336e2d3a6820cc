-- Neither a standby nor a read-only database accepts a batch.
select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off'
