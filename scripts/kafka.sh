#!/usr/bin/env bash
# The local stack's Apache Kafka: one node, KRaft mode. Usage: kafka.sh up | down | remove
set -euo pipefail
. "$(dirname "$0")/layout.sh"

home=$STACK/kafka

fetch() {
  local pom=$ROOT/scripts/kafka/pom.xml
  cmp -s "$pom" "$home/lib/pom.xml" && return
  say "fetching Kafka from Maven Central (40 MB, once)"
  rm -rf "${home:?}/lib" "$home/classes.jsa"
  progress "fetching Kafka" mvn -q -B -f "$pom" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$home/lib"
  cp "$pom" "$home/lib/pom.xml"
}

is_running() { [[ -e $home/pid ]] && grep -qsF "$home/server.properties" "/proc/$(<"$home/pid")/cmdline"; }
has_ended() { ! is_running; }

configure() {
  cat <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$home/data
num.partitions=4
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# Without this, events with time stamps of past months would be deleted.
log.retention.ms=-1
# With group.protocol=consumer the broker sets the session timeout: 6 s, the minimum that it also allows clients of the
# classic protocol.
group.consumer.min.session.timeout.ms=6000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=500
group.consumer.heartbeat.interval.ms=500
CONF
}

start() {
  if is_running; then
    configure "$(<"$home/port")" "$(<"$home/controller_port")" | cmp -s - "$home/server.properties" && return
    say "restarting Kafka: its configuration has changed"
    stop
  fi
  configure "$(remembered_port "$home/port")" "$(remembered_port "$home/controller_port")" >"$home/server.properties"
  local class_path="$home/lib/*" log4j=-Dlog4j2.configurationFile=$ROOT/scripts/kafka/log4j2.properties
  if [[ ! -e $home/data/meta.properties ]]; then
    rm -rf "$home/data"
    java "$log4j" -cp "$class_path" kafka.tools.StorageTool format "--cluster-id=$(cluster_id)" --config "$home/server.properties" >"$home/server.log" 2>&1 || {
      cat "$home/server.log" >&2
      die "Kafka's storage could not be formatted"
    }
  fi
  # The classes of a started broker in the form in which the JVM uses them, written when it stops. With them, a broker starts in
  # 60 % of the time; the tests start dozens.
  local classes=$home/classes.jsa
  if [[ ! -e $classes ]]; then
    run "-XX:ArchiveClassesAtExit=$classes" "$log4j" -cp "$class_path"
    stop
    : >>"$classes" # a JVM that writes none ignores the empty file, and starts as it did before
  fi
  run "-XX:SharedArchiveFile=$classes" "$log4j" -cp "$class_path"
}

# run OPTIONS_OF_JAVA...: starts a broker and waits until it takes requests.
run() {
  : >"$home/server.log" # here, because the log of the last run has the line that has_started looks for
  setsid java -Xms256m -Xmx768m "$@" kafka.Kafka "$home/server.properties" >>"$home/server.log" 2>&1 </dev/null 9>&- &
  server=$!
  echo "$server" >"$home/pid"
  wait_for "Kafka to take requests (its log is $home/server.log)" 60 has_started_or_ended
  has_started || {
    tail -20 "$home/server.log" >&2
    die "Kafka did not start; its log is $home/server.log"
  }
}

has_started() { grep -q 'Kafka Server started' "$home/server.log"; }
# Checks the process id only, because the command line is that of this script until the process has become java.
has_started_or_ended() { has_started || ! kill -0 "$server" 2>/dev/null; }
cluster_id() { head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '='; }

stop() {
  is_running || return 0
  kill "$(<"$home/pid")"
  wait_for "Kafka to stop (pid $(<"$home/pid"))" 60 has_ended
  rm -f "$home/pid"
}

case ${1:-} in
  up)
    mkdir -p "$home"
    fetch
    start
    echo "127.0.0.1:$(<"$home/port")"
    ;;
  down) stop ;;
  remove)
    stop
    rm -rf "$home"
    ;;
  *) die "usage: kafka.sh up | down | remove" ;;
esac
