#!/usr/bin/env bash
# Changes the pure modules one expression at a time (.cargo/mutants.toml lists them) and reports the changes that no unit
# test notices. The report is in target/mutants/mutants.out. Usage: mutants.sh [OPTIONS of cargo-mutants]
#
# It works on a copy of the sources and starts no server. All of it takes hours: `mutants.sh -f 'event/**'` changes only the
# files of one folder.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

# cargo-mutants adds the files of -f to those of its configuration, so the configuration is left out; its other settings are
# repeated here.
settings=()
if [[ " $* " == *' -f '* ]]; then settings=(--no-config --profile mutants --minimum-test-timeout 60); fi

mkdir -p "$ROOT/target/mutants"
scripts/cargo-tool.sh mutants 27.1.0 --output "$ROOT/target/mutants" --no-shuffle \
  --package musicstream-event --package musicstream-ingestor --package musicstream-decisions --package musicstream-viewer "${settings[@]}" "$@"
