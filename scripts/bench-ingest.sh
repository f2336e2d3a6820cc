#!/usr/bin/env bash
# What the ingestor makes of a full topic and of a CSV file, against the plain COPY BINARY of the same events into a table
# with a uuid primary key; all in one run on the local stack, since only ratios of one run say anything. The result goes
# to docs/ingest-benchmarks.md. The decoder alone, and ten events a second, stand below it.
# Usage: bench-ingest.sh [EVENTS]
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

events=${1:-1000000}
scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
quietly "building the ingestor" cargo build --release -p musicstream-ingestor
psql=$("$(find_pg_config)" --bindir)/psql
ingestor=$BIN/musicstream-ingestor
folder=$(mktemp -d)
server=${DATABASE_URL%/*}
prefix=musicstream_bench_ingest
run=$(date +%s)
databases=()
trap cleanup EXIT
cleanup() {
  local database
  for database in "${databases[@]}"; do
    "$psql" -qX "$DATABASE_URL" -c "drop database if exists $database with (force)" || true
  done
  rm -rf "$folder"
}

sql() { "$psql" -qXAt -v ON_ERROR_STOP=1 "$server/$1" -c "$2"; }

# fresh NAME: an empty database with the extension, named by $database.
fresh() {
  database=${prefix}_$1
  databases+=("$database")
  "$psql" -qX "$DATABASE_URL" -c "drop database if exists $database with (force)" -c "create database $database" 2>/dev/null
  "$psql" -qX -v ON_ERROR_STOP=1 "$server/$database" -f sql/extension.sql >/dev/null
}

# made TARGET OPTIONS...: events by the generator; the same seed makes the same ids.
made() {
  local target=$1
  shift
  "$ingestor" generate --to "$target" --count "$events" --seed 1 --from 2026-10-01 --until 2026-10-31 "$@" 2>/dev/null
}

# rate SECONDS: thousands of records a second.
rate() { awk -v events="$events" -v seconds="$1" 'BEGIN { printf "%.0f", events / seconds / 1000 }'; }
seconds() { sed -E 's/.*"seconds":([0-9.]+).*/\1/'; }

# measure NAME COMMAND...: the command's own seconds become a line of the table.
measure() {
  local name=$1 took
  shift
  sql "$database" checkpoint
  took=$("$@" | seconds)
  rows+=("$name|$took")
  say "$name: $took s, $(rate "$took") k/s"
}

stream() { DATABASE_URL=$server/$database "$ingestor" stream --until-end --output json --topic "$1"; }
load() { DATABASE_URL=$server/$database "$ingestor" load --output json "$1"; }

# The rows of a binary COPY in the order in which they were made, as a writer without an extension would send them.
plain_copy() {
  local began ended
  began=$(date +%s.%N)
  sql "$database" "\\copy plain from '$folder/plain.bin' with (format binary)"
  ended=$(date +%s.%N)
  awk -v began="$began" -v ended="$ended" 'BEGIN { printf "{\"seconds\":%.3f}\n", ended - began }'
}

rows=()
say "making $events events"
for share in 0 1 50; do
  made kafka --topic "${prefix}_${run}_$share" --partitions 4 --duplicates "$share"
done
made kafka --topic "${prefix}_${run}_again" --partitions 4
made "$folder/events.csv"

fresh copy
sql "$database" "create table made (event_id uuid, user_id text, event_type text, region text, ts timestamptz, song_id text, device text)"
sql "$database" "\\copy made from '$folder/events.csv' with (format csv, header)"
sql "$database" "\\copy made to '$folder/plain.bin' with (format binary)"
sql "$database" "create table plain (event_id uuid primary key, user_id text, event_type text, region text, ts timestamptz, song_id text, device text)"
measure "plain \`COPY BINARY\` into a uuid primary key" plain_copy
fresh stream
measure "\`stream --until-end\`, 4 partitions" stream "${prefix}_${run}_0"
measure "the same events once more: 100 % duplicates" stream "${prefix}_${run}_again"
for share in 1 50; do
  fresh "dup$share"
  measure "\`stream --until-end\`, $share % duplicates" stream "${prefix}_${run}_$share"
done
fresh load
measure "\`load\` of a CSV file" load "$folder/events.csv"

say "the decoder alone"
"$ingestor" generate --to "$folder/decoder.ndjson" --count 200000 --seed 1 --from 2026-10-01 --until 2026-10-31 2>/dev/null
decoder=$(cargo bench --quiet -p musicstream-ingestor --bench decoder -- "$folder/decoder.ndjson" | grep '^|')
say "ten events a second, for a minute"
latency=$(MUSICSTREAM_BIN_DIR=$BIN cargo bench --quiet -p musicstream-tests --bench latency | grep '^|')

base=${rows[0]#*|}
{
  echo "# What the ingestor makes of a full topic"
  echo
  echo "Written by \`make bench-ingest\`: $events records, $(nproc) cores, Postgres $(sql "$database" 'show server_version' | cut -d' ' -f1), broker and ingestor on the same machine."
  echo "Dedup, metrics and the broker are in the ingestor's figures; compare within this table only."
  echo
  echo "| what | seconds | thousand records/s | of the plain COPY |"
  echo "| --- | --- | --- | --- |"
  for row in "${rows[@]}"; do
    took=${row#*|}
    echo "| ${row%|*} | $took | $(rate "$took") | $(awk -v base="$base" -v took="$took" 'BEGIN { printf "%.2f", base / took }') |"
  done
  echo
  echo "## The decoder alone"
  echo
  echo "Processor time of one thread, which is counted and not the clock's; lower quartile of 21 turns."
  echo
  echo "| what | ns an event | million events/s a core | of the first |"
  echo "| --- | --- | --- | --- |"
  echo "$decoder"
  echo
  echo "## Ten events a second"
  echo
  echo "With the default \`--max-latency\` of 500 ms, for a minute; the reader asks every few milliseconds."
  echo "The load of the machine was $(cut -d' ' -f1-3 /proc/loadavg) at the end: what else it does adds to these figures."
  echo
  echo "| what | |"
  echo "| --- | --- |"
  echo "$latency"
} >docs/ingest-benchmarks.md
say "written: docs/ingest-benchmarks.md"
