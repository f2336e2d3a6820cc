-- The session of a killed ingestor must not wait on for a lock, and then claim a partition that its successor holds. Not
-- every platform of the server supports this setting.
set client_connection_check_interval = '1s'
