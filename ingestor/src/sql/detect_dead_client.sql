-- A killed ingestor's session must not go on waiting for locks, and then claim what its successor holds.
-- Not every platform of the server can notice that a client has gone.
set client_connection_check_interval = '1s'
