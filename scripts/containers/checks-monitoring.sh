# shellcheck shell=bash disable=SC2034,SC2154 # variables of container-test.sh and of the other files
# Sourced: checks of Prometheus, its alerts, and the dashboard.

monitoring_checks() {
  check "promtool: each alert fires on what it is for, and none while events are stored" alerts_fire_in_promtool
  require "Prometheus scrapes the ingestor, and its figures move" prometheus_scrapes
  check "every figure that an alert or the dashboard names is served by the ingestor" figures_exist
  check "an ingestor that is stopped: the alert fires; started again: it ends" alert_fires_for_real
}

alerts_fire_in_promtool() {
  docker run --rm -v "$ROOT/monitoring:/monitoring:ro" --entrypoint promtool "$(compose_image prometheus)" check config --syntax-only /monitoring/prometheus.yml
  docker run --rm -v "$ROOT/monitoring:/monitoring:ro" --entrypoint promtool "$(compose_image prometheus)" test rules /monitoring/alerts_test.yml
  # Every alert must have a test.
  local alert
  while read -r alert; do
    grep -A3 "alertname: $alert\$" monitoring/alerts_test.yml | grep -q exp_labels || die "alert $alert has no test in which it fires"
  done < <(sed -n 's/^ *- alert: //p' monitoring/alerts.yml)
  local expression
  while read -r expression; do
    grep -qF "\"expr\": \"$expression\"" monitoring/grafana/dashboards/*.json || die "the dashboard lacks the tested expression $expression"
  done < <(sed -n 's/^ *- expr: //p' monitoring/alerts_test.yml)
}

# Starts only Prometheus, because Grafana's image may not be available.
prometheus_scrapes() {
  local first
  compose --profile monitoring up -d --no-build prometheus
  wait_for "Prometheus to find the ingestor up" 60 figure_is_above 'up{job="musicstream-ingestor"}' 0
  wait_for "events in Prometheus" 60 figure_is_above musicstream_ingestor_events_inserted_total 0
  first=$(figure musicstream_ingestor_events_inserted_total)
  wait_for "more than $first events in Prometheus" 60 figure_is_above musicstream_ingestor_events_inserted_total "$first"
}

# figure EXPRESSION: prints its current value as a whole number, or 0 if it has none.
figure() {
  http "$PROMETHEUS_PORT" "/api/v1/query?query=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "sum($1)")" |
    python3 -c 'import json, sys; result = json.load(sys.stdin)["data"]["result"]; print(int(float(result[0]["value"][1])) if result else 0)'
}
figure_is_above() { (($(figure "$1" 2>/dev/null || echo 0) > $2)); }

figures_exist() {
  local name
  http "$METRICS_PORT" /metrics >"$work/metrics"
  while read -r name; do
    grep -qE "^# TYPE $(sed -E 's/_(total|bucket|count|sum)$//' <<<"$name") " "$work/metrics" || die "there is no metric $name"
  done < <(grep -ohE 'musicstream_ingestor_[a-z_]+' monitoring/alerts.yml monitoring/grafana/dashboards/*.json | sort -u)
}

alert_fires_for_real() {
  compose stop ingestor
  (($(inspect ingestor '{{.State.ExitCode}}') == 0)) || die "the ingestor was killed: its container's shell has not passed SIGTERM on"
  wait_for "MusicstreamIngestorDown to fire" 150 alert_fires MusicstreamIngestorDown
  compose start ingestor
  wait_for "MusicstreamIngestorDown to end" 90 alert_rests MusicstreamIngestorDown
  numbers_grow
}
alert_fires() { http "$PROMETHEUS_PORT" /api/v1/alerts | python3 -c 'import json, sys; sys.exit(not any(a["labels"]["alertname"] == sys.argv[1] and a["state"] == "firing" for a in json.load(sys.stdin)["data"]["alerts"]))' "$1"; }
alert_rests() { ! alert_fires "$1"; }
