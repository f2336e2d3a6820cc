# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: checks of the stack in normal operation.

stack_checks() {
  require "docker compose up alone: numbers move within a minute" numbers_move
  check "the numbers are printed among compose's own output" numbers_are_printed
  check "every service that has a health check is healthy" services_are_healthy
  check "events of all four regions are stored" all_regions_are_stored
  check "pg_cron rolls up" cron_rolls_up
  check "musicstream_verify() finds no difference" metrics_equal_events
  check "the project's services run without root, capabilities and a file system to write to" privileges_are_few
  check "the memory of every service is limited" memory_is_limited
  check "passwords are in no environment and no command line" secrets_are_files
  check "the ingest role changes no stored event" ingest_role_is_narrow
  check "the read role reads the metrics and writes nothing" read_role_is_narrow
  check "profile batch: a folder of files and a topic to its end, both jobs end by themselves" batch_jobs_end
}

# The images are built already, so the time limit is a minute.
numbers_move() {
  local started=$SECONDS first seconds
  compose up -d --no-build
  wait_for "events in live_daily_metrics" 60 has_more_than 0
  first=$(stored)
  wait_for "more than the first $first events" 60 has_more_than "$first"
  seconds=$((SECONDS - started))
  ((seconds <= 60)) || die "the numbers grew only after $seconds s"
}

numbers_are_printed() { wait_for "a line of service numbers with event type play" 60 log_contains numbers ' play '; }

services_are_healthy() {
  local service
  for service in postgres kafka ingestor; do wait_for "$service to be healthy" 90 is_healthy "$service"; done
}

all_regions_are_stored() { wait_for "events of four regions" 30 regions_are 4; }
regions_are() { (($(sql "select count(distinct region) from live_daily_metrics where region in ('us', 'eu', 'apac', 'latam')") == $1)); }

cron_rolls_up() { wait_for "a rollup by pg_cron" 120 has_rolled_up; }
has_rolled_up() {
  [[ $(sql "select count(*) > 0 from cron.job_run_details where status = 'succeeded' and command like '%musicstream_rollup%'") == t ]] &&
    [[ $(sql "select count(*) > 0 from daily_metrics") == t ]]
}

privileges_are_few() {
  local service
  for service in postgres ingestor generator numbers; do
    [[ $(inspect "$service" '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}') == 'true [ALL] [no-new-privileges:true]' ]]
    [[ $(compose exec -T "$service" id -u) != 0 ]]
    expect "Read-only file system" compose exec -T "$service" touch /usr/local/bin/x
  done
}

memory_is_limited() {
  local id
  for id in $(compose ps -aq); do
    (($(docker inspect -f '{{.HostConfig.Memory}}' "$id") > 0)) || die "no limit: $(docker inspect -f '{{.Name}}' "$id")"
  done
}

secrets_are_files() {
  local id name
  for id in $(compose ps -aq); do
    for name in "$SECRETS_DIR"/*; do
      ! docker inspect "$id" | grep -qF -- "$(<"$name")" || die "$(docker inspect -f '{{.Name}}' "$id") shows ${name##*/}"
    done
  done
  for name in "$SECRETS_DIR"/*; do
    ! compose logs 2>&1 | grep -qF -- "$(<"$name")" || die "a log shows ${name##*/}"
  done
}

ingest_role_is_narrow() {
  local statement
  for statement in "update raw_events set region = 'x'" "delete from raw_events" "truncate raw_events" \
    "insert into raw_events (event_id, user_id, event_type, region, ts) values (gen_random_uuid(), 'u', 'play', 'eu', now())" \
    "update daily_metrics set events = 0" "delete from musicstream_internal.metric_deltas" "delete from rejected_events" "update ingest_offsets set next_offset = 0" \
    "select musicstream_delete(array[gen_random_uuid()])" "select * from musicstream_forget_user('1')" "create table mine ()"; do
    expect "permission denied" as_login ingestor "$statement"
  done
}

read_role_is_narrow() {
  local statement
  (($(as_login reader "select sum(events) from live_daily_metrics") > 0))
  for statement in "select count(*) from raw_events" "insert into staging_events (event_id) values ('x')" "delete from daily_metrics" \
    "update daily_metrics set events = 0" "delete from musicstream_internal.minute_counts" "select musicstream_rollup()" "select musicstream_upsert()" "create table mine ()"; do
    expect "permission denied" as_login reader "$statement"
  done
}

batch_jobs_end() {
  local service
  for service in load batch-stream; do
    # The output contains the summary.
    compose --profile batch run --rm "$service"
  done | tee "$work/batch.log"
  # The sample has seven rows: one is a duplicate, one has an unknown type, one an invalid time.
  grep -E 'read 7 +inserted 4' "$work/batch.log"
  (($(sql "select count(*) from raw_events where ts::date = '2026-03-01'") == 4))
  (($(sql "select count(*) from ingest_offsets where source like '%batch_events%'") == 4))
  compose --profile batch run --rm load | tee "$work/batch.log"
  grep -E 'inserted 0' "$work/batch.log"
  metrics_equal_events
}
