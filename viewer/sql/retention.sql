-- Users by their first UTC day and its region, and how many of them were active 1, 7 and 28 days later. Exact;
-- null: that day is not over.
select day,
       region,
       new_listeners,
       day_1,
       day_7,
       day_28
from listener_retention
where day between $1 and $2
