-- A batch is staged in memory. The setting is a limit, which cannot be changed in a session that has used a temporary table, such
-- as one that a connection pooler hands over.
set temp_buffers = '64MB'
