#!/usr/bin/env bash
# Builds the image, brings docker-compose.yml up in the form of the demo with a Docker engine, and tries it from end to end:
# every health check, an event that is counted, Grafana's boards, what a container may not do, a backup. Everything that it
# makes is removed. It was not run where Cadran is built: there is no engine there.
#
#   deploy/docker/check.sh
set -euo pipefail

cd "$(dirname "$0")/../.."
work=$(mktemp -d)
export COMPOSE_PROJECT_NAME=cadran-check-$$ DEPLOY_ENV_FILE=deploy/docker/demo.env DEPLOY_SECRETS=$work/secrets DEMO_DAYS=2
export DEPLOY_PORT_BOARD=18000 DEPLOY_PORT_INGEST=18001 DEPLOY_PORT_SURVEY=18002 DEPLOY_PORT_GRAFANA=13000

compose() { docker compose --env-file "$DEPLOY_ENV_FILE" "$@"; }
end() {
  compose --profile operator down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1 || true
  rm -rf "$work"
}
fail() {
  echo "check: $*" >&2
  compose ps --all >&2
  exit 1
}
until_true() { # what, command: for two minutes at most
  local what=$1
  shift
  for _ in $(seq 60); do
    "$@" >/dev/null 2>&1 && return
    sleep 2
  done
  fail "not within two minutes: $what"
}
trap end EXIT

deploy/docker/make-secrets.sh "$DEPLOY_SECRETS" >/dev/null
compose config --quiet
compose build
compose up --detach

for service in kafka redis ingest survey pricing worker exporter alerts board prometheus alertmanager grafana shop; do
  is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$(compose ps --quiet "$service")")" = healthy ]; }
  until_true "$service is healthy" is_healthy
done

key=$(compose run --rm operator keys create check --scope events:write --scope kpis:read | tr -d '\r')
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
curl --silent --show-error --fail http://127.0.0.1:18001/v1/events -H "Authorization: Bearer $key" \
  -H 'Content-Type: application/cloudevents+json' -d '{"specversion": "1.0", "id": "check-1", "source": "/check",
  "type": "order.placed", "subject": "C-1", "time": "'"$now"'", "data": {"channel": "check", "currency": "EUR",
  "lines": [{"sku": "LAMP-01", "quantity": 1, "gross_minor": 4242}]}}' >/dev/null || fail "the gateway takes no event"
is_counted() {
  compose exec -T -e KEY="$key" exporter python -c 'import os, urllib.request as r
url = "http://127.0.0.1:8004/v1/kpis/sales?window=today&by=channel"
print(r.urlopen(r.Request(url, headers={"Authorization": "Bearer " + os.environ["KEY"]})).read().decode())' | grep -q 42.42
}
until_true "the event is counted" is_counted

boards=$(curl --silent --fail --user "admin:$(cat "$DEPLOY_SECRETS/grafana_admin")" 'http://127.0.0.1:13000/api/search?type=dash-db')
for file in deploy/grafana/dashboards/*.json; do
  grep -q "\"$(basename "$file" .json)\"" <<<"$boards" || fail "Grafana has no board $(basename "$file" .json)"
done

[ "$(compose exec -T ingest id -u)" = 10001 ] || fail "ingest runs as root"
compose exec -T ingest touch /app/written 2>/dev/null && fail "ingest can write to its image"
compose exec -T worker python -c 'import socket; socket.create_connection(("1.1.1.1", 443), 3)' 2>/dev/null \
  && fail "the worker reaches the internet"
compose run --rm operator backup /var/backups/cadran/check || fail "no backup can be made"
for service in ingest worker exporter; do
  compose restart "$service"
  until_true "$service is healthy after a restart" is_healthy
done
echo "everything is well"
