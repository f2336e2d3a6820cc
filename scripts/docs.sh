#!/usr/bin/env bash
# Writes the generated pages (SQL reference, options, table of contents) and builds the book, to target/book/docs.
# With --pictures, the pictures of the viewer are written as well.
set -euo pipefail
. "$(dirname "$0")/layout.sh"
cd "$ROOT"

MDBOOK=0.5.4

progress "building the programs and their tests" cargo build --release --all-targets
scripts/stack.sh up
# shellcheck source=/dev/null
. "$STACK/env"

"$BIN/musicstream-packaging" options docs
scripts/docs/contents.sh

# A separate database, because the stack's own may hold other objects.
database=musicstream_docs
server=${DATABASE_URL%/*}
drop() { PGOPTIONS="-c client_min_messages=warning" psql -Xq "$DATABASE_URL" -c "drop database if exists $database with (force)"; }
drop
trap drop EXIT
psql -Xq "$DATABASE_URL" -c "create database $database"
psql -Xq -v ON_ERROR_STOP=1 "$server/$database" -f sql/extension.sql -f sql/roles.sql
psql -XqAt -v ON_ERROR_STOP=1 "$server/$database" -f scripts/docs/sql-reference.sql >docs/sql-reference.md.new
mv docs/sql-reference.md.new docs/sql-reference.md

if [[ ${1:-} == --pictures ]]; then scripts/docs/pictures.sh; fi

book=$ROOT/target/book
rm -rf "$book"
scripts/cargo-tool.sh --program mdbook "$MDBOOK" build docs >&2
# Pages link to these directories of the repository by relative paths, so the book needs a copy of them beside it.
for linked in monitoring sql; do cp -r "$linked" "$book/"; done
say "the book: $book/docs/index.html"
