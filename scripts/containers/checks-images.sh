# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: checks of the images.

image_checks() {
  require "both images are built from what .dockerignore lets through" build_images
  check "a change of the code rebuilds no dependency" dependencies_are_cached
  check "neither image holds a compiler, and what was compiled is stripped" images_are_lean
  check "neither image runs as root" images_have_users
  list_images
}

ingestor_image=musicstream-ingestor
postgres_image() { echo "musicstream-postgres:$POSTGRES_MAJOR"; }

build_images() { compose build; }

# After a change of source files the layers with the dependencies come from the cache.
dependencies_are_cached() {
  local copy dockerfile
  copy=$(mktemp -d)
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
  echo "// changed" >>"$copy/ingestor/src/main.rs"
  echo "// changed" >>"$copy/pg_musicstream/src/lib.rs"
  for dockerfile in ingestor/Dockerfile Dockerfile.postgres; do
    docker build --progress plain --target dependencies -f "$copy/$dockerfile" --build-arg "POSTGRES_MAJOR=$POSTGRES_MAJOR" \
      --build-arg "DEBIAN=$POSTGRES_DEBIAN" "$copy" 2>&1 | tee "$work/cached.log"
    # Each step is a line "#N [dependencies 2/2] RUN cargo chef cook …", with the line "#N CACHED" after it.
    grep -A1 -E '^#[0-9]+ \[dependencies .*cargo chef cook' "$work/cached.log" | grep -E '^#[0-9]+ CACHED' ||
      die "$dockerfile compiles its dependencies again"
  done
  rm -rf "$copy"
}

images_are_lean() {
  local image program file
  for image in "$ingestor_image" "$(postgres_image)"; do
    for program in cc gcc g++ clang make cmake cargo rustc; do
      ! docker run --rm --entrypoint sh "$image" -c "command -v $program" || die "$image contains $program"
    done
  done
  for file in "$ingestor_image:/usr/local/bin/musicstream-ingestor" \
    "$(postgres_image):/usr/lib/postgresql/$POSTGRES_MAJOR/lib/pg_musicstream.so"; do
    docker run --rm --entrypoint cat "${file%:/*}" "/${file##*:/}" >"$work/program"
    [[ -s $work/program ]]
    # Section names only, because a program that prints backtraces contains the words in its code.
    ! readelf -SW "$work/program" | grep -F .debug_info || die "$file has debug information"
  done
}

images_have_users() {
  local image
  for image in "$ingestor_image" "$(postgres_image)"; do
    [[ $(docker run --rm --entrypoint id "$image" -u) != 0 ]] || die "$image runs as root"
  done
}

# Prints the sizes of the images and of the project's files in them.
list_images() {
  local image
  for image in "$ingestor_image" "$(postgres_image)"; do
    printf '        %s: %s\n' "$image" "$(docker image ls --format '{{.Size}}' "$image")"
    docker run --rm --user 0 --entrypoint find "$image" / -xdev -type f \
      \( -name '*musicstream*' -o -path '/docker-entrypoint-initdb.d/*' -o -name 'pg_cron.so' \) -size +0 -printf '%s %p\n' |
      sort -k 2 | awk '{ printf "        %10.1f kB  %s\n", $1 / 1000, $2 }'
  done
}
