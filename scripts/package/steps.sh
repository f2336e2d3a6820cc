#!/usr/bin/env bash
# Steps of package-test.sh in the minimal root. Usage: steps.sh STEP ARGUMENTS...
# Processes end with the step that started them, so each step starts the cluster if it needs it.
set -euo pipefail

say() { printf '%s\n' "$*"; }
die() {
  say "error: $*"
  exit 1
}
equal() { [[ $2 == "$3" ]] || die "$1: expected $3, found $2"; }

export DEBIAN_FRONTEND=noninteractive
before=/var/tmp/files-before
csv=/var/tmp/events.csv
database=musicstream
ours=(musicstream-ingestor musicstream-viewer "$(basename /deb/postgresql-*-musicstream_*.deb | cut -d_ -f1 | head -1)")
major=${ours[2]#postgresql-}
major=${major%-musicstream}
contrib=/usr/share/postgresql/$major/contrib/pg_musicstream

debs_of() {
  local name
  for name in "${ours[@]}"; do echo "/deb/${name}_$1_$(dpkg --print-architecture).deb"; done
}

# All files except databases, logs, caches and the mounts of the test.
list_files() {
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run -o -path /var/tmp -o -path /deb \
    -o -path /steps -o -path /root -o -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg \
    -o -path /var/lib/postgresql \) -prune -o -print | sort
}

# Installs the dependencies of our packages, without ours and without recommended packages.
install_dependencies() {
  local packages
  apt-get -q update
  mapfile -t debs < <(debs_of "$1")
  mapfile -t packages < <(apt-get -s install --no-install-recommends "${debs[@]}" | awk '/^Inst / { print $2 }' | grep -vxF -f <(printf '%s\n' "${ours[@]}"))
  apt-get -q install -y --no-install-recommends "${packages[@]}"
  list_files >$before
}

install_packages() {
  mapfile -t debs < <(debs_of "$1")
  apt-get -q install -y --no-install-recommends "${debs[@]}"
}

installed() {
  local name
  for name in "${ours[@]}"; do equal "$name" "$(dpkg-query -W -f '${Version} ${db:Status-Status}' "$name")" "$1 installed"; done
}

programs_find_their_libraries() {
  local program
  for program in musicstream-ingestor musicstream-viewer; do
    "$program" --version
    ! ldd "/usr/bin/$program" | grep 'not found' || die "$program lacks libraries"
  done
}

# The window loads these libraries at run time, so that no tool finds them in the program.
window_finds_its_libraries() {
  local library
  for library in libX11.so.6 libX11-xcb.so.1 libXcursor.so.1 libXi.so.6 libxkbcommon.so.0 libxkbcommon-x11.so.0 libGL.so.1 libEGL.so.1 libwayland-client.so.0; do
    ldconfig -p | grep -qF "$library" || die "$library is missing"
  done
}

completions_are_there() {
  local program
  for program in musicstream-ingestor musicstream-viewer; do
    bash -n "/usr/share/bash-completion/completions/$program"
    [[ -s /usr/share/zsh/vendor-completions/_$program && -s /usr/share/fish/vendor_completions.d/$program.fish ]]
  done
  # In another shell: completing a prefix must give the subcommand.
  bash -c '
    . /usr/share/bash-completion/completions/musicstream-ingestor
    COMP_WORDS=(musicstream-ingestor str) COMP_CWORD=1
    $(complete -p musicstream-ingestor | grep -oP "(?<=-F )[^ ]+") musicstream-ingestor str musicstream-ingestor
    [[ ${COMPREPLY[*]} == stream ]]'
}

service_has_its_user() {
  equal "the user's shell" "$(getent passwd musicstream-ingestor | cut -d: -f6-7)" "/nonexistent:/usr/sbin/nologin"
  ((UID == 0)) && equal "the environment file" "$(stat -c '%a %U' /etc/musicstream/ingestor.env)" "640 root"
}

