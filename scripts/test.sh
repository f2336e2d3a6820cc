#!/usr/bin/env bash
# Runs all tests against the local stack. The last line sums up all test programs. Usage: test.sh [--extension]
#
# --extension: only the end-to-end tests that depend on the extension or its Postgres, for a second Postgres version. It skips
# modules that test brokers, consumer groups, the ingestor's settings, or the viewer; a module that is not listed runs.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
# The programs under test are built together with the tests; a separate build would have other features.
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

use_test_server
rm -rf "$STACK/beside" # of runs that were interrupted: see scripts/test-runner.sh

output=$STACK/test.log
status=0
"${tests[@]}" 2>&1 | tee "$output" || status=$?
# What each failed test printed, once more after the output of all others: the beginning of it, without the stack.
awk '
  /^---- .* stdout ----$/ { shown = 30 }
  /^failures:$/ { shown = 0 }
  /^stack backtrace:$/ { is_stack = 1 }
  shown && !is_stack && NF { print; shown-- }
  /^note: Some details are omitted/ { is_stack = 0 }
' "$output"
# A test without its data passes and prints a line "skipped: …", which is counted here.
awk -v status=$status '
  /^test result: / { passed += $4; failed += $6; skipped += $8 }
  /^skipped: / { skipped++; passed-- }
  END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit status || failed }
' "$output" | tee "$STACK/test.result"
