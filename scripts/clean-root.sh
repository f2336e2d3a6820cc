#!/usr/bin/env bash
# Bare Debian systems to try things in: debootstrap's smallest set of packages, and nothing that this machine has besides.
#
#   clean-root.sh make SUITE DIR       a root of bookworm, trixie or sid in DIR (which it replaces)
#   clean-root.sh bare SUITE           prints the name of a packed root as debootstrap makes it, a week old at most
#   clean-root.sh run DIR [--user NAME] [--bind FROM:TO[:ro]]... [--in FOLDER] -- COMMAND...
#   clean-root.sh remove DIR
#
# COMMAND runs in mount and pid namespaces of its own: when it ends, is interrupted or is killed, every process that it
# started ends and no mount is left. It shares this machine's network. NAME is made where the root lacks it.
#
# Handed in: rustup with its toolchains (read-only), and what this machine needs to reach its registries: the mirror and
# proxies of its apt, the certificates below /usr/local/share/ca-certificates, and the variables that name certificates
# and proxies. The CA bundle itself is made in the root once the package ca-certificates is installed there.
#
# Downloads (bare roots for a week, packages, crates, Maven's files) are kept below ${MUSICSTREAM_CACHE}, by default
# ~/.cache/musicstream, which may be deleted at any time. What was installed is not kept.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

cache=${MUSICSTREAM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/musicstream}
marker=etc/musicstream-root # says that clean-root.sh may delete this folder

usage() {
  sed -n '/^#   clean-root.sh/s/^#   //p' "$0" >&2
  exit 2
}

((EUID == 0)) || die "clean-root.sh mounts and changes roots: run it as root"

# apt_sources: what this machine's apt reads, one "URI SUITE COMPONENT" a line.
# shellcheck disable=SC2016  # apt-get fills these in
apt_sources() { apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages'; }

# find_mirrors: sets mirror and security_mirror to those of this machine.
find_mirrors() {
  local host_suite
  host_suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
  mirror=${MUSICSTREAM_DEBIAN_MIRROR:-$(apt_sources | awk -v suite="$host_suite" '$2 == suite && $3 == "main" { print $1; exit }')}
  [[ $mirror ]] || die "apt's sources name no Debian mirror with $host_suite main: set MUSICSTREAM_DEBIAN_MIRROR"
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

# hand_in_network ROOT: what this machine needs to reach its registries.
hand_in_network() {
  local root=$1 name path
  apt-config dump | grep -E '^Acquire::https?::(Proxy|CAInfo)' >"$root/etc/apt/apt.conf.d/80host" || true # most have none
  if [[ $mirror == https:* ]]; then
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/apt/host-ca.crt"
    echo 'Acquire::https::CAInfo "/etc/apt/host-ca.crt";' >>"$root/etc/apt/apt.conf.d/80host"
  fi
  mkdir -p "$root/usr/local/share/ca-certificates"
  [[ ! -d /usr/local/share/ca-certificates ]] || cp -rL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  # Files that the variables name, but for those that the package ca-certificates makes.
  for name in "${certificate_variables[@]}"; do
    path=${!name:-}
    [[ $path == /* && $path != /etc/ssl/certs* && -e $path ]] || continue
    mkdir -p "$root$(dirname "$path")"
    cp -rL "$path" "$root$path"
  done
}
certificate_variables=(SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE GIT_SSL_CAINFO CARGO_HTTP_CAINFO REQUESTS_CA_BUNDLE PIP_CERT)
proxy_variables=(http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY CARGO_HTTP_PROXY)

# hand_in_rustup ROOT: the program rustup under the names of its tools; other programs of cargo's folder stay outside.
hand_in_rustup() {
  local root=$1 rustup name
  mkdir -p "$root/usr/local/rustup" "$root/usr/local/rustup-bin"
  if ! rustup=$(command -v rustup); then
    say "no rustup on this machine: the root has no Rust"
    return
  fi
  cp -L "$rustup" "$root/usr/local/rustup-bin/rustup"
  for name in cargo cargo-clippy cargo-fmt clippy-driver rustc rustdoc rustfmt; do
    ln -s rustup "$root/usr/local/rustup-bin/$name"
  done
}

# keep_packages FROM TO: those of FROM that TO lacks, as links to the same file where that can be.
keep_packages() {
  mkdir -p "$1" "$2"
  find "$1" -maxdepth 1 -name '*.deb' -print0 | while IFS= read -r -d '' file; do
    [[ -e $2/${file##*/} ]] || ln "$file" "$2/" 2>/dev/null || cp "$file" "$2/"
  done
}
packages_of() { echo "$cache/packages/$(<"$1/$marker")"; }

# bare_root SUITE: sets bare to the packed root, which is made where there is none or an old one.
bare_root() {
  local suite=$1 log
  [[ $suite =~ ^(bookworm|trixie|sid)$ ]] || die "no root of $suite: bookworm, trixie or sid"
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
  find_mirrors
  bare=$cache/roots/$suite-$(dpkg --print-architecture).tar.gz
  mkdir -p "$cache/roots"
  (
    flock 8
    [[ ! $(find "$bare" -mtime -7 2>/dev/null) ]] || exit 0
    say "debootstrap: a bare $suite (a minute or two)"
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
  # As in a container: installing a server does not start it.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  # A mirror may be frozen at some day, and sid's lists are good for a week only.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/80valid-until"
  # A root is thrown away: its packages need not be flushed to the disk one by one.
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
  [[ -e $root/$marker ]] || die "$root is no root of clean-root.sh: clean-root.sh make SUITE $root"
  root=$(realpath "$root")
  keep_packages "$(packages_of "$root")" "$root/var/cache/apt/archives"
  for name in "${certificate_variables[@]}" "${proxy_variables[@]}" TERM CI; do
    [[ ! ${!name:-} ]] || environment+=("$name=${!name}")
  done
  # Killed with this script, which may itself be killed: hence the signal on a parent's death.
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
  [[ -e $root/$marker || ! $(ls -A "$root") ]] || die "$root is no root of clean-root.sh: it is left alone"
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
