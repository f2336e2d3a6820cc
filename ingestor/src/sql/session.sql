set application_name = 'musicstream-ingestor';
set client_min_messages = warning;
-- A batch holds its ledger rows locked: an ingestor that hangs within one must not hold up its successor.
set idle_in_transaction_session_timeout = '10s';
