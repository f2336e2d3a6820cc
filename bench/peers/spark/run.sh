#!/usr/bin/env bash
# Spark Structured Streaming in bounded mode, which ends by itself.
jars=("$PEERS"/spark/lib/*.jar)
exec "$PEERS/spark/venv/bin/python" "$(dirname "$0")/job.py" "$(
  IFS=,
  echo "${jars[*]}"
)"
