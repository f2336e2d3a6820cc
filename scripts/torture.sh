#!/usr/bin/env bash
# The long runs of the tests that draw at random or try all orders: hours rather than minutes. Every minute a line for
# each part that still runs says how far it is. All that a part prints, its seeds above all, is in
# STACK/torture-PART.log; the seeds, the time that each part took and one line that sums up come last.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
cargo build --release --all-targets
export MUSICSTREAM_BIN_DIR=$BIN
export MUSICSTREAM_TORTURE_FAULTS=${MUSICSTREAM_TORTURE_FAULTS:-1000} MUSICSTREAM_INTERLEAVE_ALL=1
# Other faults each time; the test prints the seed.
export MUSICSTREAM_TORTURE_SEED=${MUSICSTREAM_TORTURE_SEED:-$RANDOM}
export MUSICSTREAM_INTERRUPTIONS=${MUSICSTREAM_INTERRUPTIONS:-5000} MUSICSTREAM_CRASHES=${MUSICSTREAM_CRASHES:-200}
programs=${MUSICSTREAM_MODEL_PROGRAMS:-10000}

log_of() { echo "$STACK/torture-$1.log"; }
elapsed() { minutes $((SECONDS - started)); }

# part NAME FILTER...: these tests, in the background. How it ends, and when, is the log's last line.
declare -A parts
part() {
  local name=$1 log
  log=$(log_of "$name")
  say "torture: $name (${*:2}) into $log"
  {
    outcome=failed
    cargo test --release --test end_to_end -- --nocapture "${@:2}" >"$log" 2>&1 && outcome=passed
    echo "part $name $outcome after $(elapsed)" >>"$log"
    [[ $outcome == passed ]]
  } &
  parts[$!]=$name
}

# report: how far each part is that still runs.
report() {
  local pid name last
  for pid in "${!parts[@]}"; do
    name=${parts[$pid]}
    # The last line of each test, without what the test runner put before it.
    last=$(awk 'match($0, /progress: /) {
        text = substr($0, RSTART + RLENGTH)
        split(text, words, / of [0-9]+ | after /)
        said[words[2]] = text
      } END { for (what in said) printf "; %s", said[what] }' "$(log_of "$name")")
    say "torture, $(elapsed): $name runs$last"
  done
}

started=$SECONDS
# A model's program is one session's work: two halves keep two processors busy. A seed is that of one half.
export MUSICSTREAM_MODEL_PROGRAMS=$(((programs + 1) / 2))
part model-1 model::
[[ ${MUSICSTREAM_MODEL_SEED:-} ]] || part model-2 model::
part interleaving interleaving::
part faults interrupt:: crash:: torture::
logs=()
for name in "${parts[@]}"; do logs+=("$(log_of "$name")"); done

status=0
while ((${#parts[@]})); do
  sleep 60 &
  if wait -n -p ended "${!parts[@]}" $!; then outcome=0; else outcome=$?; fi
  if [[ ${parts[$ended]:-} ]]; then
    tail -1 "$(log_of "${parts[$ended]}")" >&2
    unset "parts[$ended]"
    ((outcome == 0)) || status=1
  else
    report
  fi
done
# A part that ended before it printed any has none; the sum below tells of that.
grep -hE 'SEED=|panicked at|^part ' "${logs[@]}" || true
awk -v status=$status '
  /^test result: / { passed += $4; failed += $6 }
  END { printf "\n%d passed, %d failed\n", passed, failed; exit status || failed || !passed }
' "${logs[@]}"
