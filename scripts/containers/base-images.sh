# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: the base images of the Dockerfiles and the compose file. They are pulled, or replaced by stand-ins of the same
# name, built from Debian's packages, if no registry can be reached.

# shellcheck disable=SC2153 # ROOT is set by layout.sh
STAND_INS=$ROOT/scripts/containers/stand-ins

# pull_base_images MAJOR SUITE: fails if one cannot be pulled; FOLDER/pull.log has the reason.
pull_base_images() {
  local image
  for image in debian:bookworm-slim rust:1-bookworm "postgres:$1-$2" "$(compose_image kafka)" "$(compose_image prometheus)"; do
    timeout 600 docker pull -q "$image" >>"$work/pull.log" 2>&1 || return 1
  done
}

# make_base_images MAJOR SUITE: builds the missing ones.
make_base_images() {
  make_debian bookworm
  make_debian "$2"
  make_stand_in rust:1-bookworm rust bookworm fill_rust
  make_stand_in "postgres:$1-$2" postgres "$2" : --build-arg "POSTGRES_MAJOR=$1"
  make_stand_in "$(compose_image kafka)" kafka bookworm fill_kafka
  make_stand_in "$(compose_image prometheus)" prometheus bookworm :
}

# compose_image SERVICE: prints the image of the service.
compose_image() {
  awk -v service="  $1:" '$0 == service { found = 1 } found && $1 == "image:" { print $2; exit }' "$ROOT/docker-compose.yml"
}

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# make_debian SUITE: builds debian:SUITE-slim with debootstrap.
make_debian() {
  local suite=$1 root bare
  if has_image "debian:$suite-slim"; then return; fi
  ((EUID == 0)) || die "debian:$suite-slim cannot be pulled, and building it with debootstrap needs root"
  say "building debian:$suite-slim with debootstrap"
  bare=$("$ROOT/scripts/clean-root.sh" bare "$suite")
  root=$(mktemp -d)
  tar -C "$root" --numeric-owner -xzf "$bare"
  # If a TLS proxy stands between this machine and the registries, the machine trusts its authority. With these files,
  # images that install ca-certificates trust it as well.
  if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
  fi
  # apt keeps no caches, as in the official image.
  cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'APT'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/*
  tar -C "$root" -c . | docker import --change 'CMD ["bash"]' --change 'LABEL musicstream.stand-in=yes' - "debian:$suite-slim" >/dev/null
  rm -rf "$root"
}

# make_stand_in IMAGE FOLDER SUITE FILL OPTIONS...: builds IMAGE from a copy of a folder of STAND_INS, to which the command
# FILL adds files of this machine.
make_stand_in() {
  local image=$1 folder=$2 suite=$3 fill=$4 context
  shift 4
  if has_image "$image"; then return; fi
  say "building a stand-in for $image"
  context=$(mktemp -d)
  cp -r "$STAND_INS/$folder/." "$context"
  "$fill" "$context"
  progress "building the stand-in for $image" docker build --progress plain --build-arg "DEBIAN=$suite" --label musicstream.stand-in=yes "$@" \
    -t "$image" "$context"
  rm -rf "$context"
}

# This machine's toolchain, without documentation and interactive tools.
fill_rust() {
  local toolchain
  toolchain=$(rustc --print sysroot)
  mkdir "$1/toolchain"
  tar -C "$toolchain" -c --exclude ./share --exclude ./etc --exclude ./lib/rustlib/src --exclude '*rust-analyzer*' --exclude '*clippy*' \
    --exclude '*miri*' --exclude ./bin/rls . | tar -C "$1/toolchain" -x
}

fill_kafka() {
  progress "fetching Kafka" mvn -q -B -f "$ROOT/scripts/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$1/lib"
  cp "$ROOT/scripts/kafka/log4j2.properties" "$1/"
}
