#!/usr/bin/env bash
# Makes the secrets of docker-compose.yml, each in a file of its own, below ./secrets or the folder that is named.
# What is there is left alone: to change one, delete its file and run this again (docs/compose.md).
#
#   deploy/docker/make-secrets.sh [FOLDER]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${DEPLOY_SECRETS:-$here/../../secrets}}
# Nobody but the owner gets into the folder. In it files are for all to read: Compose mounts each by itself into the
# containers that need it, as it is, and their users are not the owner.
mkdir -p "$folder"
chmod 700 "$folder"
umask 222

random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

make() {
  local path=$folder/$1
  if [ -e "$path" ]; then return; fi
  printf '%s' "$2" >"$path"
  echo "made $1"
}

for name in grafana_admin grafana_key; do make "$name" "$(random)"; done
for user in ingest survey pricing worker exporter board operator; do make "kafka_$user" "$(random)"; done

# Redis is told no password, but the SHA-256 of each.
users=$(<"$here/redis/users.acl")
for user in ingest worker exporter operator; do
  make "redis_$user" "$(random)"
  users=${users//\$$user/$(sha256sum <"$folder/redis_$user" | cut -c1-64)}
done
rm -f "$folder/redis_users"
make redis_users "$users
"

# Whom Grafana tells when Prometheus or Alertmanager is silent (docs/grafana.md): nobody, until an address stands there.
make cadran_alerts_url http://127.0.0.1:9/
make cadran_alerts_token ''
