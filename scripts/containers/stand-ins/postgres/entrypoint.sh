#!/usr/bin/env bash
# The part of the official image's entrypoint that the project uses: the first start creates the cluster and the database
# and runs the scripts of /docker-entrypoint-initdb.d, without listening on TCP.
set -euo pipefail

if [[ $1 != postgres ]]; then exec "$@"; fi

if ((EUID == 0)); then
  mkdir -p "$PGDATA"
  chown postgres "$PGDATA"
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

if [[ ! -s $PGDATA/PG_VERSION ]]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  password=${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:-/dev/null}")}
  [[ $password ]] || {
    echo "error: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE" >&2
    exit 1
  }
  initdb -D "$PGDATA" -U postgres -E UTF8 --pwfile <(echo "$password") --auth trust
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -w -o "$(printf '%q ' "${@:2}" -c listen_addresses=)" start
  psql=(psql -X -v ON_ERROR_STOP=1 -U postgres)
  "${psql[@]}" -d postgres -c "create database \"$POSTGRES_DB\""
  for script in /docker-entrypoint-initdb.d/*.sql; do
    echo "running $script"
    "${psql[@]}" -d "$POSTGRES_DB" -f "$script"
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
