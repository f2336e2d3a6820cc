#!/usr/bin/env bash
# Bento, which does not end by itself: the benchmark terminates it once all events are in the table.
exec "$PEERS/bento/bento" -c "$(dirname "$0")/config.yaml"
