#!/usr/bin/env bash
# Fetches and builds the peers of `make bench` into target/peers, unless they are there in the required version. A peer
# whose tools are missing is skipped with a message, and the benchmark runs without it.
# Usage: set-up.sh PEER... (bento, debezium, kcat, spark)
set -euo pipefail
. "$(dirname "$0")/../../scripts/layout.sh"

here=$ROOT/bench/peers
peers=$ROOT/target/peers
# shellcheck source=bench/peers/versions.env
. "$here/versions.env"
mkdir -p "$peers"

has() { command -v "$1" >/dev/null; }

# left_out PEER REASON
left_out() {
  say "peer left out: $1: $2"
  echo "$2" >"$peers/$1.left-out"
}

# is_built PEER FILES...: whether the peer was built from these files and versions.
is_built() {
  local peer=$1
  shift
  sources "$@" | cmp -s - "$peers/$peer/built-from"
}
sources() { cat "$here/versions.env" "$@"; }

# build PEER FILES...: calls build_PEER, and records the files and versions only if it succeeds.
build() {
  local peer=$1
  shift
  is_built "$peer" "$@" && return
  rm -rf "${peers:?}/$peer"
  mkdir "$peers/$peer"
  if progress "building the peer $peer" "build_$peer"; then
    sources "$@" >"$peers/$peer/built-from"
  else
    left_out "$peer" "its set-up failed"
  fi
}

# jars PEER: fetches the libraries of its pom.
jars() {
  mvn -q -B -f "$here/$1/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$peers/$1/lib" "-Dconnect.version=$CONNECT_VERSION" "-Ddebezium.version=$DEBEZIUM_VERSION" \
    "-Dspark.version=$SPARK_VERSION" "-Dpostgres.jdbc.version=$POSTGRES_JDBC_VERSION" "-Dslf4j.version=$SLF4J_VERSION"
}

# Go 1.21 and later fetches the newer Go version that a module requires.
has_go() { has go && [[ $(printf '1.21\n%s\n' "$(go env GOVERSION | sed 's/^go//')" | sort -V | head -1) == 1.21 ]]; }

build_bento() {
  (
    set -e
    cp "$here/bento/main.go" "$peers/bento/"
    cd "$peers/bento"
    go mod init peer-bento
    go get "github.com/warpstreamlabs/bento@v$BENTO_VERSION"
    go mod tidy
    go build -o bento .
  )
}

build_debezium() { jars debezium; }

build_spark() {
  jars spark && python3 -m venv "$peers/spark/venv" &&
    "$peers/spark/venv/bin/pip" install -q "pyspark==$SPARK_VERSION" "psycopg[binary]==$PSYCOPG_VERSION"
}

for peer in "$@"; do
  rm -f "$peers/$peer.left-out"
  case $peer in
    bento)
      if has_go; then
        build bento "$here/bento/main.go"
      else
        left_out bento "Go 1.21 or later is missing"
      fi
      ;;
    debezium) build debezium "$here/debezium/pom.xml" ;;
    kcat) has kcat || left_out kcat "kcat is missing" ;;
    spark)
      # venv needs ensurepip to install pip.
      if python3 -c 'import ensurepip, venv' 2>/dev/null; then
        build spark "$here/spark/pom.xml"
      else
        left_out spark "Python's venv is missing"
      fi
      ;;
    *) die "no such peer: $peer" ;;
  esac
done
