-- The table that events are written to, and the watermark.
select 'raw_events'::regclass::oid, musicstream_watermark()
