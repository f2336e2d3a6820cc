#!/usr/bin/env bash
# Writes a bill of materials (CycloneDX, JSON) for each program and the extension into $CARGO_TARGET_DIR/sbom, and prints the
# paths.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

out=$CARGO_TARGET_DIR/sbom
rm -rf "$out"
mkdir -p "$out"
# In a copy, because the tool writes next to each manifest.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | tar -c --null --files-from - | tar -x -C "$copy"
scripts/cargo-tool.sh cyclonedx 0.5.9 --manifest-path "$copy/Cargo.toml" --format json --no-build-deps \
  --target "$(rustc -vV | sed -n 's/^host: //p')" --quiet
for name in pg_musicstream:pg_musicstream ingestor:musicstream-ingestor viewer:musicstream-viewer; do
  cp "$copy/${name%:*}/${name#*:}.cdx.json" "$out/"
  echo "$out/${name#*:}.cdx.json"
done
