#!/usr/bin/env bash
# Minimal Debian systems for tests: debootstrap's smallest set of packages, and nothing else from this machine.
#
#   clean-root.sh make SUITE DIR       creates a root of bookworm, trixie or sid in DIR (replaces it)
#   clean-root.sh bare SUITE           prints the path of a packed root as debootstrap creates it, at most a week old
#   clean-root.sh run DIR [--user NAME] [--bind FROM:TO[:ro]]... [--in FOLDER] -- COMMAND...
#   clean-root.sh remove DIR
#
# COMMAND runs in its own mount and pid namespaces: when it ends, is interrupted or is killed, all processes that it
# started end, and no mount remains. It shares this machine's network. The user NAME is created if missing.
#
# Available in the root: rustup with its toolchains (read-only), and this machine's access to package registries: the mirror
# and proxies of apt, the certificates below /usr/local/share/ca-certificates, and the variables for certificates and
# proxies. The package ca-certificates builds the CA bundle in the root when it is installed there.
#
# Downloads (packed roots for a week, packages, crates, Maven's files) are cached below ${MUSICSTREAM_CACHE}, by default
# ~/.cache/musicstream, which may be deleted at any time. Installed packages are not cached.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

cache=${MUSICSTREAM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/musicstream}
marker=etc/musicstream-root # marks a folder that clean-root.sh may delete

usage() {
  sed -n '/^#   clean-root.sh/s/^#   //p' "$0" >&2
  exit 2
}

((EUID == 0)) || die "clean-root.sh needs root privileges for mount and chroot"

# apt_sources: the sources of this machine's apt, one "URI SUITE COMPONENT" per line.
# shellcheck disable=SC2016  # apt-get fills these in
apt_sources() { apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages'; }

# find_mirrors: sets mirror and security_mirror to those of this machine's apt.
find_mirrors() {
  local host_suite
  host_suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
  mirror=${MUSICSTREAM_DEBIAN_MIRROR:-$(apt_sources | awk -v suite="$host_suite" '$2 == suite && $3 == "main" { print $1; exit }')}
  [[ $mirror ]] || die "apt's sources have no Debian mirror with $host_suite main: set MUSICSTREAM_DEBIAN_MIRROR"
  security_mirror=$(apt_sources | awk '$2 ~ /-security$/ && $3 == "main" { print $1; exit }')
}

write_apt_sources() {
  local root=$1 suite=$2
  echo "deb $mirror $suite main"
  if [[ $suite != sid ]]; then
    echo "deb $mirror $suite-updates main"
    [[ ! $security_mirror ]] || echo "deb $security_mirror $suite-security main"
  fi >>"$root/etc/apt/sources.list"
}

# hand_in_network ROOT: copies the settings and certificates for access to package registries.
hand_in_network() {
  local root=$1 name path
  apt-config dump | grep -E '^Acquire::https?::(Proxy|CAInfo)' >"$root/etc/apt/apt.conf.d/80host" || true # most have none
  if [[ $mirror == https:* ]]; then
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/apt/host-ca.crt"
    echo 'Acquire::https::CAInfo "/etc/apt/host-ca.crt";' >>"$root/etc/apt/apt.conf.d/80host"
  fi
  mkdir -p "$root/usr/local/share/ca-certificates"
  [[ ! -d /usr/local/share/ca-certificates ]] || cp -rL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  # The files named by the variables, except those that the package ca-certificates creates.
  for name in "${certificate_variables[@]}"; do
    path=${!name:-}
    [[ $path == /* && $path != /etc/ssl/certs* && -e $path ]] || continue
    mkdir -p "$root$(dirname "$path")"
    cp -rL "$path" "$root$path"
  done
}
certificate_variables=(SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE GIT_SSL_CAINFO CARGO_HTTP_CAINFO REQUESTS_CA_BUNDLE PIP_CERT)
proxy_variables=(http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY CARGO_HTTP_PROXY)

# hand_in_rustup ROOT: copies rustup and links its tools to it; other programs of cargo's folder are not copied.
hand_in_rustup() {
  local root=$1 rustup name
  mkdir -p "$root/usr/local/rustup" "$root/usr/local/rustup-bin"
  if ! rustup=$(command -v rustup); then
    say "this machine has no rustup: the root has no Rust"
    return
  fi
  cp -L "$rustup" "$root/usr/local/rustup-bin/rustup"
  for name in cargo cargo-clippy cargo-fmt clippy-driver rustc rustdoc rustfmt; do
    ln -s rustup "$root/usr/local/rustup-bin/$name"
  done
}

# keep_packages FROM TO: adds the packages of FROM that TO lacks, as hard links if possible.
keep_packages() {
  mkdir -p "$1" "$2"
  find "$1" -maxdepth 1 -name '*.deb' -print0 | while IFS= read -r -d '' file; do
    [[ -e $2/${file##*/} ]] || ln "$file" "$2/" 2>/dev/null || cp "$file" "$2/"
  done
}
packages_of() { echo "$cache/packages/$(<"$1/$marker")"; }

