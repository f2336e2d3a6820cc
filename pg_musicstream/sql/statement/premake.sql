-- Creates the partitions of the coming days, so that the first batch of a day does not have to. If another session is
-- creating partitions, the next rollup tries again.
select musicstream_make_partitions(
    array(
        select (current_timestamp at time zone 'UTC')::date + ahead
        from generate_series(0, premade_until() - (current_timestamp at time zone 'UTC')::date) as ahead
    ),
    wait => false
)
