# shellcheck shell=bash
# Sourced by the other scripts: where things are, and how they speak.
# shellcheck disable=SC2034  # its variables are read by those that source it

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
STACK=$ROOT/target/stack
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
# A relative one means "below where the user stands" to cargo, which is not where the scripts stand.
[[ $CARGO_TARGET_DIR == /* ]] || CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR
BIN=$CARGO_TARGET_DIR/release
export PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

say() { printf '%s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# quietly WHAT COMMAND...: on a terminal its progress is seen; else its words are kept, and shown when it fails.
quietly() {
  local what=$1 log
  shift
  if [[ -t 2 ]]; then
    "$@" >/dev/null
    return
  fi
  log=$(mktemp)
  "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    rm -f "$log"
    die "failed: $what"
  }
  rm -f "$log"
}

# wait_for WHAT SECONDS COMMAND...: polls until the command succeeds.
wait_for() {
  local what=$1 seconds=$2 deadline=$((SECONDS + $2))
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || die "waited $seconds s for $what"
    sleep 0.1
  done
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# remembered_port FILE: the port in FILE, or a free one, which FILE then holds.
remembered_port() {
  local port
  # No such file yet: a port is drawn.
  port=$(cat "$1" 2>/dev/null || true)
  until [[ $port ]] && port_is_free "$port"; do port=$((23000 + RANDOM % 1000)); done
  echo "$port" | tee "$1"
}

# find_pg_config: the newest Postgres of which both the server and its headers are here; PG_CONFIG decides otherwise.
find_pg_config() {
  local candidate
  for candidate in ${PG_CONFIG:+"$PG_CONFIG"} /usr/lib/postgresql/{18,17,16,15,14}/bin/pg_config "$(command -v pg_config)"; do
    [[ -x $candidate && -x $("$candidate" --bindir)/postgres ]] || continue
    [[ -e $("$candidate" --includedir-server)/postgres.h ]] || continue
    echo "$candidate"
    return
  done
  return 1
}
