-- Distinct listeners of each UTC day, and of the 7 and 28 days up to it, by region: estimates.
select day,
       region,
       listeners_1_day,
       listeners_7_days,
       listeners_28_days
from active_listeners
where day between $1 and $2
