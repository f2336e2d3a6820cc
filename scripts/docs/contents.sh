#!/usr/bin/env bash
# Writes the decisions into docs/SUMMARY.md, the book's table of contents, by their headings.
# Usage: contents.sh [--check]; with --check it fails if they are not there as they should be, and writes nothing.
set -euo pipefail
. "$(dirname "$0")/../layout.sh"
cd "$ROOT/docs"

contents() {
  local file
  sed '/^- \[Decisions\](decisions\/README.md)$/q' SUMMARY.md
  for file in decisions/[0-9]*.md; do
    printf '  - [%s](%s)\n' "$(sed -n '1s/^# 0*//p' "$file")" "$file"
  done
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
contents >"$new"
if [[ ${1:-} == --check ]]; then
  cmp -s "$new" SUMMARY.md || die "docs/SUMMARY.md does not list the decisions as they are: run scripts/docs/contents.sh"
else
  cat "$new" >SUMMARY.md
fi
