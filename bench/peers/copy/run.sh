#!/usr/bin/env bash
# Plain COPY BINARY by psql, one connection for each file, all at the same time. Usage: run.sh FILE...
set -euo pipefail
writers=()
for file in "$@"; do
  "$PSQL" -qX -v ON_ERROR_STOP=1 \
    -c "\\copy raw_events (event_id, user_id, event_type, region, ts, song_id, device) from '$file' with (format binary)" &
  writers+=($!)
done
for writer in "${writers[@]}"; do wait "$writer"; done
