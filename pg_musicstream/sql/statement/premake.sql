-- The partitions of the days to come, so that the first batch of a day need not make its own. Where another session
-- is making some, the next rollup does.
select musicstream_make_partitions(
    array(
        select (current_timestamp at time zone 'UTC')::date + ahead
        from generate_series(0, musicstream_premade_until() - (current_timestamp at time zone 'UTC')::date) as ahead
    ),
    wait => false
)
