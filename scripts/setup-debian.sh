#!/usr/bin/env bash
# Brings what building and testing need, by apt, on Debian 12 or Ubuntu; silent when nothing is missing.
# On any other system it lists what is missing.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

missing=()  # what, in words
packages=() # what brings it on Debian

# need WHAT "PACKAGE…" COMMAND...: notes WHAT as missing unless the command succeeds.
need() {
  local what=$1 from=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  missing+=("$what")
  read -ra from <<<"$from"
  packages+=("${from[@]}")
}

has() { command -v "$1"; }
has_java_17() { [[ $(java -version 2>&1) =~ version\ \"([0-9]+) && ${BASH_REMATCH[1]} -ge 17 ]]; }
has_library() { PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -F "$1"; }
has_libclang() { [[ ${LIBCLANG_PATH:-} ]] || compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' || has_library libclang; }
has_renderer() { compgen -G '/usr/lib/*/dri/swrast_dri.so' || compgen -G '/usr/lib/*/dri/libdril_dri.so'; }
has_fonts() { [[ -d /usr/share/fonts/truetype/freefont && -d /usr/share/fonts/truetype/droid ]]; }
has_cron() { [[ -e $("$(find_pg_config)" --sharedir)/extension/pg_cron.control ]]; }

# The Postgres that is here decides; else the one that this system calls its own.
postgres_major() {
  local config
  if config=$(find_pg_config); then
    "$config" --version | grep -oE '[0-9]+' | head -1
  elif compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
    printf '%s\n' /usr/lib/postgresql/*/bin/postgres | cut -d/ -f5 | sort -n | tail -1
  else
    apt-cache depends postgresql 2>/dev/null | grep -oE 'postgresql-[0-9]+' | cut -d- -f2 | head -1 | grep . || echo 15
  fi
}

java_package() {
  apt-cache show openjdk-17-jre-headless >/dev/null 2>&1 && echo openjdk-17-jre-headless || echo default-jre-headless
}

survey() {
  missing=() packages=()
  need "a C compiler" "gcc g++ libc6-dev" has g++
  need "make" "make" has make
  need "cmake (builds librdkafka)" "cmake" has cmake
  need "pkg-config" "pkg-config" has pkg-config
  need "OpenSSL headers" "libssl-dev" pkg-config --exists openssl
  need "zlib headers" "zlib1g-dev" pkg-config --exists zlib
  need "libclang (generates Postgres bindings)" "clang libclang-dev" has_libclang
  need "clang" "clang" has clang
  local major
  major=$(postgres_major)
  need "Postgres 14 to 18 with its headers" "postgresql-$major postgresql-server-dev-$major" find_pg_config
  need "pg_cron" "postgresql-$major-cron" has_cron
  need "Java 17" "$(java_package)" has_java_17
  need "Maven (fetches Kafka)" "maven" has mvn
  need "Python 3" "python3" has python3
  need "shellcheck" "shellcheck" has shellcheck
  need "runuser" "util-linux" has runuser
  local library
  for library in libX11.so.6:libx11-6 libX11-xcb.so.1:libx11-xcb1 libXcursor.so.1:libxcursor1 \
    libXi.so.6:libxi6 libxkbcommon-x11.so.0:libxkbcommon-x11-0 libGL.so.1:libgl1; do
    need "${library%:*} (the viewer's window)" "${library#*:}" has_library "${library%:*}"
  done
  need "Xvfb (a display for the tests of the viewer's window)" "xvfb" has Xvfb
  need "Mesa's software renderer (draws that window)" "libgl1-mesa-dri" has_renderer
  need "fonts of many scripts (the pictures of the viewer's tests)" "fonts-freefont-ttf fonts-droid-fallback" has_fonts
}

# apt says much and asks little: its words go to a log, which is shown when it fails.
apt() {
  local as=()
  if ((EUID != 0)); then
    as=(sudo)
    [[ -t 0 ]] || as+=(-n)
  fi
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null >>"$log" 2>&1 || {
    tail -30 "$log" >&2
    die "apt-get $1 failed"
  }
}

survey
if ((${#missing[@]})); then
  if ! has apt-get >/dev/null || { ((EUID != 0)) && ! has sudo >/dev/null; }; then
    say "missing:"
    printf '  %s\n' "${missing[@]}" >&2
    ! has apt-get >/dev/null || say "as root: apt-get install ${packages[*]}"
    exit 1
  fi
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  apt update
  survey # apt knows now which Postgres is this system's own
  say "installing ${packages[*]}"
  apt install -y --no-install-recommends "${packages[@]}"
  survey
  ((${#missing[@]} == 0)) || die "still missing after apt-get install: ${missing[*]}"
fi

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")
has cargo >/dev/null || die "Rust is missing (Debian's is too old): see https://rustup.rs, then run this again"
found=$(rustc --version | cut -d' ' -f2)
[[ $(printf '%s\n' "$wanted" "$found" | sort -V | head -1) == "$wanted" ]] ||
  die "rustc $found is too old, $wanted is needed: rustup update stable"
