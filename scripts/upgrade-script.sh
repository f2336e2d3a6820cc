#!/usr/bin/env bash
# Writes the script of ALTER EXTENSION pg_musicstream UPDATE to the version under development.
#
# Usage: upgrade-script.sh           writes pg_musicstream/sql/pg_musicstream--OLD--NEW.sql from sql/upgrade/OLD--NEW.sql
#        upgrade-script.sh --check   fails if that script is out of date
#        upgrade-script.sh FILE      prints the script that a file of changes gives, for tests
#
# A file of changes holds what CREATE OR REPLACE cannot express: new, changed and dropped tables and columns, dropped functions
# and views, functions with another signature. It is SQL with two commands, each on a line of its own:
#   \include FILE          a file below pg_musicstream/sql, such as a new table
#   \views and functions   every view, function and aggregate of the new version, in the order of src/lib.rs
set -euo pipefail
. "$(dirname "$0")/layout.sh"

views_and_functions() {
  local file
  while read -r file; do
    echo
    sed -E 's/^create (function|view|aggregate)/create or replace \1/' "$file"
  done < <(sed -nE 's!.*"\.\./(sql/(internal/)?(view|function)/[^"]+)".*!\1!p' src/lib.rs)
}

write() {
  local line
  echo "-- Written by scripts/upgrade-script.sh from a file of changes: edit what it reads, not this file."
  while IFS= read -r line; do
    case $line in
      --*) ;;
      '\include '*) cat "sql/${line#\\include }" ;;
      '\views and functions') views_and_functions ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$1"
}

[[ ${1:---check} == --check ]] || changes=$(realpath "$1")
cd "$ROOT/pg_musicstream"
if [[ ${changes:-} ]]; then
  write "$changes"
  exit
fi
new=$(sed -n '/^\[workspace.package\]/,/^edition/s/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")
for changes in sql/upgrade/*--"$new".sql; do
  [[ -e $changes ]] || continue # the first version has no older one
  script=sql/pg_musicstream--$(basename "$changes")
  if [[ ${1:-} == --check ]]; then
    write "$changes" | cmp -s - "$script" || die "pg_musicstream/$script is out of date: run scripts/upgrade-script.sh"
  else
    write "$changes" >"$script"
  fi
done
