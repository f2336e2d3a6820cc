-- How far each source partition is. More than 2000 of them are not shown.
select source,
       partition,
       state,
       next_offset,
       epoch,
       owner,
       max_event_ts,
       holds_watermark,
       updated_at
from musicstream_progress
order by source, partition
limit 2000
