#!/usr/bin/env bash
# Installs cargo-chef, with which the Dockerfiles compile the dependencies in a layer that a change of the code keeps.
set -euo pipefail
# It only copies manifests: without optimisation it is here in half the time.
CARGO_TARGET_DIR=$(mktemp -d)
export CARGO_TARGET_DIR
cargo install --quiet cargo-chef --version 0.1.78 --locked --debug --config profile.dev.debug=false --config profile.dev.opt-level=0
rm -rf "$CARGO_TARGET_DIR"
