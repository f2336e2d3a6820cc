#!/usr/bin/env bash
# The local stack's Postgres. Usage: postgres.sh up PACKAGE_DIR | tests begin | tests end | down | remove
#
# `tests begin` restarts it without fsync and without pg_cron; `tests end` and `up` restart it as usual. The tests kill
# processes, never the machine, and what a killed process has written is still in the system's cache; Postgres's own tests
# run without fsync, too. pg_cron 1.4 lets each `drop database` of another session wait for up to a minute, because its
# launcher does not answer signals between two minutes.
#
# It runs from a private copy of the system's installation, because Postgres finds extensions relative to its own program.
# So installing the extension needs no root, changes nothing outside this checkout, and does not affect other checkouts.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

umask 022 # the cluster's owner must be able to read the files

# Postgres refuses to run as root; then the cluster belongs to the system user postgres.
as_owner() {
  if ((EUID == 0)); then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# If the cluster's owner cannot access the checkout (below a private home directory), this is a link to a place that it can.
link=$STACK/postgres
mkdir -p "$STACK"
if [[ ${1:-} == up && ! -d $link ]] && ! as_owner test -x "$STACK"; then
  ln -sfn "$(mktemp -d /var/tmp/musicstream-postgres-XXXXXX)" "$link"
  chmod 755 "$link/"
  say "Postgres's files are in $(readlink "$link"), which user postgres can access"
fi
home=$(readlink -f "$link")
data=$home/data
pg_config=$(find_pg_config) || die "no Postgres 14 to 18 with headers found: run scripts/setup-debian.sh"
system_bin=$("$pg_config" --bindir)
system_share=$("$pg_config" --sharedir)
system_lib=$("$pg_config" --pkglibdir)
major=$("$pg_config" --version | grep -oE '[0-9]+' | head -1)
# The longest common directory of these three; the copy has the same structure below it.
prefix=$system_bin
while [[ $system_share != "$prefix"/* || $system_lib != "$prefix"/* ]]; do prefix=$(dirname "$prefix"); done
bin=$home/install/${system_bin#"$prefix/"}
share=$home/install/${system_share#"$prefix/"}
lib=$home/install/${system_lib#"$prefix/"}

copy_installation() {
  local version entry
  version=$("$pg_config" --version)
  [[ -e $home/install/version && $(<"$home/install/version") == "$version" ]] && return
  stop
  rm -rf "$home/install"
  mkdir -p "$bin" "$lib" "$share/extension"
  cp "$system_bin"/* "$bin/"
  ln -s "$system_lib"/* "$lib/"
  for entry in "$system_share"/* "$system_share"/extension/*; do
    [[ $entry == "$system_share/extension" ]] || ln -s "$entry" "$share/${entry#"$system_share/"}"
  done
  echo "$version" >"$home/install/version"
}

# install_extension PACKAGE_DIR. A changed file gets a new inode, so running sessions keep the old library.
install_extension() {
  local file to
  while read -r file; do
    case $file in
      *.so) to=$lib/${file##*/} ;;
      *) to=$share/extension/${file##*/} ;;
    esac
    cmp -s "$file" "$to" && continue
    rm -f "$to"
    cp "$file" "$to"
    chmod a+r "$to"
    extension_changed=1
  done < <(find "$1$system_lib" "$1$system_share" -type f) # the package may contain files for other Postgres versions
}

make_cluster() {
  if [[ -e $home/initialised ]]; then
    [[ $(<"$data/PG_VERSION") == "$major" ]] ||
      die "the stack's database was made by Postgres $(<"$data/PG_VERSION"), not $major: scripts/stack.sh remove, then make up"
    return
  fi
  rm -rf "$data"
  mkdir -m 700 "$data"
  (umask 077 && head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$home/password")
  ((EUID == 0)) && chown postgres "$data" "$home/password"
  as_owner "$bin/initdb" -D "$data" -U postgres --pwfile "$home/password" --auth scram-sha-256 \
    -E UTF8 --locale C.UTF-8 >"$home/initdb.log" 2>&1 || {
    cat "$home/initdb.log" >&2
    die "initdb failed"
  }
  echo "include 'stack.conf'" >>"$data/postgresql.conf"
  touch "$home/initialised"
}

configure() {
  cat <<CONF
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
shared_preload_libraries = 'pg_cron'
cron.database_name = 'musicstream'
cron.host = '127.0.0.1'
# No background workers: while one runs, pg_cron 1.4 neither starts other jobs nor notices changes to them.
cron.use_background_workers = off
max_connections = 200
max_worker_processes = 16
shared_buffers = ${MUSICSTREAM_SHARED_BUFFERS:-512MB}
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
CONF
}

is_running() { [[ -e $data/postmaster.pid ]] && as_owner "$bin/pg_ctl" -D "$data" status >/dev/null; }

# The options of the server while tests run.
for_tests='-c fsync=off -c full_page_writes=off -c shared_preload_libraries='
runs_for_tests() { is_running && grep -q 'fsync=off' "$data/postmaster.opts"; }

# start [OPTIONS_OF_THE_SERVER]
start() {
  is_running && return
  configure "$(remembered_port "$home/port")" >"$data/stack.conf"
  : >>"$home/server.log"
  ((EUID == 0)) && chown postgres "$data/stack.conf" "$home/server.log"
  # For pg_cron, which connects as a client.
  (umask 077 && echo "*:*:*:postgres:$(<"$home/password")" >"$home/pgpass")
  ((EUID == 0)) && chown postgres "$home/pgpass"
  as_owner env -u RUST_BACKTRACE PGPASSFILE="$home/pgpass" "$bin/pg_ctl" -D "$data" -l "$home/server.log" -o "${1:-}" -w -t 120 start >/dev/null 2>&1 9>&- || {
    tail -20 "$home/server.log" >&2
    die "Postgres did not start; its log is $home/server.log"
  }
}

stop() {
  is_running || return 0
  as_owner "$bin/pg_ctl" -D "$data" -m fast -w -t 120 stop >/dev/null
}

url() { echo "postgresql://postgres:$(<"$home/password")@127.0.0.1:$(<"$home/port")/$1"; }
sql() { PGOPTIONS='-c client_min_messages=warning' "$system_bin/psql" -XAtq -v ON_ERROR_STOP=1 "$(url "$1")" "${@:2}"; }

# The versions by which the extension of the database is updated; empty if there is no way, or it has this version already.
update_path() {
  sql musicstream -c "select p.path
    from pg_extension as e, pg_extension_update_paths(e.extname) as p
    where e.extname = 'pg_musicstream' and p.source = e.extversion and p.target = '$1'"
}

# A copy of the script that created the database is kept, because a version under development may change without a new number.
make_database() {
  local version script path is_replaced='' made_from=$home/made_from
  version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$share/extension/pg_musicstream.control")
  script=pg_musicstream--$version.sql
  cmp -s "$share/extension/$script" "$made_from/$script" && return
  if [[ ! -d $made_from ]]; then
    sql postgres -c "drop database if exists musicstream with (force)" # it may be incomplete
  elif path=$(update_path "$version") && [[ $path ]]; then
    say "updating the extension by $path"
    sql musicstream -c "alter extension pg_musicstream update"
  else
    say "the database cannot be updated to this SQL of the extension: starting on a new database, the old one is musicstream_old"
    sql postgres -c "drop database if exists musicstream_old with (force)" \
      -c "alter database musicstream allow_connections false" \
      -c "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = 'musicstream'" \
      -c "alter database musicstream rename to musicstream_old" \
      -c "alter database musicstream_old allow_connections true" >/dev/null
    rm -rf "$made_from"
    is_replaced=yes
  fi
  if [[ ! -d $made_from ]]; then
    sql postgres -c "create database musicstream"
    sql musicstream -c "create extension pg_musicstream"
  fi
  sql musicstream -f "$ROOT/sql/roles.sql" -f "$ROOT/sql/cron.sql" >/dev/null
  rm -rf "$made_from"
  mkdir "$made_from"
  cp "$share/extension/$script" "$made_from/"
  # pg_cron's launcher ended with the sessions of the old database, and is not restarted automatically.
  if [[ $is_replaced ]]; then
    stop
    start
  fi
}

case ${1:-} in
  up)
    mkdir -p "$home"
    copy_installation
    make_cluster
    install_extension "$2"
    if [[ ${extension_changed:-} ]] && is_running; then say "the extension was rebuilt: new sessions use it"; fi
    if runs_for_tests; then stop; fi
    start
    make_database
    url musicstream
    ;;
  tests)
    case ${2:-} in
      begin) options=$for_tests ;;
      end) options='' ;;
      *) die "usage: postgres.sh tests begin | tests end" ;;
    esac
    stop
    start "$options"
    ;;
  down) stop ;;
  remove)
    stop
    rm -rf "${home:?}" "$link"
    ;;
  *) die "usage: postgres.sh up PACKAGE_DIR | tests begin | tests end | down | remove" ;;
esac
