#!/usr/bin/env bash
# Writes the update script of the extension for the version under development, from
# pg_musicstream/sql/upgrade/OLD--NEW.sql and the files that it and src/lib.rs name. Usage: upgrade-script.sh [--check]
#
# Once NEW is released its script stays what it was, and the next version gets a file of changes.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

cd "$ROOT/pg_musicstream"
new=$(sed -n '/^\[workspace.package\]/,/^edition/s/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")
changes=$(echo sql/upgrade/*--"$new".sql)
script=sql/pg_musicstream--$(basename "$changes")

views_and_functions() {
  local file
  while read -r file; do
    echo
    sed -E 's/^create (function|view|aggregate)/create or replace \1/' "$file"
  done < <(sed -nE 's!.*"\.\./(sql/(view|function)/[^"]+)".*!\1!p' src/lib.rs)
}

write() {
  local line
  echo "-- Written by scripts/upgrade-script.sh from sql/upgrade: change what it reads, not this."
  while IFS= read -r line; do
    case $line in
      --*) ;;
      '\include '*) cat "sql/${line#\\include }" ;;
      '\views and functions') views_and_functions ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$changes"
}

if [[ ${1:-} == --check ]]; then
  write | cmp -s - "$script" || die "pg_musicstream/$script is out of date: run scripts/upgrade-script.sh"
else
  write >"$script"
fi
