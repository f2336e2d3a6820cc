-- The ten songs with the most streams in a week, over all regions.
-- For one region: top_songs('2026-03-02', '2026-03-08', 'eu'). The last argument is the number of songs.
select rank, song_id, streams, plays, round(100.0 * skips / nullif(plays, 0), 1) as skip_percent
from top_songs('2026-03-02', '2026-03-08', null, 10)
order by rank;
