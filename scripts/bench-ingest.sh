#!/usr/bin/env bash
# What the ingestor makes of full topics and of a CSV file. Each run is paired with a plain COPY BINARY of the same events
# into a table with a uuid primary key, just before it on the same local stack: the machine's speed changes from one minute
# to the next, so only ratios of neighbours say anything. The decoder alone, and ten events a second, stand below. The
# result goes to docs/ingest-benchmarks.md. Topics and databases go as soon as they are measured.
# Usage: bench-ingest.sh [EVENTS]
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

events=${1:-1000000}
# A long run is steadier than a short one.
rounds=$((events < 3000000 ? 3 : 1))
median=
((rounds == 1)) || median=" Of $rounds such pairs the one with the median ratio stands here."
scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
progress "building the ingestor" cargo build --release -p musicstream-ingestor
psql=$("$(find_pg_config)" --bindir)/psql
ingestor=$BIN/musicstream-ingestor
folder=$(mktemp -d)
server=${DATABASE_URL%/*}
database=musicstream_bench_ingest
topic=${database}_$(date +%s)
trap cleanup EXIT
cleanup() {
  local name
  for name in "$database" "${database}_plain"; do
    "$psql" -qX "$DATABASE_URL" -c "drop database if exists $name with (force)"
  done
  delete_topics
  rm -rf "$folder"
}

sql() { "$psql" -qXAt -v ON_ERROR_STOP=1 "$server/$1" -c "$2"; }

# delete_topics: those of this run; the broker keeps their files for a minute.
delete_topics() {
  java -cp "$MUSICSTREAM_KAFKA_LIB/*" org.apache.kafka.tools.TopicCommand --bootstrap-server "$KAFKA_BROKERS" \
    --delete --if-exists --topic "$topic.*"
}

# fresh: an empty database with the extension.
fresh() {
  "$psql" -qX "$DATABASE_URL" -c "drop database if exists $database with (force)" -c "create database $database" 2>/dev/null
  "$psql" -qX -v ON_ERROR_STOP=1 "$server/$database" -f sql/extension.sql >/dev/null
}

# made TARGET OPTIONS...: events by the generator; the same seed makes the same ids.
made() {
  local target=$1
  shift
  "$ingestor" generate --to "$target" --count "$events" --seed 1 --from 2026-10-01 --until 2026-10-31 "$@" 2>/dev/null
}

# calculated EXPRESSION [FORMAT]
calculated() { awk "BEGIN { printf \"${2:-%.2f}\", $1 }"; }
seconds() { sed -E 's/.*"seconds":([0-9.]+).*/\1/'; }

# The rows of a binary COPY in the order in which they were made, as a writer without an extension would send them.
plain_copy() {
  local began ended
  sql "${database}_plain" "truncate plain"
  sql "${database}_plain" checkpoint
  began=$(date +%s.%N)
  sql "${database}_plain" "\\copy plain from '$folder/plain.bin' with (format binary)"
  ended=$(date +%s.%N)
  calculated "$ended - $began" %.3f
}

# paired NAME COMMAND...: a plain COPY, then the command; its seconds, those of the COPY and their ratio are kept.
paired() {
  local name=$1 plain took
  shift
  plain=$(plain_copy)
  sql "$database" checkpoint
  took=$("$@" 2>/dev/null | seconds)
  printf '%s|%s|%s|%s\n' "$(calculated "$plain / $took")" "$took" "$plain" "$name" >>"$folder/$name"
  say "$name: $took s, plain COPY $plain s, ratio $(calculated "$plain / $took")"
}

# row NAME: the round with the median ratio as a line of the table.
row() {
  local ratio took plain name
  IFS='|' read -r ratio took plain name < <(sort -n "$folder/$1" | sed -n "$(((rounds + 1) / 2))p")
  echo "| $name | $took | $(calculated "$events / $took / 1000" %.0f) | $plain | $ratio |"
}

stream() { DATABASE_URL=$server/$database "$ingestor" stream --until-end --output json --topic "$1"; }
load() { DATABASE_URL=$server/$database "$ingestor" load --output json "$1"; }

names=(
  "\`stream --until-end\` of a topic with 4 partitions"
  "the same events once more, of another topic: 100 % duplicates"
  "\`stream --until-end\`, 1 % duplicates"
  "\`stream --until-end\`, 50 % duplicates"
  "\`load\` of a CSV file"
)

say "making $events events"
made "$folder/events.csv"
sql "${DATABASE_URL##*/}" "create database ${database}_plain"
sql "${database}_plain" "create table plain (event_id uuid, user_id text, event_type text, region text, ts timestamptz, song_id text, device text)"
sql "${database}_plain" "\\copy plain from '$folder/events.csv' with (format csv, header)"
sql "${database}_plain" "\\copy plain to '$folder/plain.bin' with (format binary)"
sql "${database}_plain" "truncate plain"
sql "${database}_plain" "alter table plain add primary key (event_id)"

for ((round = 0; round < rounds; round++)); do
  fresh
  paired "${names[4]}" load "$folder/events.csv"
done
rm "$folder/events.csv"
made kafka --topic "${topic}_0" --partitions 4
made kafka --topic "${topic}_again" --partitions 4
for ((round = 0; round < rounds; round++)); do
  fresh
  paired "${names[0]}" stream "${topic}_0"
  paired "${names[1]}" stream "${topic}_again"
done
delete_topics
for share in 1 50; do
  made kafka --topic "${topic}_$share" --partitions 4 --duplicates "$share"
  for ((round = 0; round < rounds; round++)); do
    fresh
    paired "\`stream --until-end\`, $share % duplicates" stream "${topic}_$share"
  done
  delete_topics
done

say "the decoder alone"
"$ingestor" generate --to "$folder/decoder.ndjson" --count 200000 --seed 1 --from 2026-10-01 --until 2026-10-31 2>/dev/null
decoder=$(cargo bench --quiet -p musicstream-ingestor --bench decoder -- "$folder/decoder.ndjson" | grep '^|')
say "ten events a second, for a minute"
latency=$(MUSICSTREAM_BIN_DIR=$BIN cargo bench --quiet -p musicstream-tests --bench latency | grep '^|')

{
  echo "# What the ingestor makes of a full topic"
  echo
  echo "Written by \`make bench-ingest EVENTS=$events\`: $events records a run, $(nproc) cores, Postgres $(sql "${database}_plain" 'show server_version' | cut -d' ' -f1), broker and ingestor on the same machine."
  echo "Dedup, metrics and the broker are in the ingestor's figures. Each run is paired with a plain \`COPY BINARY\` of one connection into a table with a uuid primary key, just before it.${median} Compare ratios, not seconds."
  echo
  echo "| what | seconds | thousand records/s | plain COPY, seconds | of the plain COPY |"
  echo "| --- | --- | --- | --- | --- |"
  for name in "${names[@]}"; do
    row "$name"
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
