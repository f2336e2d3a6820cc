#!/usr/bin/env bash
# The local stack: a private Postgres with the extension, and a Kafka broker, both on loopback ports of their own.
# Usage: stack.sh up | down | remove. `up` leaves alone what runs; `down` keeps the data; `remove` does not.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

mkdir -p "$STACK"
exec 9>"$STACK/lock"
flock 9 # one at a time; servers are started without the lock

cd "$ROOT"
case ${1:-} in
  up)
    package=$(scripts/extension.sh)
    database_url=$(scripts/postgres.sh up "$package")
    brokers=$(scripts/kafka.sh up)
    (
      umask 077 # the password is in it
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
