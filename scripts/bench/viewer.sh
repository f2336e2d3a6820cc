#!/usr/bin/env bash
# The part `viewer` of make bench: measures the viewer's CPU time, memory and reaction times, and writes them between the
# markers of docs/viewer-benchmarks.md.
set -euo pipefail
. "$(dirname "$0")/../layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
# Without -p, because a single package would be built with other features, and compile its dependencies again.
progress "building the viewer, its measurements and its tests" \
  cargo build --release --bin musicstream-viewer --example measure --test viewer_outside
measure=$BIN/examples/measure
load=$(cut -d' ' -f1-3 /proc/loadavg)
figures=$(mktemp)
trap 'rm -f "$figures" "$figures.new"' EXIT

for part in days minutes reports refresh; do
  say "measuring: $part"
  timeout 300 "$measure" "$part" >>"$figures" || die "measuring $part took too long, or failed"
done
say "measuring: the tests with a killed server and with a real window"
timeout 600 cargo test --release --test viewer_outside -- --nocapture --test-threads=1 2>&1 |
  sed -n 's/^.*measured: //p' >>"$figures"
grep -q 'kill -9' "$figures" || die "the tests printed no measurements: run make test"

# CPU time and memory of an open window while nothing changes: it polls every two seconds, under Xvfb, with the software
# renderer.
idle() {
  local display home viewer server before after seconds=20 frames
  local pipe
  pipe=$(mktemp -u)
  mkfifo "$pipe"
  exec 3<>"$pipe"
  rm "$pipe"
  Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 2>/dev/null &
  server=$!
  read -r display <&3
  home=$(mktemp -d)
  HOME=$home XDG_DATA_HOME=$home DISPLAY=:$display LIBGL_ALWAYS_SOFTWARE=1 "$BIN/musicstream-viewer" --size 1600x1000 --count-frames 2>"$home/frames" &
  viewer=$!
  sleep 10 # until the window has opened, loaded and drawn; there is no event to wait for
  frames=$(wc -l <"$home/frames")
  before=$(awk '{ print $14 + $15 }' "/proc/$viewer/stat")
  sleep $seconds
  after=$(awk '{ print $14 + $15 }' "/proc/$viewer/stat")
  frames=$(($(wc -l <"$home/frames") - frames))
  awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v s=$seconds -v frames=$frames \
    'BEGIN { printf "| the window at rest, polling every 2 s, %d s long | %.2f %% of a core, %d frames | 1 %%, none |\n", s, ticks / hz / s * 100, frames }'
  awk '/^VmRSS/ { printf "| memory of that window, with the software renderer | %.0f MB | 300 MB |\n", $2 / 1024 }' "/proc/$viewer/status"
  kill "$viewer" "$server"
  wait "$viewer" "$server" 2>/dev/null || (($? > 128)) # ended by the signal
  rm -rf "$home"
}
say "measuring: the window at rest"
idle >>"$figures"

{
  echo "Processor: $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores, no graphics card. Load average before the run: ${load// /, }."
  echo
  echo "| what | measured | target |"
  echo "| --- | --- | --- |"
  cat "$figures"
} >"$figures.new"
document=docs/viewer-benchmarks.md
awk -v section="$figures.new" '
  /^<!-- written by make bench: to here -->/ { skip = 0 }
  !skip
  /^<!-- written by make bench: from here -->/ { skip = 1; while ((getline line < section) > 0) print line }
' "$document" >"$figures"
cp "$figures" "$document"
say "written: $document"
