-- How many monthly listeners does each region have, and how sticky is it: what part of them listens on one day?
-- Monthly listeners are the distinct users of 28 days up to a day. They are estimated, with a standard error of 0.8 %, and
-- cannot be added up over regions, for one user may be in several: musicstream_listeners(from, to) counts all of them.
select
    day,
    region,
    listeners_28_days as monthly_listeners,
    round(100.0 * listeners_1_day / nullif(listeners_28_days, 0), 1) as daily_percent
from active_listeners
where day = '2026-03-28'
order by monthly_listeners desc, region;
