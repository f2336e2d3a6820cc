#!/usr/bin/env bash
# What the extension costs, on the local stack's Postgres; the result goes to docs/benchmarks.md.
# Usage: bench-extension.sh [--full | OPTIONS OF musicstream-bench]
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

package=$(scripts/extension.sh)
# A quarter of the memory, as the manual of Postgres has it: with less, the tables that take turns push one another out of
# the cache, which is not what is measured. It stays so until the server is started again.
scripts/postgres.sh down
buffers=$(awk '/^MemTotal:/ { print int($2 / 4096) "MB" }' /proc/meminfo)
DATABASE_URL=$(MUSICSTREAM_SHARED_BUFFERS=$buffers scripts/postgres.sh up "$package")
export DATABASE_URL
progress "building the benchmark" cargo build --release -p musicstream-bench
"$BIN/musicstream-bench" --write docs/benchmarks.md "$@"
say "written: docs/benchmarks.md"
