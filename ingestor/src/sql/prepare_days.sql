-- As make_partitions.sql, but limited to musicstream.max_new_days past days, because the clocks of producers may be wrong.
select musicstream_prepare_days(array(select date '1970-01-01' + day from unnest($1::integer[]) as day))
