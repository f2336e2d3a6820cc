#!/usr/bin/env bash
# The long runs of the tests that draw at random or try all orders: hours rather than minutes. What each part prints,
# its seed above all, is in STACK/torture-PART.log; the seeds and one line that sums up come last.
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

# part NAME FILTER...: these tests, in the background.
parts=()
part() {
  local log=$STACK/torture-$1.log
  cargo test --release --package musicstream-tests --test end_to_end -- --nocapture "${@:2}" >"$log" 2>&1 &
  parts+=("$log")
  say "torture: ${*:2} into $log"
}

# A model's program is one session's work: two halves keep two processors busy. A seed is that of one half.
export MUSICSTREAM_MODEL_PROGRAMS=$(((programs + 1) / 2))
part model-1 model::
[[ ${MUSICSTREAM_MODEL_SEED:-} ]] || part model-2 model::
part interleaving interleaving::
part faults interrupt:: crash:: torture::

status=0
for _ in "${parts[@]}"; do wait -n || status=1; done
# A part that ended before it printed any has none; the sum below tells of that.
grep -hE 'SEED=|panicked at' "${parts[@]}" || true
awk -v status=$status '
  /^test result: / { passed += $4; failed += $6 }
  END { printf "\n%d passed, %d failed\n", passed, failed; exit status || failed || !passed }
' "${parts[@]}"
