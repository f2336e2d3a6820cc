#!/usr/bin/env bash
# Runs a cargo tool in a fixed version; installs it first if it is missing. Usage: cargo-tool.sh NAME VERSION ARGUMENTS...
# For cargo-deny 0.18.3, `cargo-tool.sh deny 0.18.3 check` runs `cargo deny check`.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

name=$1 version=$2
shift 2
tools=$CARGO_TARGET_DIR/tools
program=$tools/bin/cargo-$name
# The version is read from cargo's own record, because the tools print it in different ways.
if ! grep -qsF "\"cargo-$name $version (" "$tools/.crates.toml" || [[ ! -x $program ]]; then
  # Built without optimisation, in less than half the time, because it runs only a few times.
  CARGO_TARGET_DIR=$tools/build progress "building cargo-$name $version (once)" cargo install "cargo-$name" --version "$version" --locked --force --root "$tools" \
    --debug --config profile.dev.debug=false --config profile.dev.opt-level=0
  rm -rf "$tools/build"
fi
exec "$program" "$name" "$@"
