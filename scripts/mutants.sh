#!/usr/bin/env bash
# Changes the pure modules one expression at a time and reports the changes that no unit test notices. The reports are in
# target/mutants: mutants.out of the viewer or of the files that are named, others.out of the rest.
# Usage: mutants.sh [OPTIONS of cargo-mutants]
#
# It works on a copy of the sources and starts no server. All of it takes hours: `mutants.sh -f 'event/**'` changes only the
# files of one folder.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

mkdir -p "$ROOT/target/mutants"
mutate() {
  scripts/cargo-tool.sh mutants 27.1.0 --output "$ROOT/target/mutants" --no-shuffle \
    --package musicstream-event --package musicstream-ingestor --package musicstream-decisions --package musicstream-viewer "$@"
}

# The viewer's other tests draw pictures, which takes too long for each mutant.
if [[ " $* " == *' -f viewer/'* ]]; then
  mutate "$@" -- --lib
  exit
elif [[ " $* " == *' -f '* ]]; then
  mutate "$@"
  exit
fi

# The modules that decide without input or output, and that can lose or miscount an event.
status=0
mutate "$@" -f 'event/src/**/*.rs' \
  -f 'ingestor/src/batch/*.rs' -f 'ingestor/src/file/*.rs' -f ingestor/src/reject_limit.rs \
  -f 'ingestor/src/stream/{assignment,batcher,end_check,placement,position,trouble}.rs' -f ingestor/src/writer/bisect.rs \
  -f 'tests/decisions/**/*.rs' || status=$?
rm -rf "$ROOT/target/mutants/others.out"
mv "$ROOT/target/mutants/mutants.out" "$ROOT/target/mutants/others.out"
mutate "$@" -f 'viewer/src/{series,stats}.rs' -f 'viewer/src/calendar/*.rs' -- --lib || status=$?
exit "$status"
