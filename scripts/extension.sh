#!/usr/bin/env bash
# Builds the extension for the machine's Postgres and prints the directory of its files.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

pg_config=$(find_pg_config) || die "no Postgres 14 to 18 with headers found: run scripts/setup-debian.sh"
# With this variable pgrx needs no configuration in the home directory.
export PGRX_PG_CONFIG_PATH=$pg_config
out=$CARGO_TARGET_DIR/release/pg_musicstream-package
cd "$ROOT"
major=$("$pg_config" --version | grep -oE '[0-9]+' | head -1)
scripts/cargo-pgrx.sh --install
progress "building the extension for $("$pg_config" --version)" \
  scripts/cargo-pgrx.sh package --manifest-path pg_musicstream/Cargo.toml --pg-config "$pg_config" \
  --no-default-features --features "pg$major" --out-dir "$out"
# The full scripts of older versions, with which a dump of an older database is restored before it is updated. cargo-pgrx packages
# the scripts of updates only.
for script in pg_musicstream/sql/upgrade/pg_musicstream--*.sql; do
  [[ ! -e $script ]] || cp "$script" "$out$("$pg_config" --sharedir)/extension/"
done
echo "$out"
