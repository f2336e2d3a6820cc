#!/usr/bin/env bash
# cargo test runs each test program with this script: test-runner.sh PROGRAM ARGUMENTS...
#
# The end-to-end tests mostly wait for servers, so more of them run at a time than there are processors. libtest starts
# tests in the order of their names, so the longest ones would run last and alone: they run in parallel with the others
# from the start.
#
# Some other programs wait most of their time, or use one processor: they run in the background, beside those that cargo starts
# after them.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

program=$1
shift
name=${program##*/}
name=${name%-*}      # without cargo's hash
beside=$STACK/beside # the output and the exit codes of programs in the background
mkdir -p "$beside"

start_beside() {
  rm -f "$beside/$name".*
  (
    status=0
    "$program" "$@" >"$beside/$name.log" 2>&1 || status=$?
    echo "$status" >"$beside/$name.status"
  ) >/dev/null 2>&1 &
  echo "runs beside the next programs"
}

# collect NAME: waits for a program in the background, if there is one, and prints its output.
collect() {
  [[ -e $beside/$1.log ]] || return 0
  until [[ -s $beside/$1.status ]]; do sleep 0.2; done
  echo "$1, which ran beside this program:"
  cat "$beside/$1.log"
  local status
  status=$(<"$beside/$1.status")
  rm -f "$beside/$1".*
  return "$status"
}

run_end_to_end() {
  local long=(torture:: interleaving::all_interleavings_of_three model::random_programs) # minutes each
  local skips=() test
  for test in "${long[@]}"; do skips+=(--skip "$test"); done

  local log status=0
  log=$(mktemp)
  RUST_TEST_THREADS=${#long[@]} "$program" "$@" "${long[@]}" >"$log" 2>&1 &
  local at_the_side=$!
  RUST_TEST_THREADS=${RUST_TEST_THREADS:-10} "$program" "$@" "${skips[@]}" || status=$?
  echo "beside these: ${long[*]}"
  wait "$at_the_side" || status=$?
  cat "$log"
  rm -f "$log"
  return "$status"
}

status=0
case $name in
  smoke | viewer) start_beside "$@" ;;
  end_to_end)
    run_end_to_end "$@" || status=$?
    collect smoke || status=$?
    ;;
  viewer_outside)
    RUST_TEST_THREADS=${RUST_TEST_THREADS:-10} "$program" "$@" || status=$?
    collect viewer || status=$?
    ;;
  *) exec "$program" "$@" ;;
esac
exit "$status"
