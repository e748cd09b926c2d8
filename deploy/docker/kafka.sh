#!/usr/bin/env bash
# Kafka in its container: formats its disk the first time, each user with the password of its secret, and starts.
#
#   kafka.sh PROPERTIES SECRETS
set -euo pipefail

config=$1
secrets=$2
bin=${KAFKA_BIN:-/opt/kafka/bin}
data=$(sed -n 's/^log.dirs=//p' "$config")

if [ ! -e "$data/meta.properties" ]; then
  users=()
  for file in "$secrets"/kafka_*; do
    users+=(--add-scram "SCRAM-SHA-512=[name=${file##*/kafka_},password=$(<"$file")]")
  done
  "$bin/kafka-storage.sh" format --config "$config" --cluster-id "$("$bin/kafka-storage.sh" random-uuid)" "${users[@]}"
fi
exec "$bin/kafka-run-class.sh" kafka.Kafka "$config"
