#!/usr/bin/env bash
# A shell pipeline: kcat to the end of the topic, psql's \copy, one insert. The daily numbers follow from daily.sql.
# Usage: run.sh [COMMAND...]; COMMAND writes the records instead of kcat.
set -euo pipefail
(($#)) || set -- kcat -C -b "$KAFKA_BROKERS" -t "$TOPIC" -o beginning -e -q
"$@" | "$PSQL" -qX -v ON_ERROR_STOP=1 -f "$(dirname "$0")/load.sql"
