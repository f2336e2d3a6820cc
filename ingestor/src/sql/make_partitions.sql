-- In a transaction before that of the batch, so that the lock on raw_events is held only for a moment. Days of which the
-- database would reject the events are skipped.
select musicstream_make_partitions(array(select date '1970-01-01' + day from unnest($1::integer[]) as day))
