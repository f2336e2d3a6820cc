select source, partition, next_offset, epoch, owner, max_event_ts, updated_at
from ingest_offsets
order by source, partition
