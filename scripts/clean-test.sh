#!/usr/bin/env bash
# Tests the first steps of a new user on a minimal Debian: runs the README's installation command in a new root, clones
# this checkout's HEAD, and runs commands in the clone. Usage:
#
#   clean-test.sh SUITE [--user NAME] [--keep FOLDER] [COMMAND...]
#
# SUITE is bookworm, trixie or sid. The commands run one after the other until one fails; by default they are
# `make setup`, `make lint` and `make test`. They run as root, or as the unprivileged user NAME with sudo.
# FOLDER keeps the clone and its builds: another run with the same FOLDER, in any suite, updates the clone to the current HEAD.
# Without it only downloads are kept. clean-root.sh describes these, and what of this machine the root can use.
set -euo pipefail
. "$(dirname "$0")/layout.sh"

usage() { die "usage: clean-test.sh SUITE [--user NAME] [--keep FOLDER] [COMMAND...]"; }

(($#)) || usage
suite=$1 user=root keep=''
shift
while [[ ${1:-} == --* ]]; do
  case $1 in
    --user) user=$2 && shift 2 ;;
    --keep) keep=$2 && shift 2 ;;
    *) usage ;;
  esac
done
(($#)) || set -- "make setup" "make lint" "make test"

# The command is read from the README, so that the test fails if it installs too little.
readme_line=$(grep -m 1 -E '^sudo apt-get update && ' "$ROOT/README.md") ||
  die "README.md has no line that begins with 'sudo apt-get update && '"
[[ $user != root ]] || readme_line=${readme_line//sudo /}

# Removes folders of runs that were killed.
for place in "$ROOT"/target/clean/*-*; do
  [[ ! -d $place || -d /proc/${place##*-} ]] || rm -rf --one-file-system "$place"
done
place=$ROOT/target/clean/$suite-$user-$$
root=$place/root
project=/srv/pg_musicstream
mkdir -p "$place"
end() {
  end_child
  scripts/clean-root.sh remove "$root"
  rm -rf "$place"
}
cd "$ROOT"
trap end EXIT
exit_on_signals

clean_root() { child scripts/clean-root.sh "$@"; }

started=$SECONDS
say "== $suite as $user: creating the root"
clean_root make "$suite" "$root"
if [[ $user != root ]]; then
  # An unprivileged user needs sudo.
  progress "installing sudo" clean_root run "$root" -- bash -ec "apt-get update && apt-get install -y sudo"
  clean_root run "$root" --user "$user" -- true # creates the user
  echo "$user ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$user"
fi
git bundle create -q "$place/project.bundle" HEAD
mkdir -p "${keep:=$place/project}"
binds=(--bind "$keep:$project" --bind "$place/project.bundle:/srv/project.bundle:ro")
if [[ -d $ROOT/../shared/data ]]; then binds+=(--bind "$(realpath "$ROOT/../shared/data"):/srv/shared/data:ro"); fi

say "== $suite as $user: the README's installation command"
progress "the README's installation command" clean_root run "$root" --user "$user" -- bash -ec "$readme_line"
clean_root run "$root" "${binds[@]}" -- bash -ec "[[ \$(stat -c %U $project) == $user ]] || chown -R $user: $project"
if [[ -e $keep/.git ]]; then
  clean_root run "$root" --user "$user" "${binds[@]}" --in "$project" -- \
    bash -ec "git fetch -q /srv/project.bundle HEAD && git checkout -q --detach FETCH_HEAD"
else
  clean_root run "$root" --user "$user" "${binds[@]}" -- \
    git -c advice.detachedHead=false -c init.defaultBranch=main clone -q /srv/project.bundle "$project"
fi
# shellcheck disable=SC2016  # for the shell in the root
clean_root run "$root" --user "$user" "${binds[@]}" --in "$project" -- bash -c '
  for command; do
    echo "== $command"
    SECONDS=0
    bash -ec "$command" || {
      status=$?
      echo "== $command failed after $((SECONDS / 60)) min $((SECONDS % 60)) s"
      exit "$status"
    }
    echo "== $command: $((SECONDS / 60)) min $((SECONDS % 60)) s"
  done' commands "$@"
say "== $suite as $user: $(((SECONDS - started) / 60)) min in all"
