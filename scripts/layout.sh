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

# progress WHAT COMMAND...: on a terminal the command's own progress is seen. Elsewhere a line a minute says how far it
# is (how many of how many crates, where it is cargo that runs); its output is kept, and shown when it fails.
progress() {
  local what=$1 log ticker status=0 started=$SECONDS
  shift
  if [[ -t 2 ]]; then
    "$@" >/dev/null
    return
  fi
  log=$(mktemp)
  report_progress "$what" "$log" 9>&- >/dev/null & # without the lock and the output of its caller
  ticker=$!
  # cargo writes its bar, which has the numbers, to a log only when told to.
  CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80 "$@" >"$log" 2>&1 || status=$?
  kill "$ticker"
  wait "$ticker" || true # it was killed
  if ((status)); then
    tr '\r' '\n' <"$log" | grep -vE '^ *(Building \[.*)?$' >&2 || true # it may have said nothing
    say "failed: $what"
  elif ((SECONDS - started > 60)); then
    say "$what: done after $(minutes $((SECONDS - started)))"
  fi
  rm -f "$log"
  return "$status"
}

report_progress() {
  local what=$1 log=$2 seconds=0 far next=10
  # Until it is killed, or the script that it reports for is. read sleeps without a process that would outlive this one.
  while [[ -d /proc/$$ ]] && ! read -rt 5 <> <(:); do
    ((seconds += 5, seconds >= next)) || continue
    ((next += next < 60 ? 50 : 60))
    # Nothing yet, and other programs than cargo, are no failure.
    far=$(tail -c 4000 "$log" | tr '\r' '\n' | grep -oE '\] [0-9]+/[0-9]+' | tail -1 | sed -E 's!\] (.*)/(.*)!\1 of \2 crates, !' || true)
    say "$what: $far$(minutes "$seconds")"
  done
}

minutes() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# wait_for WHAT SECONDS COMMAND...: polls until the command succeeds.
wait_for() {
  local what=$1 seconds=$2 deadline=$((SECONDS + $2))
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || die "waited $seconds s for $what"
    sleep 0.1
  done
}

# child COMMAND...: waits for it, and it is told to end when this script dies, however that may be. A script that is told
# to end itself calls end_child first; without a child bash would not hear of it before the command is finished.
child() {
  local status=0
  setpriv --pdeathsig TERM "$@" <&0 &
  child=$!
  wait "$child" || status=$?
  child=''
  return "$status"
}
child=''
end_child() {
  [[ $child ]] || return 0
  kill -TERM "$child" 2>/dev/null || true # it may be ending by itself
  wait "$child" || true # its status is of no interest any more
}
# exit_on_signals: so that the trap on EXIT, which calls end_child, runs when the script is told to end.
exit_on_signals() {
  trap 'exit 143' TERM HUP
  trap 'exit 130' INT
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
