# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: the stack under test, and how the checks look at it.

# Debian's own Postgres, where stand-ins are made from its packages.
declare -A DEBIAN_OF=([15]=bookworm [17]=trixie)
SERVICES=(postgres kafka ingestor generator)

# choose_version MAJOR[-SUITE]: what compose is told about.
choose_version() {
  POSTGRES_MAJOR=${1%%-*}
  POSTGRES_DEBIAN=bookworm
  [[ $1 != *-* ]] || POSTGRES_DEBIAN=${1#*-}
  : >"$work/pull.log"
  if ! pull_base_images "$POSTGRES_MAJOR" "$POSTGRES_DEBIAN"; then
    say "not every base image can be pulled ($work/pull.log says why): stand-ins are made from Debian's packages"
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
  # .env of the repository decides about the profiles, as it does for a user.
  unset COMPOSE_PROFILES COMPOSE_FILE
  make_secrets "$work/secrets"
  export SECRETS_DIR=$work/secrets
  remove_stack # of a run that was killed
  volumes_before=$(docker volume ls -q | sort)
}

free_port() {
  local port
  while port=$((25000 + RANDOM % 4000)) && ! port_is_free "$port"; do :; done
  echo "$port"
}

# make_secrets FOLDER: new passwords. The folder is closed, the files are open: each is mounted where it is needed, for
# users of other numbers.
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

# as_login LOGIN SQL: over the network and with its password, as a user comes in.
as_login() {
  compose exec -T -e PGPASSWORD="$(<"$SECRETS_DIR/$1_password")" postgres \
    psql -XAtq -v ON_ERROR_STOP=1 -h postgres -U "$1" -d musicstream -c "$2"
}

stored() { sql 'select coalesce(sum(events), 0) from live_daily_metrics'; }
container() { compose ps -aq "$1"; }
inspect() { docker inspect -f "$2" "$(container "$1")"; }
is_healthy() { [[ $(inspect "$1" '{{.State.Health.Status}}') == healthy ]]; }
has_more_than() { local now && now=$(stored 2>/dev/null) && ((now > $1)); }

# numbers_go_on: events are stored that were not there, and the metrics equal the events.
numbers_go_on() {
  local before
  wait_for "Postgres to answer" 120 stored >/dev/null
  before=$(stored)
  wait_for "more than $before events" 120 has_more_than "$((before + 200))"
  metrics_equal_events
}

metrics_equal_events() {
  local differences
  differences=$(sql 'select count(*) from musicstream_verify()')
  ((differences == 0)) || die "musicstream_verify() finds $differences differences"
}

# says SERVICE WORDS: whether its log has them.
says() { compose logs --no-log-prefix "$1" 2>&1 | grep -qF -- "$2"; }

# expect WORDS COMMAND...: the command must fail, with these words.
expect() {
  local words=$1 output
  shift
  if output=$("$@" 2>&1); then die "it was allowed: $*"; fi
  [[ $output == *"$words"* ]] || die "\"$words\" was expected, not: $output"
}

# http PORT PATH: the body of the answer; fails unless its status is 200.
http() { python3 -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())' "http://127.0.0.1:$1$2"; }
