#!/usr/bin/env bash
# Fuzzes the decoder against its oracle. It ends at a difference or a crash; the input is then in target/fuzz-artifacts.
# Usage: fuzz.sh [SECONDS]
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

seconds=${1:-300}
tools=$CARGO_TARGET_DIR/tools
# If it is missing, it is installed below.
fuzz=$(command -v cargo-fuzz || true)
[[ $fuzz ]] || fuzz=$tools/bin/cargo-fuzz
if [[ ! -x $fuzz ]]; then
  say "installing cargo-fuzz into $tools (once)"
  CARGO_TARGET_DIR=$tools/build cargo install --quiet cargo-fuzz --locked --root "$tools" \
    --debug --config profile.dev.debug=false --config profile.dev.opt-level=0
  rm -rf "$tools/build"
fi
# Without a sanitizer, which would need a nightly compiler and would find nothing, because the decoder has no unsafe code.
# The corpus is kept, and the next run starts with it.
corpus=$CARGO_TARGET_DIR/fuzz-corpus/decode
artifacts=$CARGO_TARGET_DIR/fuzz-artifacts/
mkdir -p "$corpus" "$artifacts"
CARGO_TARGET_DIR=$CARGO_TARGET_DIR/fuzz "$fuzz" run --sanitizer none decode "$corpus" fuzz/seeds/decode -- \
  -artifact_prefix="$artifacts" -dict=fuzz/decode.dict -max_len=4096 -max_total_time="$seconds" -timeout=10 -print_final_stats=1
