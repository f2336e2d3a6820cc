#!/usr/bin/env bash
# Every test, against the local stack. Ends with one line that sums up all test programs. Usage: test.sh [--extension]
#
# --extension: only the end-to-end tests that depend on the extension or on its Postgres, for a second Postgres. Left out
# are the modules whose subject is a broker, a consumer group, the ingestor's own settings, or the viewer; a module that
# is not listed here runs.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
# The programs under test, in the same build as the tests: a build without them would differ in features.
progress "building the programs and their tests" cargo build --release --all-targets
export MUSICSTREAM_BIN_DIR=$BIN

tests=(cargo test --release --no-fail-fast --config "target.'cfg(all())'.runner='$ROOT/scripts/test-runner.sh'")
if [[ ${1:-} == --extension ]]; then
  tests+=(--test end_to_end --)
  for module in broker command_line credentials fence kill membership operations outage service_manager settings shutdown torture viewer; do
    compgen -G "tests/tests/end_to_end/$module*" >/dev/null || die "no module $module: correct the list in scripts/test.sh"
    tests+=(--skip "$module::")
  done
fi

output=$STACK/test.log
status=0
"${tests[@]}" 2>&1 | tee "$output" || status=$?
# A test whose data are absent passes, and says so on a line of its own.
awk -v status=$status '
  /^test result: / { passed += $4; failed += $6; skipped += $8 }
  /^skipped: / { skipped++; passed-- }
  END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit status || failed }
' "$output" | tee "$STACK/test.result"
