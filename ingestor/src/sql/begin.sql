begin isolation level read committed;
-- While the rows are sent the server waits for the client: one that hangs holds the transaction open.
set local statement_timeout = '30s'
