#!/usr/bin/env bash
# The container files, tried for real: both images are built, the stack of docker-compose.yml runs, its parts are killed,
# stopped and robbed of their data, and the numbers have to go on. Usage: container-test.sh [MAJOR[-SUITE]]...
#
# Base images are pulled; where no registry can be reached they are made from Debian's packages (as root, by debootstrap).
# A container engine that runs is used; else an installed one is started for the test (as root). The stack has a project
# name, ports, passwords and volumes of its own, and is removed at the end; images stay, as the cache of the next run.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
. "$ROOT/scripts/containers/engine.sh"
. "$ROOT/scripts/containers/base-images.sh"
. "$ROOT/scripts/containers/stack.sh"
. "$ROOT/scripts/containers/checks-images.sh"
. "$ROOT/scripts/containers/checks-stack.sh"
. "$ROOT/scripts/containers/checks-faults.sh"
. "$ROOT/scripts/containers/checks-monitoring.sh"
cd "$ROOT"

work=$CARGO_TARGET_DIR/containers
mkdir -p "$work"
exec 9>"$work/lock"
flock -n 9 || die "another container test runs in this checkout"

passed=0 failed=0

# check NAME COMMAND...: one line; what the command printed, too, if it fails. To be called as a plain command: as part of
# a condition bash would go on after a command of the check that failed.
check() {
  local name=$1 log=$work/check.log started=$SECONDS
  shift
  (
    set -e
    "$@"
  ) >"$log" 2>&1 9>&- &
  if wait $!; then
    passed=$((passed + 1))
    printf 'ok      %s (%d s)\n' "$name" $((SECONDS - started))
  else
    failed=$((failed + 1))
    printf 'FAILED  %s (%d s)\n' "$name" $((SECONDS - started))
    tail -40 "$log" | sed 's/^/        /'
  fi
}

# Without this the checks after it could only fail.
require() {
  local failed_before=$failed
  check "$@"
  ((failed == failed_before)) || finish
}

finish() {
  # Where nothing failed, nothing of the stack is worth keeping.
  remove_stack
  printf '%d passed, %d failed\n' "$passed" "$failed"
  exit $((failed > 0))
}

# shellcheck disable=SC2317 # called by trap
on_exit() {
  remove_stack
  stop_engine
}
trap on_exit EXIT
trap 'exit 130' INT TERM

find_engine "$work"
find_compose "$work"

if (($#)); then versions=("$@"); else versions=(15 17); fi
for version in "${versions[@]}"; do
  choose_version "$version"
  printf '\nPostgres %s on Debian %s\n' "$POSTGRES_MAJOR" "$POSTGRES_DEBIAN"
  image_checks
  stack_checks
  fault_checks
  monitoring_checks
  check "after down -v no container, network or volume is left" nothing_is_left
done
echo
finish
