#!/usr/bin/env bash
# Kafka in its container: formats its disk the first time, and starts. It then knows the operator, who tells it
# of the others (deploy/docker/topics.py).
#
#   kafka.sh PROPERTIES SECRETS
set -euo pipefail

config=$1
secrets=$2
bin=${KAFKA_BIN:-/opt/kafka/bin}
data=$(sed -n 's/^log.dirs=//p' "$config")

if [ ! -e "$data/meta.properties" ]; then
  # In a file: on a command line the password could be read. Without an end of its last line, which would be a part of it.
  arguments=$(mktemp)
  printf '%s\n' format "--config=$config" "--cluster-id=$("$bin/kafka-storage.sh" random-uuid)" >"$arguments"
  printf '%s' "--add-scram=SCRAM-SHA-512=[name=operator,password=$(<"$secrets/kafka_operator")]" >>"$arguments"
  "$bin/kafka-storage.sh" "@$arguments"
  rm "$arguments"
fi
exec "$bin/kafka-run-class.sh" kafka.Kafka "$config"
