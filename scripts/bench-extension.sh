#!/usr/bin/env bash
# What the extension costs, on the local stack's Postgres; the result goes to docs/benchmarks.md.
# Usage: bench-extension.sh [--full | OPTIONS OF musicstream-bench]
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

package=$(scripts/extension.sh)
DATABASE_URL=$(scripts/postgres.sh up "$package")
export DATABASE_URL
quietly "building the benchmark" cargo build --release -p musicstream-bench
"$BIN/musicstream-bench" --write docs/benchmarks.md "$@"
say "written: docs/benchmarks.md"
