#!/usr/bin/env bash
# Writes the pictures of the viewer in docs/images, from its built-in sample data, which end on a fixed day.
set -euo pipefail
. "$(dirname "$0")/../layout.sh"
cd "$ROOT"

# An empty home directory, so that no stored window size or settings of the user change the pictures.
HOME=$(mktemp -d)
export HOME XDG_CONFIG_HOME=$HOME XDG_DATA_HOME=$HOME
trap 'rm -rf "$HOME"' EXIT

pictures=(docs/images/viewer.png)
"$BIN/musicstream-viewer" --demo --theme light --size 1440x900 --zone UTC --screenshot docs/images/viewer.png

shot() {
  local file=docs/images/viewer-$1.png
  "$BIN/musicstream-viewer" --demo --theme light --size 1200x750 --zone UTC --screenshot "$file" --view "$@"
  pictures+=("$file")
}

for view in by-event-type by-region overlay heatmap listening songs listeners pipeline rejects; do shot "$view"; done
shot table --range 7d
shot live --hours 3h
scripts/docs/shrink-png.py "${pictures[@]}"
