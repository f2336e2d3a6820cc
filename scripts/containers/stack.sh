# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: the stack under test, and functions with which the checks inspect it.

# The Debian suite of each Postgres version for which stand-ins can be built.
declare -A DEBIAN_OF=([15]=bookworm [17]=trixie)
SERVICES=(postgres kafka ingestor generator)

# choose_version MAJOR[-SUITE]: sets compose's variables for this Postgres.
choose_version() {
  POSTGRES_MAJOR=${1%%-*}
  POSTGRES_DEBIAN=bookworm
  [[ $1 != *-* ]] || POSTGRES_DEBIAN=${1#*-}
  : >"$work/pull.log"
  if ! pull_base_images "$POSTGRES_MAJOR" "$POSTGRES_DEBIAN"; then
    say "not every base image can be pulled (see $work/pull.log): building stand-ins from Debian's packages"
    [[ $1 == *-* ]] || POSTGRES_DEBIAN=${DEBIAN_OF[$POSTGRES_MAJOR]:-}
    [[ $POSTGRES_DEBIAN ]] || die "which Debian suite has Postgres $POSTGRES_MAJOR? Name it, as in 16-SUITE"
    make_base_images "$POSTGRES_MAJOR" "$POSTGRES_DEBIAN"
  fi
  export POSTGRES_MAJOR POSTGRES_DEBIAN
  export COMPOSE_PROJECT_NAME=musicstream-test-$POSTGRES_MAJOR
  local variable
  for variable in POSTGRES_PORT KAFKA_PORT METRICS_PORT PROMETHEUS_PORT GRAFANA_PORT; do
    export "$variable=$(free_port)"
  done
  # The repository's .env sets the profiles, as for a user.
  unset COMPOSE_PROFILES COMPOSE_FILE
  make_secrets "$work/secrets"
  export SECRETS_DIR=$work/secrets
  remove_stack # that of a killed run
  volumes_before=$(docker volume ls -q | sort)
}

free_port() {
  local port
  while port=$((25000 + RANDOM % 4000)) && ! port_is_free "$port"; do :; done
  echo "$port"
}

# make_secrets FOLDER: writes new passwords. The folder is private; the files are world-readable, because each is mounted
# into containers whose users have other uids.
make_secrets() {
  local name
  rm -rf "$1"
  mkdir -m 700 "$1"
  for name in postgres ingestor reader grafana; do
    head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$1/${name}_password"
  done
}

compose() { docker compose --ansi never --progress plain "$@"; }

remove_stack() {
  [[ ${COMPOSE_PROJECT_NAME:-} ]] || return 0
  compose --profile '*' down -v --remove-orphans --timeout 10 >"$work/down.log" 2>&1 || cat "$work/down.log" >&2
}

sql() { compose exec -T postgres psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -U postgres -d musicstream -c "$1"; }

# as_login LOGIN SQL: runs a statement over the network with the login's password, as a user would.
as_login() {
  compose exec -T -e PGPASSWORD="$(<"$SECRETS_DIR/$1_password")" postgres \
    psql -XAtq -v ON_ERROR_STOP=1 -h postgres -U "$1" -d musicstream -c "$2"
}

stored() { sql 'select coalesce(sum(events), 0) from live_daily_metrics'; }
container() { compose ps -aq "$1"; }
inspect() { docker inspect -f "$2" "$(container "$1")"; }
is_healthy() { [[ $(inspect "$1" '{{.State.Health.Status}}') == healthy ]]; }
has_more_than() { local now && now=$(stored 2>/dev/null) && ((now > $1)); }

# numbers_grow: waits until more events are stored, and checks that the metrics equal the events.
numbers_grow() {
  local before
  wait_for "Postgres to answer" 120 stored >/dev/null
  before=$(stored)
  wait_for "more than $((before + 200)) events" 120 has_more_than "$((before + 200))"
  metrics_equal_events
}

metrics_equal_events() {
  local differences
  differences=$(sql 'select count(*) from musicstream_verify()')
  ((differences == 0)) || die "musicstream_verify() finds $differences differences"
}

# log_contains SERVICE TEXT: whether the service's log contains the text.
log_contains() { compose logs --no-log-prefix "$1" 2>&1 | grep -qF -- "$2"; }

# expect TEXT COMMAND...: the command must fail with this text in its output.
expect() {
  local words=$1 output
  shift
  if output=$("$@" 2>&1); then die "the command succeeded: $*"; fi
  [[ $output == *"$words"* ]] || die "expected \"$words\" in: $output"
}

# http PORT PATH: prints the body of the response; fails unless its status is 200.
http() { python3 -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())' "http://127.0.0.1:$1$2"; }
