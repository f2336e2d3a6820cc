#!/usr/bin/env bash
# Runs a cargo tool in a fixed version; installs it first if it is missing. Usage: cargo-tool.sh NAME VERSION ARGUMENTS...
# For cargo-deny 0.18.3, `cargo-tool.sh deny 0.18.3 check` runs `cargo deny check`.
# With --program before NAME, the tool is a program of that name instead of a cargo subcommand.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

if [[ $1 == --program ]]; then
  crate=$2 subcommand=()
  shift
else
  crate=cargo-$1 subcommand=("$1")
fi
version=$2
shift 2
features=()
# Without mdbook's server and file watcher, which are most of its dependencies.
if [[ $crate == mdbook ]]; then features=(--no-default-features --features search); fi
tools=$CARGO_TARGET_DIR/tools
program=$tools/bin/$crate
# The version is read from cargo's own record, because the tools print it in different ways.
if ! grep -qsF "\"$crate $version (" "$tools/.crates.toml" || [[ ! -x $program ]]; then
  # Without optimisation, which halves the build time; the tool runs only a few times.
  CARGO_TARGET_DIR=$tools/build progress "building $crate $version (once)" cargo install "$crate" --version "$version" --locked --force --root "$tools" \
    --debug --config profile.dev.debug=false --config profile.dev.opt-level=0 "${features[@]}"
  rm -rf "$tools/build"
fi
exec "$program" "${subcommand[@]}" "$@"
