set client_min_messages = warning;
-- A batch locks its rows of the ledger: an ingestor that hangs in a transaction must not block its successor.
set idle_in_transaction_session_timeout = '10s';
-- A batch is sorted in memory. The setting is a limit: memory is allocated as needed.
set work_mem = '64MB';
