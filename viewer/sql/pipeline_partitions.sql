-- Progress of each source partition; 2000 at most.
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
