# shellcheck shell=bash
# Sourced by the other scripts: paths, messages, and waiting for processes.
# shellcheck disable=SC2034  # its variables are read by those that source it

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
STACK=$ROOT/target/stack
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
# cargo resolves a relative path from its working directory, which differs from that of the scripts.
[[ $CARGO_TARGET_DIR == /* ]] || CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR
BIN=$CARGO_TARGET_DIR/release
export PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

say() { printf '%s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# progress WHAT COMMAND...: on a terminal, shows the command's own output. Otherwise prints a line a minute with its progress
# (for cargo, the number of crates), and the output only if the command fails.
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
  # Makes cargo write its progress bar, which contains the numbers, to a file as well.
  CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80 "$@" >"$log" 2>&1 || status=$?
  kill "$ticker"
  wait "$ticker" || true # its status is that of the kill
  if ((status)); then
    tr '\r' '\n' <"$log" | grep -vE '^ *(Building \[.*)?$' >&2 || true # no output is not a failure
    say "failed: $what"
  elif ((SECONDS - started > 60)); then
    say "$what: done after $(minutes $((SECONDS - started)))"
  fi
  rm -f "$log"
  return "$status"
}

report_progress() {
  local what=$1 log=$2 seconds=0 far next=10
  # Runs until this process or the script that started it is killed. `read` waits without a child process that could outlive
  # this one.
  while [[ -d /proc/$$ ]] && ! read -rt 5 <> <(:); do
    ((seconds += 5, seconds >= next)) || continue
    ((next += next < 60 ? 50 : 60))
    # There may be no numbers yet, and only cargo prints them.
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

# child COMMAND...: runs the command in the background and waits for it; it gets SIGTERM if this script dies for any reason.
# A script that receives a signal calls end_child first. With a command in the foreground, bash would handle the signal only
# after the command has ended.
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
  kill -TERM "$child" 2>/dev/null || true # it may have ended
  wait "$child" || true # its status does not matter any more
}
# exit_on_signals: exits on a signal, so that the trap on EXIT, which calls end_child, runs.
exit_on_signals() {
  trap 'exit 143' TERM HUP
  trap 'exit 130' INT
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# remembered_port FILE: prints the port in FILE, or a free one, which it writes to FILE.
remembered_port() {
  local port
  # Without the file a free port is chosen.
  port=$(cat "$1" 2>/dev/null || true)
  until [[ $port ]] && port_is_free "$port"; do port=$((23000 + RANDOM % 1000)); done
  echo "$port" | tee "$1"
}

# use_test_server: starts the tests' Postgres, which ends with this script, and exports the variables of its users.
use_test_server() {
  local variables
  trap '"$ROOT/scripts/postgres.sh" tests end' EXIT # set first: an interrupted `begin` must not leave a server
  variables=$("$ROOT/scripts/postgres.sh" tests begin)
  eval "$variables"
}

# find_pg_config: prints the pg_config of PG_CONFIG, or of the newest Postgres that is installed with server and headers.
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
