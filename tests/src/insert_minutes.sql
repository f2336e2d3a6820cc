-- Inserts the minutes of a query, packed by the hour, into metric_deltas or minute_counts: see minutes.rs.
insert into musicstream_internal.TABLE (hour, event_type, region, events, late_events, minutes)
select date_bin('1 hour', minute, 'epoch'), event_type, region, sum(events), sum(late_events),
    musicstream_internal.pack_minutes(minute, events, late_events)
from (ROWS) as m (minute, event_type, region, events, late_events)
group by 1, 2, 3
