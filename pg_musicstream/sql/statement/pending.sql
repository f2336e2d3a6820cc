-- Whether there are deltas and listener deltas to fold, and whether reject_counts and touched_hours have so many rows that
-- they should be merged. Most rollups find nothing to do.
select
    exists (select from metric_deltas),
    exists (select from listener_deltas),
    (select count(*) from (select from reject_counts limit 101) as few) > 100,
    case
        when (select count(*) from (select from touched_hours limit 20001) as few) > 20000
            then (select count(*) > 4 * count(distinct hour) from touched_hours)
        else false
    end
