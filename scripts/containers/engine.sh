# shellcheck shell=bash
# Sourced: finds a container engine and compose, or starts and installs them for the duration of the script.

# find_engine FOLDER: uses a running engine; if none answers, starts an installed one, which stop_engine stops.
find_engine() {
  local folder=$1
  command -v docker >/dev/null || die "docker is missing: apt-get install docker.io, or see https://docs.docker.com/engine/install"
  if docker info >/dev/null 2>&1; then return; fi
  if ((EUID != 0)) || ! command -v dockerd >/dev/null; then
    die "no container engine answers at ${DOCKER_HOST:-the default socket}: start one, or run this as root where dockerd is installed"
  fi
  say "no container engine answers: starting dockerd (its log is $folder/dockerd.log)"
  # In its own session, so that an interrupt only reaches this script, which then stops the engine.
  setsid dockerd >"$folder/dockerd.log" 2>&1 </dev/null &
  engine_pid=$!
  wait_for "dockerd to answer (its log is $folder/dockerd.log)" 60 engine_answers_or_ended
  kill -0 "$engine_pid" 2>/dev/null || die "dockerd ended at once; its log is $folder/dockerd.log"
}

engine_answers_or_ended() { docker info >/dev/null 2>&1 || ! kill -0 "$engine_pid" 2>/dev/null; }

stop_engine() {
  [[ ${engine_pid:-} ]] || return 0
  kill "$engine_pid"
  wait "$engine_pid" || say "dockerd ended with status $?"
  engine_pid=
}

# find_compose FOLDER: uses compose v2 and buildx of the machine, or takes them from Debian 13's packages. These programs
# need no other packages, so they run on other distributions as well.
find_compose() {
  local folder=$1 plugins=$1/docker/cli-plugins
  if docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; then return; fi
  export DOCKER_CONFIG=$folder/docker
  if docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; then return; fi
  say "docker compose or buildx is missing: taking both from Debian 13's packages, into $plugins"
  rm -rf "$plugins"
  mkdir -p "$plugins"
  docker pull -q debian:trixie-slim >/dev/null 2>&1 || make_debian trixie
  docker run --rm debian:trixie-slim sh -ec '
    cd /tmp
    apt-get -q update >&2
    apt-get -q download docker-compose docker-buildx >&2
    for package in *.deb; do dpkg -x "$package" /plugins; done
    cd /plugins
    tar -c $(find usr -path "*/cli-plugins/*" -type f)' 2>"$folder/plugins.log" | tar -x -C "$plugins" --transform 's#.*/##' || {
    cat "$folder/plugins.log" >&2
    die "docker compose could not be fetched"
  }
}
