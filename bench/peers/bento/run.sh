#!/usr/bin/env bash
# Bento: endless; the benchmark ends it as soon as all events are in the table.
exec "$PEERS/bento/bento" -c "$(dirname "$0")/config.yaml"
