#!/usr/bin/env bash
# Every test, against the local stack. Ends with one line that sums up all test programs.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
# The programs under test, in the same build as the tests: a build without them would differ in features.
cargo build --release --all-targets
export MUSICSTREAM_BIN_DIR=$BIN

output=$STACK/test.log
status=0
cargo test --release --no-fail-fast 2>&1 | tee "$output" || status=$?
# A test whose data are absent passes, and says so on a line of its own.
awk -v status=$status '
  /^test result: / { passed += $4; failed += $6; skipped += $8 }
  /^skipped: / { skipped++; passed-- }
  END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit status || failed }
' "$output"
