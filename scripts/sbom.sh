#!/usr/bin/env bash
# A bill of materials (CycloneDX, JSON) for each program and the extension, in $CARGO_TARGET_DIR/sbom; prints their paths.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

out=$CARGO_TARGET_DIR/sbom
rm -rf "$out"
mkdir -p "$out"
# It writes beside each manifest: in a copy, so that the checkout stays as it is.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | tar -c --null --files-from - | tar -x -C "$copy"
scripts/cargo-tool.sh cyclonedx 0.5.9 --manifest-path "$copy/Cargo.toml" --format json --no-build-deps \
  --target "$(rustc -vV | sed -n 's/^host: //p')" --quiet
for name in pg_musicstream:pg_musicstream ingestor:musicstream-ingestor viewer:musicstream-viewer; do
  cp "$copy/${name%:*}/${name#*:}.cdx.json" "$out/"
  echo "$out/${name#*:}.cdx.json"
done
