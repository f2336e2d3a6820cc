begin isolation level read committed;
-- While the rows are sent the server waits for the client: one that hangs holds its ledger rows locked.
set local statement_timeout = '30s'
