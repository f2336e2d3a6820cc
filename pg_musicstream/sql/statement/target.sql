-- Where events go: the table, and the watermark.
select 'raw_events'::regclass::oid, musicstream_watermark()
