-- A read-only session with timeouts, in UTC.
set default_transaction_read_only = on;
set statement_timeout = '20s';
set lock_timeout = '5s';
set timezone = 'UTC';
