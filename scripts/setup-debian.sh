#!/usr/bin/env bash
# Installs the packages for building and testing with apt, on Debian 12 and later or Ubuntu; prints nothing if none is
# missing. It checks for the programs, headers and libraries themselves, before anything is compiled.
# On other systems, or without root and sudo, it lists what is missing.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

missing=()  # packages and their purpose, one per line
packages=() # the packages alone

# need "PACKAGE…" WHAT_FOR COMMAND...: records the packages as missing unless the command succeeds.
need() {
  local from=$1 what_for=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  missing+=("$(printf '%-46s %s' "$from" "$what_for")")
  read -ra from <<<"$from"
  packages+=("${from[@]}")
}

has() { command -v "$1"; }
has_java_17() { [[ $(java -version 2>&1) =~ version\ \"([0-9]+) && ${BASH_REMATCH[1]} -ge 17 ]]; }
# The compiler searches its include path; without a compiler the header counts as missing.
has_header() { cc -E -include "$1" -x c /dev/null; }
has_library() { PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -F "$1"; }
has_libclang() { [[ ${LIBCLANG_PATH:-} ]] || compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' || has_library libclang; }
has_renderer() { compgen -G '/usr/lib/*/dri/swrast_dri.so' || compgen -G '/usr/lib/*/dri/libdril_dri.so'; }
has_fonts() { [[ -d /usr/share/fonts/truetype/freefont && -d /usr/share/fonts/truetype/droid ]]; }
has_cron() { [[ -e $("$(find_pg_config)" --sharedir)/extension/pg_cron.control ]]; }

# The installed Postgres, or else the default one of this system.
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

# The system's default Java if it is new enough (Debian 12 and later, Ubuntu 24.04), otherwise Java 17.
java_package() {
  local own
  own=$(apt-cache depends default-jre-headless 2>/dev/null | grep -oE 'openjdk-[0-9]+' | cut -d- -f2 | head -1)
  ((${own:-0} >= 17)) && echo default-jre-headless || echo openjdk-17-jre-headless
}

[[ ${1:-} == deb ]] && builds_packages=yes || builds_packages=''
[[ ${1:-} == bench ]] && runs_peers=yes || runs_peers=''

survey() {
  missing=() packages=()
  need "gcc g++ libc6-dev" "compilers for C and C++, and the linker of Rust's programs" has g++
  need "make" "runs this" has make
  need "cmake" "builds librdkafka" has cmake
  need "pkg-config" "finds OpenSSL" has pkg-config
  need "libssl-dev" "OpenSSL's headers, for librdkafka's TLS" has_header openssl/ssl.h
  need "zlib1g-dev" "zlib's headers, for librdkafka's gzip" has_header zlib.h
  need "libcurl4-openssl-dev" "libcurl's headers: librdkafka includes them, nothing links libcurl" has_header curl/curl.h
  need "clang" "reads Postgres's headers for the extension's bindings" has clang
  need "libclang-dev" "the same, as a library" has_libclang
  local major
  major=$(postgres_major)
  need "postgresql-$major postgresql-server-dev-$major" "Postgres 14 to 18 with its headers" find_pg_config
  need "postgresql-$major-cron" "pg_cron, which calls the rollup" has_cron
  need "$(java_package)" "Java 17 or later, which runs Kafka" has_java_17
  need "maven" "fetches Kafka" has mvn
  need "python3" "the tests' independent counts" has python3
  need "shellcheck" "make lint" has shellcheck
  if [[ $builds_packages ]]; then
    need "debhelper" "builds Debian packages" has dh
    need "build-essential" "required by dpkg-buildpackage" test -e /usr/share/doc/build-essential
  fi
  if [[ $runs_peers ]]; then
    need "kcat" "a peer of make bench" has kcat
    need "python3-venv" "Spark, a peer of make bench" python3 -c 'import ensurepip, venv'
    need "golang-go" "builds Bento, a peer of make bench" has go
  fi
  need "util-linux" "runuser: as root, Postgres runs as the user postgres" has runuser
  local library
  for library in libX11.so.6:libx11-6 libX11-xcb.so.1:libx11-xcb1 libXcursor.so.1:libxcursor1 \
    libXi.so.6:libxi6 libxkbcommon-x11.so.0:libxkbcommon-x11-0 libGL.so.1:libgl1; do
    need "${library#*:}" "the viewer's window" has_library "${library%:*}"
  done
  need "xvfb" "a display for the tests of the viewer's window" has Xvfb
  need "libgl1-mesa-dri" "draws that window without a graphics card" has_renderer
  need "fonts-freefont-ttf fonts-droid-fallback" "fonts of many scripts for the viewer and its tests" has_fonts
}

# sudo may prompt for a password only on a terminal.
as_root=()
can_become_root() {
  ((EUID == 0)) && return
  has sudo >/dev/null || return
  as_root=(sudo)
  if [[ ! -t 0 ]]; then
    as_root+=(-n)
    sudo -n true 2>/dev/null
  fi
}

apt() {
  local what=$1
  shift
  progress "$what" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null
}

survey
if ((${#missing[@]})); then
  if ! has apt-get >/dev/null || ! can_become_root; then
    say "missing:"
    printf '  %s\n' "${missing[@]}" >&2
    ! has apt-get >/dev/null || say "this user cannot install them (no root, no sudo); as root: apt-get install --no-install-recommends ${packages[*]}"
    exit 1
  fi
  apt "apt-get update" update
  survey # after the update apt knows the system's default Postgres and Java
  say "installing by apt-get:"
  printf '  %s\n' "${missing[@]}" >&2
  apt "apt-get install" install -y --no-install-recommends "${packages[@]}"
  survey
  if ((${#missing[@]})); then
    say "still missing after apt-get install:"
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
  fi
fi

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")
has cargo >/dev/null || die "Rust is missing (Debian's is too old): see https://rustup.rs, then run this again"
found=$(rustc --version | cut -d' ' -f2)
[[ $(printf '%s\n' "$wanted" "$found" | sort -V | head -1) == "$wanted" ]] ||
  die "rustc $found is too old, $wanted is needed: rustup update stable"
