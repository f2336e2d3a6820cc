-- Until the batch before this one is stored: no rows of the ledger are locked yet, so nobody is held up.
set local idle_in_transaction_session_timeout = '5min'
