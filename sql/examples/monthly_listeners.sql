-- Monthly listeners by region, and the share of them that listened on the last day (stickiness).
-- Monthly listeners are the distinct users of the 28 days up to a day, an estimate with a standard error of 0.8 %. Do not add
-- them over regions, because a user may be in several: musicstream_listeners(from, to) counts each user once.
select
    day,
    region,
    listeners_28_days as monthly_listeners,
    round(100.0 * listeners_1_day / nullif(listeners_28_days, 0), 1) as daily_percent
from active_listeners
where day = '2026-03-28'
order by monthly_listeners desc, region;
