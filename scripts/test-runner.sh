#!/usr/bin/env bash
# cargo test runs each test program with this script: test-runner.sh PROGRAM ARGUMENTS...
#
# The end-to-end tests mostly wait for servers, so more of them run at a time than there are processors. libtest starts
# tests in the order of their names, so the longest ones would run last and alone: they run in parallel with the others
# from the start.
set -euo pipefail

program=$1
shift
name=${program##*/}
name=${name%-*} # without cargo's hash
if [[ $name != end_to_end ]]; then exec "$program" "$@"; fi

long=(torture:: interleaving::all_interleavings_of_three model::random_programs) # minutes each
skips=()
for test in "${long[@]}"; do skips+=(--skip "$test"); done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
RUST_TEST_THREADS=${#long[@]} "$program" "$@" "${long[@]}" >"$log" 2>&1 &
beside=$!
RUST_TEST_THREADS=${RUST_TEST_THREADS:-10} "$program" "$@" "${skips[@]}" || status=$?
echo "beside these: ${long[*]}"
wait "$beside" || status=$?
cat "$log"
exit "$status"
