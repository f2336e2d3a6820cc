#!/usr/bin/env bash
# The tests of a release in addition to .ci/run, each on clean systems. They take hours, and need root to create the systems.
# Usage: release-check.sh [--list | PART...]; default: all parts. The output of a part is in target/release-check/PART.log;
# the last line sums up.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

parts=()
# part NAME WHAT COMMAND...: defines a part, which passes if its command succeeds.
part() {
  local name=$1 what=$2
  shift 2
  parts+=("$name")
  whats[$name]=$what
  commands[$name]=${*@Q}
}
declare -A whats commands

for suite in bookworm trixie sid; do
  part "$suite-root" "the README's commands on a bare $suite, as root" \
    scripts/clean-test.sh "$suite" "make demo" "make demo" "make test"
  part "$suite-user" "the README's commands on a bare $suite, as a plain user with sudo" \
    scripts/clean-test.sh "$suite" --user listener "make demo" "make demo" "make test"
done

part packages "the Debian packages: built, installed, used, upgraded, removed; the service under systemd" \
  bash -c "scripts/setup-debian.sh deb && scripts/package-test.sh"
part dependencies "licences and sources of all dependencies" scripts/deny.sh
part containers "both images and the container stack" scripts/container-test.sh

if [[ ${1:-} == --list ]]; then
  for name in "${parts[@]}"; do printf '%-16s %s\n' "$name" "${whats[$name]}"; done
  exit
fi
for name; do [[ ${commands[$name]:-} ]] || die "no part $name: see release-check.sh --list"; done
(($#)) || set -- "${parts[@]}"

logs=$CARGO_TARGET_DIR/release-check
mkdir -p "$logs"
trap end_child EXIT
exit_on_signals
passed=0 failed=0
for name; do
  say "$name: ${whats[$name]}, into $logs/$name.log"
  started=$SECONDS
  if eval "child ${commands[$name]}" >"$logs/$name.log" 2>&1; then
    ((passed += 1))
    say "$name: passed, $(minutes $((SECONDS - started)))"
  else
    ((failed += 1))
    tail -5 "$logs/$name.log" >&2
    say "$name: FAILED, $(minutes $((SECONDS - started)))"
  fi
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
exit $((failed > 0))
