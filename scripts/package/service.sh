#!/usr/bin/env bash
# Steps of package-test.sh in a root that runs systemd. Usage: service.sh STEP ARGUMENTS...
# KAFKA_BROKERS and TOPIC are those of the machine's stack.
set -euo pipefail

unit=musicstream-ingestor.service
environment_file=/etc/musicstream/ingestor.env
die() {
  printf 'error: %s\n' "$*"
  systemctl status --no-pager --full "$unit" || true # only printed for diagnosis
  journalctl --no-pager -n 30 -u "$unit"
  exit 1
}
equal() { [[ $2 == "$3" ]] || die "$1: expected $3, found $2"; }
property() { systemctl show --property="$1" --value "$unit"; }
as_postgres() { runuser -u postgres -- "$@"; }
sql() { as_postgres psql -XAtq -v ON_ERROR_STOP=1 -d musicstream "$@"; }

# wait_for WHAT COMMAND...: retries until the command succeeds.
wait_for() {
  local what=$1 deadline=$((SECONDS + 90))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || die "waited 90 s for $what"
    sleep 0.2
  done
}
has_status() { [[ $(property StatusText) == $1* ]]; }
has_restarted() { [[ $(property NRestarts) == 1 && $(property ActiveState) == active ]]; }
has_events() { [[ $(sql -c "select count(*) from raw_events") == "$1" ]]; }

booted() { wait_for "systemd to have booted" systemctl is-system-running --quiet; }

installs_without_starting() {
  local debs=()
  mapfile -t debs < <(printf '%s\n' /deb/postgresql-*-musicstream_"$1"_*.deb /deb/musicstream-ingestor_"$1"_*.deb)
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${debs[@]}"
  equal "enabled" "$(systemctl is-enabled "$unit")" enabled
  equal "active" "$(property ActiveState)" inactive
  equal "the condition's result" "$(property ExecMainStatus) $(property Result)" "0 exec-condition"
  ! systemctl is-failed --quiet "$unit" || die "the unit has failed"
  systemctl list-units --failed --no-legend --no-pager
}

sets_up_the_database() {
  wait_for "Postgres" pg_isready --quiet
  as_postgres createdb -E UTF8 -T template0 --locale C.UTF-8 musicstream
  sql -c "create extension pg_musicstream" -f /usr/share/postgresql/*/contrib/pg_musicstream/roles.sql
  sql -c 'create role "musicstream-ingestor" login in role musicstream_ingest'
}

starts_once_configured() {
  printf '%s\n' DATABASE_URL=postgresql:///musicstream "KAFKA_BROKERS=$KAFKA_BROKERS" \
    MUSICSTREAM_CONFIG=/etc/musicstream/ingestor.toml >>$environment_file
  printf '[stream]\ntopic = "%s"\ngroup = "%s"\n' "$TOPIC" "$TOPIC" >/etc/musicstream/ingestor.toml
  systemctl start "$unit"
  equal "active" "$(property ActiveState)" active
  wait_for "its status to be ready" has_status ready
  equal "the user" "$(stat -c %U "/proc/$(property MainPID)")" musicstream-ingestor
  wait_for "the events" has_events "$1"
}

restarts_after_a_kill() {
  local before
  before=$(property MainPID)
  kill -KILL "$before"
  wait_for "the restart" has_restarted
  wait_for "its status to be ready" has_status ready
}

continues_after_an_outage() {
  systemctl stop 'postgresql@*'
  wait_for "the outage in its status" has_status "$TOPIC: no event"
  equal "active" "$(property ActiveState)" active
  equal "restarts" "$(property NRestarts)" 1
  systemctl start postgresql
  wait_for "its status to be ready" has_status ready
}

is_restarted_by_an_upgrade() {
  local before
  before=$(property MainPID)
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-confold \
    /deb/postgresql-*-musicstream_"$1"_*.deb /deb/musicstream-ingestor_"$1"_*.deb
  equal "active" "$(property ActiveState)" active
  [[ $(property MainPID) != "$before" ]] || die "the unit was not restarted"
  wait_for "its status to be ready" has_status ready
  equal "differences" "$(sql -c "select count(*) from musicstream_verify()")" 0
}

stops_in_good_order() {
  systemctl stop "$unit"
  equal "how it ended" "$(property Result) $(property ExecMainStatus)" "success 0"
  equal "partitions that it holds" "$(sql -c "select count(*) from ingest_offsets where owner is not null")" 0
}

service_is_not_restarted_after_wrong_usage() {
  echo 'no-such-flag = 1' | cat - /etc/musicstream/ingestor.toml >/etc/musicstream/wrong.toml
  echo MUSICSTREAM_CONFIG=/etc/musicstream/wrong.toml >>$environment_file
  ! systemctl start "$unit" || die "the unit started"
  equal "how it ended" "$(property Result) $(property ExecMainStatus) $(property NRestarts)" "exit-code 2 0"
  systemctl reset-failed "$unit"
}

is_gone_after_purge() {
  sed -i '/wrong.toml/d' $environment_file
  systemctl start "$unit"
  local pid
  pid=$(property MainPID)
  apt-get -q purge -y musicstream-ingestor
  [[ ! -e /proc/$pid ]] || die "the process is still running"
  equal "what systemd knows of it" "$(property LoadState)" not-found
  # Files that the administrator created do not belong to the package.
  equal "remaining files" "$(ls /etc/musicstream)" "$(printf 'ingestor.toml\nwrong.toml')"
}

"$@"
