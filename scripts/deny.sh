#!/usr/bin/env bash
# Checks licences, sources and bans of all dependencies by deny.toml, or known vulnerabilities. Usage: deny.sh [advisories]
# The two are separate, because the database of advisories must be downloaded, and changes independently of this repository.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

checks=(licenses bans sources)
[[ ${1:-} != advisories ]] || checks=(advisories)
scripts/cargo-tool.sh deny 0.20.2 --locked check "${checks[@]}"
