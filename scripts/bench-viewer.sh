#!/usr/bin/env bash
# What the viewer costs and how soon it reacts, into docs/viewer-benchmarks.md, between the markers there.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
quietly "building the viewer, its measurements and its tests" \
  cargo build --release -p musicstream-viewer -p musicstream-viewer-tests --all-targets
measure=$BIN/examples/measure
load=$(cut -d' ' -f1-3 /proc/loadavg)
figures=$(mktemp)
trap 'rm -f "$figures" "$figures.new"' EXIT

for part in days minutes refresh; do
  say "measuring: $part"
  "$measure" "$part" >>"$figures"
done
say "measuring: the tests with a server that is killed and with a real window"
cargo test --release -p musicstream-viewer -p musicstream-viewer-tests --test viewer_outside -- --nocapture --test-threads=1 2>&1 |
  sed -n 's/^.*measured: //p' >>"$figures"
grep -q 'kill -9' "$figures" || die "the tests measured nothing: run make test"

{
  echo "Processor: $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores, no graphics card. Load average before the run, of whatever else the machine did: ${load// /, }."
  echo
  echo "| what | measured | target |"
  echo "| --- | --- | --- |"
  cat "$figures"
} >"$figures.new"
document=docs/viewer-benchmarks.md
awk -v section="$figures.new" '
  /^<!-- written by make bench-viewer: to here -->/ { skip = 0 }
  !skip
  /^<!-- written by make bench-viewer: from here -->/ { skip = 1; while ((getline line < section) > 0) print line }
' "$document" >"$figures"
cp "$figures" "$document"
say "written: $document"
