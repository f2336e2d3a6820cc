#!/usr/bin/env bash
# rustfmt, clippy on every package, shellcheck, generated files, the build context of images, cycles among modules; any
# warning is an error.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

pg_config=$(find_pg_config) || die "no Postgres 14 to 18 with headers found: run scripts/setup-debian.sh"
export PGRX_PG_CONFIG_PATH=$pg_config
major=$("$pg_config" --version | grep -oE '[0-9]+' | head -1)

cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check
scripts/upgrade-script.sh --check
scripts/build-context.py
scripts/module-cycles.py
scripts/docs/contents.sh --check
# cargo without options does not include the extension, which is checked for the installed Postgres.
cargo clippy --release --all-targets -- -D warnings
cargo clippy --release -p pg_musicstream --no-default-features --features "pg$major" -- -D warnings
shellcheck scripts/*.sh scripts/*/*.sh bench/peers/*.sh bench/peers/*/*.sh scripts/containers/stand-ins/*/*.sh .ci/run
