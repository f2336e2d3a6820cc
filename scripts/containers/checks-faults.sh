# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: what happens to a stack.

fault_checks() {
  local service
  for service in "${SERVICES[@]}"; do
    check "$service is killed (kill -9): it starts again and the numbers go on" is_killed "$service"
  done
  check "no start of the generator repeated the ids of another" no_event_conflicts
  check "compose down and up: the numbers go on, and no volume without a name is left" goes_down_and_up
  check "a wrong password of the ingestor: its log says so, and the right one goes on" wrong_password_of_ingestor
  check "a wrong password of a reader is refused" wrong_password_of_reader
  check "a secret that is missing: compose names its file" secret_is_missing
  check "Kafka's volume is lost: the ingestor says what to do, and goes on when told to" kafka_volume_is_lost
}

# The container's first process, as the machine sees it: from within its container it cannot be killed, and what
# `docker kill` ends, the engine does not start again.
is_killed() {
  local service=$1 pid started
  pid=$(inspect "$service" '{{.State.Pid}}')
  started=$(inspect "$service" '{{.State.StartedAt}}')
  docker run --rm --pid host debian:bookworm-slim bash -c "kill -9 $pid"
  wait_for "$service to start again" 60 has_started_since "$service" "$started"
  numbers_go_on
  [[ $service == generator ]] || wait_for "$service to be healthy" 90 is_healthy "$service"
}

has_started_since() { [[ $(inspect "$1" '{{.State.Running}}') == true && $(inspect "$1" '{{.State.StartedAt}}') != "$2" ]]; }

no_event_conflicts() {
  local conflicts
  conflicts=$(sql "select count(*) from rejected_events where reason = 'conflicting_duplicate'")
  ((conflicts == 0)) || die "$conflicts events have the id of another one"
}

goes_down_and_up() {
  local before after
  before=$(stored)
  compose down --remove-orphans
  after=$(docker volume ls -q | sort)
  # Those with a name stay: the data.
  comm -13 <(echo "$volumes_before") <(echo "$after") >"$work/volumes"
  ! grep -vE "^${COMPOSE_PROJECT_NAME}_" "$work/volumes" || die "volumes without a name are left"
  compose up -d --no-build
  wait_for "Postgres to answer" 120 has_more_than "$((before - 1))"
  numbers_go_on
}

wrong_password_of_ingestor() {
  cp -r "$SECRETS_DIR" "$work/wrong-secrets"
  echo not-the-password >"$work/wrong-secrets/ingestor_password"
  SECRETS_DIR=$work/wrong-secrets compose up -d --no-build --no-deps ingestor
  wait_for "the ingestor's log to name the password" 60 says ingestor 'password authentication failed for user "ingestor"'
  wait_for "the ingestor's log to say what to do" 5 says ingestor 'Check the password'
  ! says ingestor not-the-password || die "the log shows the password"
  rm -rf "$work/wrong-secrets"
  replace_restarting ingestor
  numbers_go_on
}

# replace_restarting SERVICE: compose stops a container before it replaces it, and the engine refuses ("is not running")
# while that one is between two restarts.
replace_restarting() { wait_for "compose to replace $1, which restarts over and over" 60 compose up -d --no-build; }

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
  wait_for "the ingestor to report that the topic was deleted and created again" 120 says ingestor 'topic music_events was deleted and made anew'
  says ingestor 'hint: --accept-recreated'
  INGESTOR_OPTIONS=--accept-recreated replace_restarting ingestor
  wait_for "all events from before" 120 has_more_than "$((before - 1))"
  numbers_go_on
}

nothing_is_left() {
  remove_stack
  [[ ! $(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME") ]]
  [[ ! $(docker network ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME") ]]
  comm -13 <(echo "$volumes_before") <(docker volume ls -q | sort) >"$work/volumes"
  [[ ! -s $work/volumes ]] || die "volumes are left: $(cat "$work/volumes")"
}
