-- The settings of the ingestor's sessions.
set temp_buffers = '64MB';
set work_mem = '64MB';
select musicstream_session_staging();
