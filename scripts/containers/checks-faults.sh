# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: checks of the stack under faults.

fault_checks() {
  local service
  for service in "${SERVICES[@]}"; do
    check "$service is killed (kill -9): it restarts and the numbers grow" restarts_after_kill "$service"
  done
  check "a restart of the generator does not repeat event ids" no_event_conflicts
  check "too many rejects: the ingestor is not started again until it is restarted by hand" too_many_rejects
  check "compose down and up: the numbers grow, and no anonymous volume remains" goes_down_and_up
  check "a wrong password of the ingestor: its log says so, and with the right one it continues" wrong_password_of_ingestor
  check "a wrong password of a reader is refused" wrong_password_of_reader
  check "a missing secret: compose names its file" secret_is_missing
  check "Kafka's volume is lost: the ingestor says what to do, and continues with --accept-recreated" kafka_volume_is_lost
}

# Kills the container's first process from the pid namespace of the host: it cannot be killed from within its container, and
# the engine does not restart a container after `docker kill`. The ingestor is the only child of a shell.
restarts_after_kill() {
  local service=$1 pid started
  pid=$(inspect "$service" '{{.State.Pid}}')
  [[ $service != ingestor ]] || pid="\$(cat /proc/$pid/task/$pid/children)"
  started=$(inspect "$service" '{{.State.StartedAt}}')
  docker run --rm --pid host debian:bookworm-slim bash -c "kill -9 $pid"
  wait_for "$service to start again" 60 has_started_since "$service" "$started"
  numbers_grow
  [[ $service == generator ]] || wait_for "$service to be healthy" 90 is_healthy "$service"
}

has_started_since() { [[ $(inspect "$1" '{{.State.Running}}') == true && $(inspect "$1" '{{.State.StartedAt}}') != "$2" ]]; }

no_event_conflicts() {
  local conflicts
  conflicts=$(sql "select count(*) from rejected_events where reason = 'conflicting_duplicate'")
  ((conflicts == 0)) || die "$conflicts events have the id of another event"
}

# The malformed records are far more than half of a sample of 100, and far less than half of the default sample.
too_many_rejects() {
  local started
  INGESTOR_OPTIONS="--reject-sample 100" compose up -d --no-build --no-deps ingestor
  wait_for "the ingestor to be healthy" 90 is_healthy ingestor
  started=$(inspect ingestor '{{.State.StartedAt}}')
  compose run --rm --no-deps -T generator generate --count 1000 --malformed 100 --to kafka
  wait_for "the ingestor's log to say why it ended" 60 log_contains ingestor 'more than --max-reject-ratio allows'
  wait_for "the ingestor to be unhealthy" 90 is_unhealthy ingestor
  [[ $(inspect ingestor '{{.State.StartedAt}}') == "$started" ]] || die "the container was restarted"
  log_contains ingestor 'docker compose restart ingestor'
  compose up -d --no-build
  wait_for "the ingestor to be healthy" 90 is_healthy ingestor
  numbers_grow
}
is_unhealthy() { [[ $(inspect "$1" '{{.State.Health.Status}}') == unhealthy ]]; }

goes_down_and_up() {
  local before after
  before=$(stored)
  compose down --remove-orphans
  after=$(docker volume ls -q | sort)
  # Named volumes contain the data and stay.
  comm -13 <(echo "$volumes_before") <(echo "$after") >"$work/volumes"
  ! grep -vE "^${COMPOSE_PROJECT_NAME}_" "$work/volumes" || die "anonymous volumes remain"
  compose up -d --no-build
  wait_for "Postgres to answer" 120 has_more_than "$((before - 1))"
  numbers_grow
}

wrong_password_of_ingestor() {
  cp -r "$SECRETS_DIR" "$work/wrong-secrets"
  echo not-the-password >"$work/wrong-secrets/ingestor_password"
  SECRETS_DIR=$work/wrong-secrets compose up -d --no-build --no-deps ingestor
  wait_for "the ingestor's log to name the password" 60 log_contains ingestor 'password authentication failed for user "ingestor"'
  wait_for "the ingestor's log to say what to do" 5 log_contains ingestor 'Check the password'
  ! log_contains ingestor not-the-password || die "the log shows the password"
  rm -rf "$work/wrong-secrets"
  replace_restarting ingestor
  numbers_grow
}

# replace_restarting SERVICE: retries, because compose stops a container before it replaces it, and the engine refuses that
# ("is not running") between two restarts of the container.
replace_restarting() { wait_for "compose to replace $1, which keeps restarting" 60 compose up -d --no-build; }

wrong_password_of_reader() {
  expect 'password authentication failed for user "reader"' compose exec -T -e PGPASSWORD=wrong postgres \
    psql -X -h postgres -U reader -d musicstream -c 'select 1'
}

secret_is_missing() {
  SECRETS_DIR=$work/no-secrets expect no-secrets/reader_password compose up -d --no-build --no-deps --force-recreate numbers
  compose up -d --no-build numbers
}

kafka_volume_is_lost() {
  local before
  before=$(stored)
  compose down
  docker volume rm "${COMPOSE_PROJECT_NAME}_kafka"
  compose up -d --no-build
  wait_for "the ingestor to report that the topic was deleted and created again" 120 log_contains ingestor 'topic music_events was deleted and created again'
  log_contains ingestor 'hint: --accept-recreated'
  INGESTOR_OPTIONS=--accept-recreated replace_restarting ingestor
  wait_for "all events from before" 120 has_more_than "$((before - 1))"
  numbers_grow
}

nothing_is_left() {
  remove_stack
  [[ ! $(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME") ]]
  [[ ! $(docker network ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME") ]]
  comm -13 <(echo "$volumes_before") <(docker volume ls -q | sort) >"$work/volumes"
  [[ ! -s $work/volumes ]] || die "volumes remain: $(cat "$work/volumes")"
}
