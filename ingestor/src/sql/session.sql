set client_min_messages = warning;
-- A batch holds its ledger rows locked: an ingestor that hangs within one must not hold up its successor.
set idle_in_transaction_session_timeout = '10s';
-- A batch is staged and sorted in memory; both are taken only as far as they are needed.
set temp_buffers = '64MB';
set work_mem = '64MB';