# Evaluates the condition with the environment file, as systemd does.
service_does_not_start_unconfigured() {
  local unit condition
  unit=$(systemd_unit)
  condition=$(sed -n 's/^ExecCondition=//p' "$unit")
  [[ $condition ]] || die "the unit has no condition"
  ! env -i PATH="$PATH" bash -c "set -a; . /etc/musicstream/ingestor.env; $condition" || die "the unit starts without configuration"
  env -i PATH="$PATH" KAFKA_BROKERS=kafka:9092 bash -c "$condition"
}
systemd_unit() { dpkg -L musicstream-ingestor | grep '/systemd/system/musicstream-ingestor.service$'; }

as_postgres() { runuser -u postgres -- "$@"; }
sql() { as_postgres psql -XAtq -v ON_ERROR_STOP=1 -d "$database" "$@"; }
# The cluster that the dependency created at its installation.
start_cluster() { pg_ctlcluster "$major" main start; }
stop_cluster() { pg_ctlcluster "$major" main stop -m fast; }
make_database() { as_postgres createdb --encoding UTF8 --locale C.UTF-8 --template template0 "$1"; }
as_ingestor() { runuser -u musicstream-ingestor -- env DATABASE_URL=postgresql:///$database "$@"; }

verified() {
  equal "differences between metrics and events" "$(sql -c 'select count(*) from musicstream_verify()')" 0
  equal "events" "$(sql -c 'select count(*) from raw_events')" "$1"
  equal "counted events" "$(sql -c 'select sum(events) from daily_metrics')" "$1"
}

use() {
  start_cluster
  make_database $database
  sql -c "create extension pg_musicstream"
  sql -f "$contrib/roles.sql"
  sql -c 'create role "musicstream-ingestor" login in role musicstream_ingest'
  musicstream-ingestor generate --count 10000 --seed 1 --from 2026-01-01 --until 2026-01-08 --to $csv
  as_ingestor musicstream-ingestor load $csv
  sql -c "select musicstream_rollup()"
  verified 10000
  sql -c 'create role reader login in role musicstream_read'
  as_postgres env DATABASE_URL=postgresql:///$database musicstream-viewer --screenshot /tmp/viewer.png
  equal "the picture's first bytes" "$(head -c 8 /tmp/viewer.png | od -An -tx1 | tr -d ' ')" 89504e470d0a1a0a
  stop_cluster
}

use_after_upgrade() {
  start_cluster
  verified 10000
  sql -c "alter extension pg_musicstream update" -f "$contrib/roles.sql"
  # A second load of the same file adds nothing.
  as_ingestor musicstream-ingestor load $csv
  musicstream-ingestor generate --count 5000 --seed 2 --from 2026-01-05 --until 2026-01-09 --to $csv.2
  as_ingestor musicstream-ingestor load $csv.2
  sql -c "select musicstream_rollup()"
  verified 15000
  stop_cluster
}

change_conffile() { echo "KAFKA_BROKERS=kafka:9092" >>/etc/musicstream/ingestor.env; }
conffile_is_kept() { grep -qx "KAFKA_BROKERS=kafka:9092" /etc/musicstream/ingestor.env; }

remove_packages() { apt-get -q remove -y "${ours[@]}"; }

removed() {
  local path
  for path in /usr/bin/musicstream-ingestor /usr/bin/musicstream-viewer "/usr/lib/postgresql/$major/lib/pg_musicstream.so"; do
    [[ ! -e $path ]] || die "$path still exists"
  done
}

data_outlive_the_packages() {
  start_cluster
  equal "counted events" "$(sql -c 'select sum(events) from daily_metrics')" 15000
  stop_cluster
}

purge_packages() { dpkg --purge "${ours[@]}"; }

nothing_is_left() {
  local left
  list_files >/var/tmp/files-after
  left=$(diff $before /var/tmp/files-after) || true # differences are checked below
  # The system user stays, so that its uid is not given to another user; the backups of the user database stay with it.
  left=$(grep '^[<>]' <<<"$left" | grep -vE ' /etc/(passwd|group|shadow|gshadow)-$' || true)
  [[ ! $left ]] || die "files that differ: $left"
  ! compgen -G "/var/lib/dpkg/info/*musicstream*" || die "dpkg still has files of the packages"
}

"$@"
