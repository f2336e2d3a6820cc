#!/usr/bin/env bash
# Renders the manual pages of the installed packages; a warning of the formatter is an error.
set -euo pipefail
count=0
while read -r page; do
  warnings=$(MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
  [[ ! $warnings ]] || {
    echo "$page: $warnings"
    exit 1
  }
  count=$((count + 1))
done < <(dpkg -L musicstream-ingestor musicstream-viewer | grep '/man1/.*\.gz$')
((count >= 7)) || {
  echo "only $count pages"
  exit 1
}
