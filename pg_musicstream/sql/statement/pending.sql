-- Whether anything waits to be folded, and whether reject_counts has grown long: most rollups find nothing to do.
select
    exists (select from metric_deltas),
    exists (select from listener_deltas),
    (select count(*) from (select from reject_counts limit 101) as few) > 100
