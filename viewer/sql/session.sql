-- A reader's session: it can change nothing, holds nothing up for long, and its days are UTC days.
set default_transaction_read_only = on;
set statement_timeout = '20s';
set lock_timeout = '5s';
set timezone = 'UTC';
