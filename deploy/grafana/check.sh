#!/usr/bin/env bash
# Provisions a real Grafana in Docker with what is here, and looks whether it took it: every board by its uid, the data
# source, the contact point, every alert rule, and no error in its log. It was not run where Cadran is built: there is no Docker there.
#
#   deploy/grafana/check.sh                              # against http://host.docker.internal:9090
#   CADRAN_PROMETHEUS_URL=http://prometheus:9090 GRAFANA_IMAGE=grafana/grafana:12.4.0 deploy/grafana/check.sh
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
image=${GRAFANA_IMAGE:-grafana/grafana:13.2.0}
name=cadran-grafana-check-$$
secret=$(mktemp)
address=$(mktemp)
trap 'docker rm --force "$name" >/dev/null 2>&1 || true; rm -f "$secret" "$address"' EXIT
head -c 24 /dev/urandom | base64 | tr -d '\n' >"$secret"
echo http://127.0.0.1:9/ >"$address" # where nobody listens
chmod 644 "$secret" "$address" # read by the container's own user

docker run --detach --name "$name" --publish 127.0.0.1::3000 --add-host host.docker.internal:host-gateway \
  --volume "$here/provisioning:/etc/grafana/provisioning:ro" \
  --volume "$here/dashboards:/var/lib/dashboards/cadran:ro" \
  --volume "$secret:/run/secrets/admin:ro" \
  --volume "$address:/run/secrets/cadran_alerts_url:ro" \
  --volume "/dev/null:/run/secrets/cadran_alerts_token:ro" \
  --env GF_SECURITY_ADMIN_PASSWORD__FILE=/run/secrets/admin \
  --env CADRAN_PROMETHEUS_URL="${CADRAN_PROMETHEUS_URL:-http://host.docker.internal:9090}" \
  "$image" >/dev/null
url=http://$(docker port "$name" 3000/tcp | head -1)

ask() { curl --silent --show-error --fail --user "admin:$(cat "$secret")" "$url$1"; }

for _ in $(seq 60); do
  ask /api/health >/dev/null 2>&1 && break
  sleep 1
done
ask /api/health >/dev/null || { docker logs "$name"; echo "Grafana did not come up"; exit 1; }

failed=0
for path in "/api/datasources/uid/prometheus" "/api/v1/provisioning/contact-points?name=cadran" "/api/folders/cadran"; do
  ask "$path" >/dev/null || { echo "not there: $path"; failed=1; }
done
for file in "$here"/dashboards/*.json; do
  uid=$(basename "$file" .json)
  ask "/api/dashboards/uid/$uid" >/dev/null || { echo "not there: board $uid"; failed=1; }
done
while read -r uid; do
  ask "/api/v1/provisioning/alert-rules/$uid" >/dev/null || { echo "not there: rule $uid"; failed=1; }
done < <(sed -n 's/^ *- uid: //p' "$here/provisioning/alerting/rules.yml")
if docker logs "$name" 2>&1 | grep 'level=error'; then
  failed=1
fi
[ "$failed" = 0 ] && echo "$image took all of it"
exit "$failed"
