#!/usr/bin/env bash
# Compares pg_musicstream with a plain COPY and with its peers on the local stack, one system after the other. Writes
# docs/benchmarks.md with plots in docs/benchmarks, and for the part viewer docs/viewer-benchmarks.md.
# Usage: bench.sh [--full] [--systems LIST] [--rounds N] [PART...]
# Parts: ingest, freshness, extension, listening, scale, decoder, viewer; default: all. They take about half an hour, and
# the installation of the peers; --full takes hours. Systems: copy, sorted, ours, bento, debezium, spark, kcat.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

options=() parts=() systems=bento,debezium,spark,kcat
while (($#)); do
  case $1 in
    --full) options+=(--size full) ;;
    --systems | --rounds)
      (($# > 1)) || die "$1 needs a value"
      options+=("$1" "$2")
      [[ $1 == --rounds ]] || systems=$2
      shift
      ;;
    ingest | freshness | extension | listening | scale | decoder | viewer) parts+=("$1") ;;
    *) die "usage: bench.sh [--full] [--systems LIST] [--rounds N] [ingest] [freshness] [extension] [listening] [scale] [decoder] [viewer]" ;;
  esac
  shift
done
((${#parts[@]})) || parts=(ingest freshness extension listening scale decoder viewer)
has_part() { [[ " ${parts[*]} " == *" $1 "* ]]; }

peers=()
for peer in bento debezium spark kcat; do
  if has_part ingest && [[ ,$systems, == *,$peer,* ]]; then peers+=("$peer"); fi
done
if ((${#peers[@]})); then
  # A peer whose tools are still missing is skipped with a message.
  scripts/setup-debian.sh bench || say "going on without what is missing"
  bench/peers/set-up.sh "${peers[@]}"
fi

# A quarter of the memory, as Postgres's manual recommends. With less, the alternating tables would evict one another from
# the cache. The setting lasts until the server is started again.
scripts/postgres.sh down
buffers=$(awk '/^MemTotal:/ { print int($2 / 4096) "MB" }' /proc/meminfo)
MUSICSTREAM_SHARED_BUFFERS=$buffers scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
# All targets, because a selection would be built with other features, and compile the dependencies again.
progress "building the programs" cargo build --release --all-targets

if has_part decoder; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  say "measuring: the decoder"
  "$BIN/musicstream-ingestor" generate --to "$folder/events.ndjson" --count 200000 --seed 1 --from 2026-10-01 --until 2026-10-31 2>/dev/null
  cargo bench --quiet --bench decoder -- "$folder/events.ndjson" | grep '^|' >"$folder/decoder.md"
  options+=(--decoder-table "$folder/decoder.md")
fi
measured=()
for part in "${parts[@]}"; do [[ $part == viewer ]] || measured+=("$part"); done
if ((${#measured[@]})); then
  "$BIN/musicstream-bench" --write docs/benchmarks.md --broker-pid "$(<"$STACK/kafka/pid")" "${options[@]}" "${measured[@]}"
fi
if has_part viewer; then scripts/bench/viewer.sh; fi
