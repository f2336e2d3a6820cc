-- While the batch waits for its ticket it has no rows of the ledger locked, so a long wait blocks no other session.
set local idle_in_transaction_session_timeout = '5min'
