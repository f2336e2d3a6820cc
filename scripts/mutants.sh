#!/usr/bin/env bash
# Changes the pure modules one expression at a time and reports the changes that no unit test notices. The report is in
# target/mutants/mutants.out. Usage: mutants.sh [OPTIONS of cargo-mutants]
#
# It works on a copy of the sources and starts no server. All of it takes hours: `mutants.sh -f 'event/**'` changes only the
# files of one folder.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

# The modules that decide without input or output, and that can lose or miscount an event.
files=()
if [[ " $* " != *' -f '* ]]; then
  for file in 'event/src/**/*.rs' \
    'ingestor/src/batch/*.rs' 'ingestor/src/file/*.rs' ingestor/src/reject_limit.rs \
    'ingestor/src/stream/{assignment,batcher,end_check,placement,position,trouble}.rs' ingestor/src/writer/bisect.rs \
    'tests/decisions/**/*.rs' \
    'viewer/src/{series,stats}.rs' 'viewer/src/calendar/*.rs'; do
    files+=(-f "$file")
  done
fi

mkdir -p "$ROOT/target/mutants"
scripts/cargo-tool.sh mutants 27.1.0 --output "$ROOT/target/mutants" --no-shuffle \
  --package musicstream-event --package musicstream-ingestor --package musicstream-decisions --package musicstream-viewer "${files[@]}" "$@"
