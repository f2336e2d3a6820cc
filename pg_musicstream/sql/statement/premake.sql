-- Creates the partitions of the coming days, so that the first batch of a day does not have to. If another session is
-- creating partitions, the next rollup tries again.
select musicstream_make_partitions(
    array(
        select day
        from unnest(days_without_partition(array(
            select (current_timestamp at time zone 'UTC')::date + ahead
            from generate_series(0, premade_until() - (current_timestamp at time zone 'UTC')::date) as ahead
        ))) as d (day)
        order by day
        limit 100 -- the limit of make_missing_partitions(); the next rollup creates the others
    ),
    wait => false
)
