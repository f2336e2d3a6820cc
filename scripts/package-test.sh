#!/usr/bin/env bash
# Tests the Debian packages in a minimal root: installs, uses, upgrades (with data), removes and purges them, and runs the
# usual checkers. Needs root (debootstrap, chroot). Usage: package-test.sh [SUITE]
#
# The root only contains debootstrap's packages and the dependencies of ours, so that a missing dependency is found.
# The checkers (lintian, systemd-analyze, man, desktop-file-validate) are in a second root.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

suite=${1:-bookworm}
roots=$(mktemp -d /var/tmp/musicstream-package-test-XXXXXX)
bare=$roots/bare
checkers=$roots/checkers
service=$roots/service
namespaces='' stops_kafka=''
passed=0 failed=0

cleanup() {
  local root
  if [[ $namespaces ]]; then
    kill -KILL "$namespaces"
    wait "$namespaces" 2>/dev/null || true # its status is that of the kill
  fi
  for root in "$bare" "$checkers" "$service"; do
    [[ ! -d $root ]] || scripts/clean-root.sh remove "$root"
  done
  rm -rf "$roots"
  [[ ! $stops_kafka ]] || scripts/kafka.sh down
}
trap cleanup EXIT

# check WHAT COMMAND...: counts the result, and prints the output of a failed command.
check() {
  local what=$1 log=$roots/log
  shift
  if "$@" >"$log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    say "ok: $what"
  else
    failed=$((failed + 1))
    say "FAILED: $what"
    sed 's/^/    /' "$log" >&2
  fi
}

in_bare() { scripts/clean-root.sh run "$bare" --bind "$CARGO_TARGET_DIR/deb:/deb" --bind "$ROOT/scripts/package:/steps" -- "$@"; }
in_checkers() { scripts/clean-root.sh run "$checkers" --bind "$CARGO_TARGET_DIR/deb:/deb" --bind "$ROOT/scripts/package:/steps" -- "$@"; }
step() { in_bare /steps/steps.sh "$@"; }

# The current version, and a higher one from the same sources.
say "building two versions of the packages"
mapfile -t debs < <(scripts/deb.sh)
first=$(dpkg-deb -f "${debs[1]}" Version)
major=$(dpkg-deb -f "${debs[0]}" Package | grep -oE '[0-9]+')
second=${first%-*}-$((${first##*-} + 1))
scripts/deb.sh "$second" >/dev/null
inside=() # their paths in a root
for deb in "${debs[@]}"; do inside+=("/deb/${deb##*/}"); done
unit=musicstream-ingestor.service

say "creating a minimal $suite root and one for the checkers"
scripts/clean-root.sh make "$suite" "$bare"
scripts/clean-root.sh make "$suite" "$checkers"

is_stripped() {
  local folder=$roots/stripped-$RANDOM file
  dpkg-deb -x "$1" "$folder"
  while read -r file; do
    ! readelf -WS "$file" | grep -E ' \.(symtab|debug_info) ' || die "$file is not stripped"
  done < <(find "$folder" -type f \( -path '*/usr/bin/*' -o -name '*.so' \))
}
for deb in "${debs[@]}"; do
  check "$(basename "$deb") is stripped" is_stripped "$deb"
done

check "the dependencies can be installed" step install_dependencies "$first"
check "install" step install_packages "$first"
check "all three are installed" step installed "$first"
check "the programs find their libraries" step programs_find_their_libraries
check "the window finds its libraries" step window_finds_its_libraries
check "completions" step completions_are_there
check "the service's user and environment file" step service_has_its_user
check "the service does not start unconfigured" step service_does_not_start_unconfigured
check "a cluster, the extension, a load as the ingest role, a rollup, a picture" step use
check "the configuration is changed" step change_conffile
check "upgrade" step install_packages "$second"
check "the higher version is installed" step installed "$second"
check "the configuration is kept by the upgrade" step conffile_is_kept
check "data and extension after the upgrade" step use_after_upgrade
check "remove" step remove_packages
check "programs and library are gone" step removed
check "the configuration outlives the removal" step conffile_is_kept
check "the metrics can be read without the packages" step data_outlive_the_packages
check "purge" step purge_packages
check "nothing is left" step nothing_is_left

# The service under systemd, with the Postgres of the root and the Kafka of this checkout's stack.
in_service() { scripts/clean-root.sh run "$service" --bind "$CARGO_TARGET_DIR/deb:/deb" -- "$@"; }
in_booted() {
  nsenter --target "$systemd" --mount --pid --uts --ipc --cgroup --root --wd \
    /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 KAFKA_BROKERS="$brokers" TOPIC="$topic" "$@"
}
boot() {
  unshare --mount --pid --uts --ipc --cgroup --fork --kill-child --propagation private \
    scripts/package/boot.sh "$service" "$CARGO_TARGET_DIR/deb" "$ROOT/scripts/package" &
  namespaces=$!
  wait_for "the first process of the root" 30 has_first_process
  systemd=$(pgrep -P "$namespaces")
  wait_for "systemd to be the first process" 30 is_systemd
}
has_first_process() { pgrep -P "$namespaces" >/dev/null; }
is_systemd() { [[ $(<"/proc/$systemd/comm") == systemd ]]; }

topic=package_test_$$
# A broker that was running before is not stopped.
[[ -e $STACK/kafka/pid ]] || stops_kafka=yes
brokers=$(scripts/kafka.sh up)
events() { "$BIN/musicstream-ingestor" generate --to kafka --brokers "$brokers" --topic "$topic" --partitions 2 --count 2000 --seed 3 --output json; }
say "booting a root with systemd"
scripts/clean-root.sh make "$suite" "$service"
# shellcheck disable=SC2016  # for the shell in the root
check "systemd and the dependencies can be installed" in_service bash -ec '
  apt-get -q update
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends systemd systemd-sysv dbus "$1"
  rm /usr/sbin/policy-rc.d' install "postgresql-$major"
boot
booted() { in_booted /steps/service.sh "$@"; }
check "the machine boots" booted booted
check "the packages are installed, the service is not started" booted installs_without_starting "$first"
check "database and roles" booted sets_up_the_database
check "events in Kafka" events
check "the service starts once it is configured" booted starts_once_configured 2000
check "the service is restarted when it is killed" booted restarts_after_a_kill
check "the service continues after an outage of Postgres" booted continues_after_an_outage
check "an upgrade restarts the service" booted is_restarted_by_an_upgrade "$second"
check "the service stops in good order" booted stops_in_good_order
check "the service is not restarted after wrong usage" booted service_is_not_restarted_after_wrong_usage
check "remove and purge end the service" booted is_gone_after_purge

install_checkers() { in_checkers bash -ec 'apt-get -q update && apt-get -q install -y --no-install-recommends lintian systemd man-db desktop-file-utils && apt-get -q install -y --no-install-recommends "$@"' install "${inside[@]}"; }
check "the checkers can be installed" install_checkers
check "lintian" in_checkers lintian --fail-on error,warning --tag-display-limit 0 "${inside[@]}"
check "systemd-analyze verify" in_checkers bash -c "out=\$(systemd-analyze verify $unit 2>&1); echo \"\$out\"; [[ ! \$out ]]"
check "systemd-analyze security: an exposure below 2.5" in_checkers systemd-analyze security --offline=yes --threshold=25 --no-pager $unit
check "manual pages" in_checkers /steps/manuals.sh
check "desktop entry" in_checkers desktop-file-validate /usr/share/applications/musicstream-viewer.desktop

printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
