#!/usr/bin/env bash
# cargo test runs each test program with this script: test-runner.sh PROGRAM ARGUMENTS...
#
# The end-to-end tests mostly wait for servers, so more of them run at a time than there are processors. libtest starts
# tests in the order of their names, so the longest ones would run last and alone: they run in parallel with the others
# from the start.
#
# Two other programs wait most of the time, or use one processor: they run in the background, beside those that cargo starts after
# them. The last of these prints their output.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

program=$1
shift
name=${program##*/}
name=${name%-*}            # without cargo's hash
beside=$STACK/beside/$PPID # the output and the exit codes of this cargo's programs in the background

start_beside() {
  mkdir -p "$beside"
  : >"$beside/$name.log"
  (
    status=0
    # Without job control bash lets programs in the background ignore Ctrl-C.
    env --default-signal=INT,QUIT "$program" "$@" >"$beside/$name.log" 2>&1 || status=$?
    echo "$status" >"$beside/$name.status"
  ) >/dev/null 2>&1 &
  echo "$!" >"$beside/$name.pid"
  echo "runs in the background"
}

# collect NAME: waits for a program in the background, if there is one, and prints its output.
collect() {
  local files=$beside/$1 status=1
  [[ -e $files.log ]] || return 0
  while [[ ! -s $files.status ]] && kill -0 "$(<"$files.pid")" 2>/dev/null; do sleep 0.2; done
  echo "$1, which ran in the background:"
  cat "$files.log"
  [[ ! -s $files.status ]] || status=$(<"$files.status")
  rm -f "$files".*
  return "$status"
}

run_end_to_end() {
  local long=(torture:: interleaving::all_interleavings_of_three model::random_programs) # minutes each
  local skips=() test
  for test in "${long[@]}"; do skips+=(--skip "$test"); done

  local log long_tests status=0
  log=$(mktemp)
  # Without job control bash lets programs in the background ignore Ctrl-C.
  RUST_TEST_THREADS=${#long[@]} env --default-signal=INT,QUIT "$program" "$@" "${long[@]}" >"$log" 2>&1 &
  long_tests=$!
  RUST_TEST_THREADS=${RUST_TEST_THREADS:-10} "$program" "$@" "${skips[@]}" || status=$?
  echo "beside these: ${long[*]}"
  wait "$long_tests" || status=$?
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