# bare_root SUITE: sets bare to the path of the packed root, and creates it if it is missing or more than a week old.
bare_root() {
  local suite=$1 log
  [[ $suite =~ ^(bookworm|trixie|sid)$ ]] || die "no roots of $suite: use bookworm, trixie or sid"
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
  find_mirrors
  bare=$cache/roots/$suite-$(dpkg --print-architecture).tar.gz
  mkdir -p "$cache/roots"
  (
    flock 8
    [[ ! $(find "$bare" -mtime -7 2>/dev/null) ]] || exit 0
    say "debootstrap: creating a minimal $suite (a minute or two)"
    log=$(mktemp)
    bootstrapped=$(mktemp -d "$cache/roots/$suite-XXXXXX")
    trap 'rm -rf "$bootstrapped" "$log"' EXIT
    chmod 755 "$bootstrapped"
    debootstrap --variant=minbase "$suite" "$bootstrapped" "$mirror" >"$log" 2>&1 || {
      tail -20 "$log" >&2
      die "debootstrap of $suite failed"
    }
    rm -f "$bootstrapped"/var/cache/apt/archives/*.deb
    tar -C "$bootstrapped" --numeric-owner -c . | gzip -1 >"$bare.new"
    mv "$bare.new" "$bare"
  ) 8>"$cache/roots/$suite.lock"
}

make_root() {
  local suite=$1 root=$2
  bare_root "$suite"
  [[ ! -e $root ]] || remove_root "$root"
  mkdir -p "$root"
  tar -C "$root" --numeric-owner -xzf "$bare"
  echo "$suite" >"$root/$marker"
  write_apt_sources "$root" "$suite" >"$root/etc/apt/sources.list"
  # Installing a server does not start it, as in a container.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  # The mirror may be a snapshot, and the package lists of sid expire after a week.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/80valid-until"
  # A root is temporary, so dpkg need not sync each package to disk.
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
  hand_in_network "$root"
  hand_in_rustup "$root"
}

run_in_root() {
  local root=$1 user=root folder='' binds=() environment=() name status=0
  shift
  while (($#)); do
    case $1 in
      --user) user=$2 && shift 2 ;;
      --in) folder=$2 && shift 2 ;;
      --bind) binds+=("$2") && shift 2 ;;
      --) shift && break ;;
      *) usage ;;
    esac
  done
  (($#)) || usage
  [[ -e $root/$marker ]] || die "$root was not created by clean-root.sh: run clean-root.sh make SUITE $root"
  root=$(realpath "$root")
  keep_packages "$(packages_of "$root")" "$root/var/cache/apt/archives"
  for name in "${certificate_variables[@]}" "${proxy_variables[@]}" TERM CI; do
    [[ ! ${!name:-} ]] || environment+=("$name=${!name}")
  done
  # The death signal kills the namespaces if this script is killed.
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --propagation private \
    "$ROOT/scripts/clean-root/enter.sh" "$root" "$user" "$folder" "$cache" "${RUSTUP_HOME:-$HOME/.rustup}" \
    "${#binds[@]}" "${binds[@]}" "${#environment[@]}" "${environment[@]}" "$@" <&0 &
  inside=$!
  trap 'kill -KILL "$inside" 2>/dev/null; exit 143' TERM HUP
  trap 'kill -KILL "$inside" 2>/dev/null; exit 130' INT
  wait "$inside" || status=$?
  trap - TERM HUP INT
  keep_packages "$root/var/cache/apt/archives" "$(packages_of "$root")"
  return "$status"
}

remove_root() {
  local root=$1
  [[ -e $root ]] || return 0
  [[ -e $root/$marker || ! $(ls -A "$root") ]] || die "$root was not created by clean-root.sh: not removed"
  rm -rf --one-file-system "$root"
}

(($# >= 2)) || usage
case $1 in
  bare) bare_root "$2" && echo "$bare" ;;
  make) (($# == 3)) || usage && make_root "$2" "$3" ;;
  run) run_in_root "${@:2}" ;;
  remove) remove_root "$2" ;;
  *) usage ;;
esac
