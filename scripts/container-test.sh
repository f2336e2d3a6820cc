#!/usr/bin/env bash
# Tests the container files: builds both images, starts the stack of docker-compose.yml, kills and stops its services and
# deletes their data; after each fault the numbers must continue to grow. Usage: container-test.sh [MAJOR[-SUITE]]...
#
# Base images are pulled, or built from Debian's packages if no registry can be reached (as root, by debootstrap). A running
# container engine is used; otherwise an installed one is started for the test (as root). The stack has its own project
# name, ports, passwords and volumes, and is removed at the end; images stay as a cache for the next run.
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
flock -n 9 || die "another container test is running in this checkout"

passed=0 failed=0

# check NAME COMMAND...: prints one line, and the command's output if it fails. Must not be called in a condition, where
# bash would ignore `set -e` and continue after a failed command of the check.
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

# require NAME COMMAND...: as check, but a failure ends the test, because all later checks would fail too.
require() {
  local failed_before=$failed
  check "$@"
  ((failed == failed_before)) || finish
}

finish() {
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
