#!/usr/bin/env bash
# Installs cargo-chef. With it the Dockerfiles compile the dependencies in a layer of their own, which stays cached when the
# code changes.
set -euo pipefail
# Built without optimisation, in half the time, because it only copies manifests.
CARGO_TARGET_DIR=$(mktemp -d)
export CARGO_TARGET_DIR
cargo install --quiet cargo-chef --version 0.1.78 --locked --debug --config profile.dev.debug=false --config profile.dev.opt-level=0
rm -rf "$CARGO_TARGET_DIR"
