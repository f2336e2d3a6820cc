#!/usr/bin/env bash
# Debezium's JDBC sink on a Kafka Connect worker of its own: endless, as Bento.
here=$(dirname "$0")
exec java -Xmx2g -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$PEERS/debezium/lib/*" org.apache.kafka.connect.cli.ConnectStandalone \
  "$here/worker.properties" "$here/sink.properties"
