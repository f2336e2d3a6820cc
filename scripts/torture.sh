#!/usr/bin/env bash
# The long runs of the tests that draw at random or try all orders: hours rather than minutes.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"
export MUSICSTREAM_TORTURE_FAULTS=${MUSICSTREAM_TORTURE_FAULTS:-1000}
export MUSICSTREAM_MODEL_PROGRAMS=${MUSICSTREAM_MODEL_PROGRAMS:-10000} MUSICSTREAM_INTERLEAVE_ALL=1
export MUSICSTREAM_INTERRUPTIONS=${MUSICSTREAM_INTERRUPTIONS:-5000} MUSICSTREAM_CRASHES=${MUSICSTREAM_CRASHES:-200}
cargo test --release --package musicstream-tests --test end_to_end -- --nocapture model:: interleaving:: \
  interrupt:: crash:: torture::
