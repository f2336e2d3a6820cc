-- Whether a batch could be stored: neither a standby nor a read-only database takes one.
select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off'
