#!/usr/bin/env bash
# Installs what is missing: Python packages into .venv, servers and what PDFs are made with from Debian, Kafka's jars
# from Maven Central.
# Repeatable: what is there is left alone. `setup.sh dev` installs what the tests need as well.
set -euo pipefail

cd "$(dirname "$0")/../.."
kind=${1:-run}
venv=.venv
jars=.local/kafka-jars

say() { printf '  %-12s%s\n' "$1" "$2"; }
fail() { printf '\nsetup: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
has_library() { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -F "$1" >/dev/null; }
has_font() { fc-list 2>/dev/null | grep -F "$1" >/dev/null; }

find_python() {
  for name in python3.11 python3.12 python3.13 python3; do
    if has "$name" && "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  return 1
}

# Packages of Debian that bring what is missing, for this machine's apt.
install_debian() {
  local packages=("$@")
  local line="apt-get install -y ${packages[*]}"
  has apt-get || fail "missing: ${packages[*]}. This machine has no apt-get: install Redis 7 or later, Prometheus 2.40 or later, Alertmanager 0.25 or later, a Java 17 runtime and Maven, then run this again"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! has sudo || ! sudo -n true 2>/dev/null; then
      fail "missing: ${packages[*]}. Installing them needs root: run  sudo $line"
    fi
    root=(sudo)
  fi
  say servers "installing ${packages[*]}"
  "${root[@]}" apt-get update -qq || fail "apt-get update failed: is this machine connected?"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null \
    || fail "could not install ${packages[*]}: try  sudo $line"
}

install_servers() {
  local missing=()
  has redis-server || missing+=(redis-server)
  has prometheus || missing+=(prometheus)
  has prometheus-alertmanager || has alertmanager || missing+=(prometheus-alertmanager)
  if [ "$kind" = dev ]; then has javac || missing+=(default-jdk-headless); else has java || missing+=(default-jre-headless); fi
  if ! has mvn && [ ! -f "$jars/.complete" ]; then missing+=(maven); fi
  if [ "$kind" = dev ] && ! has chromium; then missing+=(chromium); fi
  # The languages of docs/sending.md, whose examples are run.
  if [ "$kind" = dev ] && ! has node; then missing+=(nodejs); fi
  if [ "$kind" = dev ] && ! has go; then missing+=(golang-go); fi
  if [ "$kind" = dev ] && ! has initdb && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then missing+=(postgresql); fi
  # What the weekly letter's PDF and pictures are made with.
  has_library libpango-1.0.so.0 || missing+=(libpango-1.0-0)
  has_library libpangoft2-1.0.so.0 || missing+=(libpangoft2-1.0-0)
  has_library libharfbuzz-subset.so.0 || missing+=(libharfbuzz-subset0)
  has_font DejaVuSans.ttf || missing+=(fontconfig fonts-dejavu-core)
  if [ ${#missing[@]} -gt 0 ]; then install_debian "${missing[@]}"; fi
  local version
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ] || fail "Kafka 4 needs Java 17 or later, this is ${version:-unknown}: install openjdk-17-jre-headless"
  say servers "redis-server, prometheus, alertmanager, java ${version}"
}

install_python() {
  local python wanted=requirements.txt
  [ "$kind" = dev ] && wanted=requirements-dev.txt
  python=$(find_python) || fail "Python 3.11 or later with its venv module is needed: apt-get install python3 python3-venv"
  [ -x "$venv/bin/python" ] || "$python" -m venv "$venv" || fail "could not make $venv: apt-get install python3-venv"
  local made_of stamp
  made_of=$(cat requirements-dev.txt requirements.txt pyproject.toml | sha256sum | cut -c1-16)
  stamp="$venv/.installed-$kind-$made_of"
  if [ ! -f "$stamp" ] && [ ! -f "$venv/.installed-dev-$made_of" ]; then # what the tests need holds all the rest
    say python "installing the packages of $wanted"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted" \
      || fail "pip could not install $wanted: is this machine connected?"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . >/dev/null 2>&1 \
      || fail "the cadran command could not be installed: run  $venv/bin/pip install --no-deps --no-build-isolation -e ."
    rm -f "$venv/.installed-$kind-"*
    touch "$stamp"
  fi
  say python "$("$venv/bin/python" --version) in $venv"
}

install_kafka() {
  local version
  version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' deploy/kafka/pom.xml)
  if [ "$(cat "$jars/.complete" 2>/dev/null)" != "$version" ]; then
    say kafka "fetching the jars of $version"
    rm -rf "$jars"
    local told
    told=$(mvn -q -B -f deploy/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/$jars" 2>&1) \
      || fail "Maven could not fetch Kafka: is this machine connected?
$told"
    echo "$version" >"$jars/.complete"
  fi
  say kafka "$version, $(find "$jars" -name '*.jar' | wc -l) jars"
}

install_python
install_servers
install_kafka
