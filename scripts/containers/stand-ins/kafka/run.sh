#!/usr/bin/env bash
# What the project uses of the official image's start: settings from KAFKA_ variables, storage formatted once.
set -euo pipefail

properties=/opt/kafka/config/server.properties
env | sed -n 's/^KAFKA_\([A-Z_]*\)=\(.*\)$/\1 \2/p' | grep -v '^HEAP_OPTS ' | while read -r name value; do
  name=${name,,}
  echo "${name//_/.}=$value"
done >"$properties"

read -ra heap <<<"${KAFKA_HEAP_OPTS:-}"
run_java() { exec java "${heap[@]}" -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.properties -cp '/opt/kafka/libs/*' "$@"; }

if [[ ! -e ${KAFKA_LOG_DIRS:?}/meta.properties ]]; then
  # As the official image: one id, whatever the volume.
  (run_java kafka.tools.StorageTool format --cluster-id 5L6g3nShT-eMCtK--X86sw --config "$properties")
fi
run_java kafka.Kafka "$properties"
