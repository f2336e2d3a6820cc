#!/usr/bin/env bash
# Debezium's JDBC sink on its own Kafka Connect worker. It does not end by itself: see bento/run.sh.
here=$(dirname "$0")
exec java -Xmx2g -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$PEERS/debezium/lib/*" org.apache.kafka.connect.cli.ConnectStandalone \
  "$here/worker.properties" "$here/sink.properties"
