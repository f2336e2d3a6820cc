#!/usr/bin/env bash
# Licences, sources and bans of all dependencies by deny.toml; or known vulnerabilities. Usage: deny.sh [advisories]
# Apart from each other, because the database of advisories has to be fetched, and changes without this repository.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

checks=(licenses bans sources)
[[ ${1:-} != advisories ]] || checks=(advisories)
scripts/cargo-tool.sh deny 0.20.2 --locked check "${checks[@]}"
