#!/usr/bin/env bash
# Lists the decisions in docs/SUMMARY.md, the book's table of contents, by their headings.
# Usage: contents.sh [--check]; with --check it writes nothing and fails if the list differs from the headings.
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
  cmp -s "$new" SUMMARY.md || die "docs/SUMMARY.md differs from the headings of docs/decisions: run scripts/docs/contents.sh"
else
  cat "$new" >SUMMARY.md
fi
