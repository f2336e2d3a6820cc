#!/usr/bin/env bash
# The part of the official image's start script that the project uses: settings from KAFKA_ variables, and formatting the
# storage once.
set -euo pipefail

properties=/opt/kafka/config/server.properties
env | sed -n 's/^KAFKA_\([A-Z_]*\)=\(.*\)$/\1 \2/p' | grep -v '^HEAP_OPTS ' | while read -r name value; do
  name=${name,,}
  echo "${name//_/.}=$value"
done >"$properties"

read -ra heap <<<"${KAFKA_HEAP_OPTS:-}"
run_java() { exec java "${heap[@]}" -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.properties -cp '/opt/kafka/libs/*' "$@"; }

if [[ ! -e ${KAFKA_LOG_DIRS:?}/meta.properties ]]; then
  # One cluster id for all volumes, as in the official image.
  (run_java kafka.tools.StorageTool format --cluster-id 5L6g3nShT-eMCtK--X86sw --config "$properties")
fi
run_java kafka.Kafka "$properties"
