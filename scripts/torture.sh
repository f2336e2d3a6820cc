#!/usr/bin/env bash
# Long runs of the randomized and exhaustive tests, which take hours. Every minute a line for each running part shows its
# progress. The output of a part, including its seeds, is in STACK/torture-PART.log; the seeds, the duration of each part and
# a summary line come last.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
cargo build --release --all-targets
use_test_server
export MUSICSTREAM_BIN_DIR=$BIN
export MUSICSTREAM_TORTURE_FAULTS=${MUSICSTREAM_TORTURE_FAULTS:-1000} MUSICSTREAM_INTERLEAVE_ALL=1
# A new seed in each run; the test prints it.
export MUSICSTREAM_TORTURE_SEED=${MUSICSTREAM_TORTURE_SEED:-$RANDOM}
export MUSICSTREAM_INTERRUPTIONS=${MUSICSTREAM_INTERRUPTIONS:-5000} MUSICSTREAM_CRASHES=${MUSICSTREAM_CRASHES:-200}
export MUSICSTREAM_COMPARISONS=${MUSICSTREAM_COMPARISONS:-5000}
programs=${MUSICSTREAM_MODEL_PROGRAMS:-10000}

log_of() { echo "$STACK/torture-$1.log"; }
elapsed() { minutes $((SECONDS - started)); }

# part NAME FILTER...: runs these tests in the background. The last line of the log has the result and the duration.
declare -A parts
part() {
  local name=$1 log
  log=$(log_of "$name")
  say "torture: $name (${*:2}) into $log"
  {
    outcome=failed
    # Without job control bash lets programs in the background ignore Ctrl-C.
    env --default-signal=INT,QUIT cargo test --release --test end_to_end -- --nocapture "${@:2}" >"$log" 2>&1 && outcome=passed
    echo "part $name $outcome after $(elapsed)" >>"$log"
    [[ $outcome == passed ]]
  } &
  parts[$!]=$name
}

# report: prints the progress of each running part.
report() {
  local pid name last
  for pid in "${!parts[@]}"; do
    name=${parts[$pid]}
    # The last progress line of each test, without the test runner's prefix.
    last=$(awk 'match($0, /progress: /) {
        text = substr($0, RSTART + RLENGTH)
        split(text, words, / of [0-9]+ | after /)
        said[words[2]] = text
      } END { for (what in said) printf "; %s", said[what] }' "$(log_of "$name")")
    say "torture, $(elapsed): $name runs$last"
  done
}

started=$SECONDS
# A program of the model test runs in one session, so two halves run at the same time to use two processors. Each half has
# its own seed.
export MUSICSTREAM_MODEL_PROGRAMS=$(((programs + 1) / 2))
part model-1 model::
[[ ${MUSICSTREAM_MODEL_SEED:-} ]] || part model-2 model::
part interleaving interleaving::
part faults interrupt:: crash:: snapshot:: torture::
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
# A part that failed early may have printed none of these; the summary below counts it as failed.
grep -hE 'SEED=|panicked at|^part ' "${logs[@]}" || true
awk -v status=$status '
  /^test result: / { passed += $4; failed += $6 }
  END { printf "\n%d passed, %d failed\n", passed, failed; exit status || failed || !passed }
' "${logs[@]}"
