-- In a transaction of its own, before the batch: so the lock is held for a moment only. Days that the database would
-- not believe are passed over.
select musicstream_make_partitions(array(select date '1970-01-01' + day from unnest($1::integer[]) as day))
