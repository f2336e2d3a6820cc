#!/usr/bin/env bash
# Demonstrates the whole path on real servers. Usage: demo.sh [CSV_FILE]
#
# Seeds and dates are fixed in the first run and stored under target/stack: a second run generates the same events and adds
# none.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
csv=${1:+$(realpath -e "$1")}
cd "$ROOT"

demo=$STACK/demo
ingestor() { "$BIN/musicstream-ingestor" --log-level error "$@"; }
sql() { psql -XqP border=0 -P footer=off -v ON_ERROR_STOP=1 "$DATABASE_URL" "$@"; }

bold='' plain=''
if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; fi
step=0
section() { printf '\n%s%d. %s%s\n' "$bold" $((++step)) "$1" "$plain"; }
indented() { sed '/^ *$/d; s/^/   /'; }
now() { echo "${EPOCHREALTIME/,/.}"; }
calculate() { awk "BEGIN { $1 }"; }
field() { grep -oE "\"$1\": *[0-9.]+" <<<"$2" | grep -oE '[0-9.]+$'; }
with_commas() { printf '%s' "$1" | sed -E ':again; s/^([0-9]+)([0-9]{3})/\1,\2/; t again'; }

# figures JSON NAME...: prints these fields of a summary, aligned.
figures() {
  local json=$1 name
  shift
  for name; do printf '   %-12s %12s\n' "$name" "$(with_commas "$(field "$name" "$json")")"; done
}
OUTCOMES=(read inserted duplicate conflicting rejected)

load() {
  printf '   %s\n' "${1#"$ROOT/"}"
  figures "$(ingestor load --output json "$1")" "${OUTCOMES[@]}"
}

printf '%sBuilding, and starting Postgres and Kafka%s (the first time this takes a while)\n' "$bold" "$plain"
# The same targets as for the tests: programs alone would be built with other features, and recompile all dependencies.
progress "building the programs and their tests" cargo build --release --all-targets
scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
mkdir -p "$demo"
[[ -e $demo/today ]] || date -u +%F >"$demo/today"
today=$(<"$demo/today")
days_ago() { date -u -d "$today - $1 days" +%F; }

if [[ $csv ]]; then section "Your file into Postgres"; else section "Four weeks of history, from files into Postgres"; fi
if [[ $csv ]]; then
  load "$csv"
else
  if [[ -e $ROOT/../shared/data/seed_events/events.csv ]]; then
    load "$(realpath "$ROOT/../shared/data/seed_events/events.csv")"
  fi
  history=$demo/history.csv.zst
  if [[ ! -e $history ]]; then
    # Whole weeks in the file and in Kafka, with the same number of events a day: the file has 4 times the distinct events of
    # the week in Kafka, which are 200,000 records less duplicates and malformed ones.
    ingestor generate --count 772000 --seed 1 --from "$(days_ago 35)" --until "$(days_ago 7)" --to "$history" --output json >/dev/null
  fi
  load "$history"
fi
sql -c "select musicstream_rollup()" >/dev/null

section "A week of 200,000 records into Kafka, among them duplicates, late and malformed ones"
# The marker is stored with the broker's data, because it describes their content.
if [[ -e $STACK/kafka/demo_events ]]; then
  echo "   the first run has sent them to topic music_events"
else
  generated=$(ingestor generate --count 200000 --seed 2 --from "$(days_ago 7)" --until "$today" \
    --duplicates 3 --late 2 --malformed 0.5 --to kafka --output json)
  figures "$generated" records duplicates late malformed
  touch "$STACK/kafka/demo_events"
fi

section "Kafka into Postgres, exactly once"
start=$(now)
summary=$(ingestor stream --until-end --output json)
sql -c "select musicstream_rollup()" >/dev/null
seconds=$(calculate "printf \"%.2f\", $(now) - $start")
figures "$summary" "${OUTCOMES[@]}"
if (($(field read "$summary"))); then
  rate=$(calculate "printf \"%d\", $(field read "$summary") / $seconds")
  printf '\n   %s s, %s events/s from Kafka to committed daily metrics (start, stream, rollup)\n' "$seconds" "$(with_commas "$rate")"
else
  printf '\n   all events were stored by an earlier run: nothing is read twice\n'
fi

section "What was rejected, and why (table rejected_events keeps the bytes)"
sql -f scripts/demo/rejected.sql | indented

section "The last days of daily_metrics"
sql -f scripts/demo/daily.sql | indented

section "Do the metrics equal the stored events?"
differences=$(sql -At -c "select count(*) from musicstream_verify()")
stored=$(sql -At -c "select count(*) from raw_events")
((differences == 0)) || die "musicstream_verify() finds $differences differences"
printf '   musicstream_verify(): no difference; %s events are stored\n' "$(with_commas "$stored")"

section "The viewer"
if [[ ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]; then
  echo "   opens in a window; close it to continue"
  "$BIN/musicstream-viewer"
else
  "$BIN/musicstream-viewer" --screenshot "$demo/viewer.png"
  echo "   there is no display: the picture is in $demo/viewer.png"
fi

cat <<END

${bold}Postgres and Kafka go on running:${plain}
   . target/stack/env && psql "\$DATABASE_URL"    look around
   make viewer                                  look at it
   make demo                                    again: everything is stored already, 0 new
   make down                                    stop both
END
