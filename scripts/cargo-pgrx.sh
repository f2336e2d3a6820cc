#!/usr/bin/env bash
# Runs cargo-pgrx in exactly the version of the extension's pgrx; installs it first if it is missing.
# Usage: cargo-pgrx.sh --install | ARGUMENTS...
set -euo pipefail
. "$(dirname "$0")/layout.sh"

version=$(sed -n 's/^pgrx = "=\(.*\)"/\1/p' "$ROOT/pg_musicstream/Cargo.toml")
tools=$CARGO_TARGET_DIR/tools

is_right() { [[ $("$1" pgrx --version 2>/dev/null) == "cargo-pgrx $version" ]]; }

# If it is missing, it is installed below.
pgrx=$(command -v cargo-pgrx || true)
[[ $pgrx ]] && is_right "$pgrx" || pgrx=$tools/bin/cargo-pgrx
if ! is_right "$pgrx"; then
  # Built without optimisation, in less than half the time, because it only runs the build.
  CARGO_TARGET_DIR=$tools/build progress "building cargo-pgrx $version (once)" cargo install cargo-pgrx --version "$version" --locked --force --root "$tools" \
    --debug --config profile.dev.debug=false --config profile.dev.opt-level=0
  rm -rf "$tools/build"
fi
[[ ${1:-} != --install ]] || exit 0
exec "$pgrx" pgrx "$@"
