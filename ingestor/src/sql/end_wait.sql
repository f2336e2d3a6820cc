-- From here on rows of the ledger are locked: see session.sql.
set local idle_in_transaction_session_timeout = '10s'
