#!/usr/bin/env bash
# Builds Debian packages of the extension (for the Postgres whose headers are installed), the ingestor and the viewer in
# $CARGO_TARGET_DIR/deb, and prints their paths. Usage: deb.sh [VERSION]; default: the version of Cargo.toml, with -1.
#
# By debhelper, not by cargo-deb: the extension is built by cargo-pgrx and has the Postgres version in its name, and
# debhelper's maintainer scripts for services (enable, restart on upgrade, system user) are those of all Debian packages.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

command -v dh >/dev/null || die "debhelper is missing: scripts/setup-debian.sh deb"
pg_config=$(find_pg_config) || die "no Postgres 14 to 18 with headers found: run scripts/setup-debian.sh"
major=$("$pg_config" --version | grep -oE '[0-9]+' | head -1)
version=${1:-$(sed -n '/^\[workspace.package\]/,/^edition/s/^version = "\(.*\)"/\1/p' Cargo.toml)-1}
maintainer=${DEB_MAINTAINER:-pg_musicstream maintainers <maintainers@musicstream.invalid>}
# The time stamp of the packaged files. It is not in the compilers' environment, because build scripts that read it would
# run again after each commit, and recompile all crates that depend on them.
committed_at=$(git log -1 --format=%ct)

out=$CARGO_TARGET_DIR/deb
source=$out/source
extension_package=postgresql-$major-musicstream
input=$source/input

# One test is built as well: programs alone would be built with other features than the tested programs, and recompile all
# dependencies.
progress "building the programs" cargo build --release --locked --bins --test pages
extension=$(scripts/extension.sh)

fill_in() {
  sed -e "s|@MAJOR@|$major|g" -e "s|@VERSION@|$version|g" -e "s|@MAINTAINER@|$maintainer|g" \
    -e "s|@DATE@|$(date -Ru -d "@$committed_at")|g" "$1"
}

lay_out() {
  local templates=packaging/debian debian=$source/debian name
  rm -rf "$source"
  mkdir -p "$debian" "$input/extension" "$input/sql"
  cp "$BIN/musicstream-ingestor" "$BIN/musicstream-viewer" CHANGELOG.md "$input/"
  cp sql/{roles,cron,citus,citus-undo,union}.sql "$input/sql/"
  cp -r "$extension"/. "$input/extension/"
  "$BIN/musicstream-packaging" manuals "$input/manuals"
  "$BIN/musicstream-packaging" completions "$input/completions"
  for name in ingestor viewer; do # the names that bash-completion expects
    mv "$input/completions/bash/musicstream-$name.bash" "$input/completions/bash/musicstream-$name"
  done
  cp "$templates"/* "$debian/"
  rm "$debian"/*.in
  fill_in $templates/control.in >"$debian/control"
  fill_in $templates/changelog.in >"$debian/changelog"
  fill_in $templates/extension.install.in >"$debian/$extension_package.install"
  fill_in $templates/extension.lintian-overrides.in >"$debian/$extension_package.lintian-overrides"
  fill_in $templates/extension.README.Debian.in >"$debian/$extension_package.README.Debian"
  cargo metadata --format-version 1 --locked --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" >"$source/metadata.json"
  "$BIN/musicstream-packaging" copyright "$source/metadata.json" pg_musicstream >"$debian/$extension_package.copyright"
  for name in musicstream-ingestor musicstream-viewer; do
    "$BIN/musicstream-packaging" copyright "$source/metadata.json" $name >"$debian/$name.copyright"
  done
}

# Without packages of debug symbols: they take most of the time, and can be built again from the same commit.
build() { (cd "$source" && SOURCE_DATE_EPOCH=$committed_at DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage --build=binary --no-sign); }

lay_out
progress "building the packages" build
architecture=$(dpkg --print-architecture)
for name in "$extension_package" musicstream-ingestor musicstream-viewer; do
  echo "$out/${name}_${version}_$architecture.deb"
done
