#!/usr/bin/env bash
# The local stack's Postgres. Usage: postgres.sh up PACKAGE_DIR | tests begin | tests end | down | remove
#
# `tests begin` starts a second server, for the tests, and prints the variables of its users; `tests end` removes it. Its files,
# and the temporary files of the tests, are in memory if there is room, because a run creates and drops hundreds of databases,
# and on ext4 most of the time of that is the file system's. It runs without fsync: the tests kill processes, never the machine,
# and what a killed process has written is still in the system's cache. It runs without pg_cron: version 1.4 lets each `drop
# database` of another session wait for up to a minute, because its launcher does not answer signals between two minutes.
# Tests that need a private server start it on a copy of the new data folder, which is a tenth of the work of initdb.
#
# Both run from a private copy of the system's installation, because Postgres finds extensions relative to its own program.
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
install=$home/install
for_tests=$home/tests # a link to the files of the tests' server
pg_config=$(find_pg_config) || die "no Postgres 14 to 18 with headers found: run scripts/setup-debian.sh"
system_bin=$("$pg_config" --bindir)
system_share=$("$pg_config" --sharedir)
system_lib=$("$pg_config" --pkglibdir)
major=$("$pg_config" --version | grep -oE '[0-9]+' | head -1)
# The longest common directory of these three; the copy has the same structure below it.
prefix=$system_bin
while [[ $system_share != "$prefix"/* || $system_lib != "$prefix"/* ]]; do prefix=$(dirname "$prefix"); done
bin=$install/${system_bin#"$prefix/"}
share=$install/${system_share#"$prefix/"}
lib=$install/${system_lib#"$prefix/"}

# of_server FOLDER: the functions below are about the server with its files in this folder.
of_server() {
  home=$1
  data=$home/data
}
of_server "$home"

copy_installation() {
  local version entry
  version=$("$pg_config" --version)
  [[ -e $install/version && $(<"$install/version") == "$version" ]] && return
  stop
  rm -rf "$install"
  mkdir -p "$bin" "$lib" "$share/extension"
  cp "$system_bin"/* "$bin/"
  ln -s "$system_lib"/* "$lib/"
  for entry in "$system_share"/* "$system_share"/extension/*; do
    [[ $entry == "$system_share/extension" ]] || ln -s "$entry" "$share/${entry#"$system_share/"}"
  done
  echo "$version" >"$install/version"
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
max_connections = 200
max_worker_processes = 16
shared_buffers = ${MUSICSTREAM_SHARED_BUFFERS:-512MB}
work_mem = 32MB
maintenance_work_mem = 256MB
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
CONF
  if [[ $home -ef $for_tests ]]; then
    cat <<CONF
fsync = off
full_page_writes = off
max_wal_size = 1GB
CONF
  else
    cat <<CONF
max_wal_size = 4GB
shared_preload_libraries = 'pg_cron'
cron.database_name = 'musicstream'
cron.host = '127.0.0.1'
# No background workers: while one runs, pg_cron 1.4 neither starts other jobs nor notices changes to them.
cron.use_background_workers = off
CONF
  fi
}

is_running() { [[ -e $data/postmaster.pid ]] && as_owner "$bin/pg_ctl" -D "$data" status >/dev/null; }

start() {
  is_running && return
  configure "$(remembered_port "$home/port")" >"$data/stack.conf"
  : >>"$home/server.log"
  ((EUID == 0)) && chown postgres "$data/stack.conf" "$home/server.log"
  # For pg_cron, which connects as a client.
  (umask 077 && echo "*:*:*:postgres:$(<"$home/password")" >"$home/pgpass")
  ((EUID == 0)) && chown postgres "$home/pgpass"
  # By default the C library returns memory to the system after each statement, and the next one gets it back page by page, which
  # takes a fifth of the time of statements on small tables.
  local keep=()
  if [[ $home -ef $for_tests ]]; then keep=(MALLOC_TOP_PAD_=16777216 MALLOC_TRIM_THRESHOLD_=134217728); fi
  as_owner env -u RUST_BACKTRACE "${keep[@]}" PGPASSFILE="$home/pgpass" "$bin/pg_ctl" -D "$data" -l "$home/server.log" -w -t 120 start >/dev/null 2>&1 9>&- || {
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

# room_in_memory: whether the tests may use memory for their files, which take 1.5 GB, and leave enough to the servers.
room_in_memory() {
  [[ $(stat -f -c %T /dev/shm 2>/dev/null) == tmpfs ]] || return
  (($(df --output=avail -B1M /dev/shm | tail -1) > 3000)) || return
  (($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) > 8 << 20))
}

# begin_tests: prints the variables of the tests' server as commands of a shell.
begin_tests() {
  local folder
  end_tests # of a run that was killed
  if room_in_memory; then folder=$(mktemp -d /dev/shm/musicstream-tests-XXXXXX); else folder=$(mktemp -d /var/tmp/musicstream-tests-XXXXXX); fi
  ln -s "$folder" "$for_tests"
  chmod 755 "$folder"
  mkdir -m 1777 "$folder/tmp"
  of_server "$folder"
  make_cluster
  cp -a "$data" "$folder/new_cluster"
  start
  echo "export DATABASE_URL='$(url postgres)'"
  echo "export MUSICSTREAM_NEW_CLUSTER='$folder/new_cluster'"
  echo "export TMPDIR='$folder/tmp'"
}

end_tests() {
  [[ -L $for_tests ]] || return 0
  local folder mount
  folder=$(readlink "$for_tests")
  (of_server "$folder" && stop)
  # Small file systems of tests that were killed.
  while read -r mount; do umount --lazy "$mount"; done < <(awk -v below="$folder/" 'index($2, below) == 1 { print $2 }' /proc/mounts)
  rm -rf "$folder" "$for_tests"
}

case ${1:-} in
  up)
    mkdir -p "$home"
    copy_installation
    make_cluster
    install_extension "$2"
    if [[ ${extension_changed:-} ]] && is_running; then say "the extension was rebuilt: new sessions use it"; fi
    start
    make_database
    url musicstream
    ;;
  tests)
    case ${2:-} in
      begin) begin_tests ;;
      end) end_tests ;;
      *) die "usage: postgres.sh tests begin | tests end" ;;
    esac
    ;;
  down)
    end_tests
    stop
    ;;
  remove)
    end_tests
    stop
    rm -rf "${home:?}" "$link"
    ;;
  *) die "usage: postgres.sh up PACKAGE_DIR | tests begin | tests end | down | remove" ;;
esac
