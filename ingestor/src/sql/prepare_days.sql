-- As make_partitions.sql, of past days no more than musicstream.max_new_days: what comes as it comes may have wrong clocks.
select musicstream_prepare_days(array(select date '1970-01-01' + day from unnest($1::integer[]) as day))
