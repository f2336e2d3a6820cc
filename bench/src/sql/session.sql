-- As the ingestor sets its sessions.
set temp_buffers = '64MB';
set work_mem = '64MB';
select musicstream_session_staging();
