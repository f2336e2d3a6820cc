#!/usr/bin/env bash
# What a shell does: kcat to the end of the topic, psql's \copy, one statement. The metrics are left to the night.
# Usage: run.sh [COMMAND...], which writes the records in place of kcat.
set -euo pipefail
(($#)) || set -- kcat -C -b "$KAFKA_BROKERS" -t "$TOPIC" -o beginning -e -q
"$@" | "$PSQL" -qX -v ON_ERROR_STOP=1 -f "$(dirname "$0")/load.sql"
