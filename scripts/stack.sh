#!/usr/bin/env bash
# The local stack: a private Postgres with the extension, and a Kafka broker, both on free loopback ports.
# Usage: stack.sh up | down | remove. `up` keeps running servers; `down` keeps the data; `remove` deletes them.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

mkdir -p "$STACK"
exec 9>"$STACK/lock"
flock 9 # one call at a time; the servers do not inherit the lock

cd "$ROOT"
case ${1:-} in
  up)
    package=$(scripts/extension.sh)
    database_url=$(scripts/postgres.sh up "$package")
    brokers=$(scripts/kafka.sh up)
    (
      umask 077 # it contains the password
      cat >"$STACK/env.new" <<ENV
export DATABASE_URL='$database_url'
export KAFKA_BROKERS='$brokers'
export MUSICSTREAM_KAFKA_LIB='$STACK/kafka/lib'
ENV
    )
    mv "$STACK/env.new" "$STACK/env"
    ;;
  down | remove)
    scripts/kafka.sh "$1"
    scripts/postgres.sh "$1"
    [[ $1 == down ]] || rm -rf "$STACK/env" "$STACK/demo"
    ;;
  *) die "usage: stack.sh up | down | remove" ;;
esac
