# `make` alone lists the targets.

SHELL := /bin/bash
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing to run: Python packages, servers, Kafka's jars
	@deploy/local/setup.sh

setup-dev: ## Install what the checks and tests need as well
	@deploy/local/setup.sh dev

demo: setup ## Start everything with 400 simulated days and live traffic
	@$(PYTHON) -m deploy.local.stack demo

up: setup ## Start everything, without simulated data
	@$(PYTHON) -m deploy.local.stack up

servers: setup ## Start Kafka, Redis, Prometheus and Alertmanager alone, as a restore needs them
	@$(PYTHON) -m deploy.local.stack servers

down: ## Stop everything; the data stays in .local
	@$(PYTHON) -m deploy.local.stack down

status: ## Say what runs, and where to look
	@$(PYTHON) -m deploy.local.stack status

# The longest first, so that no file is left running alone at the end.
LONG := $(addprefix tests/,end_to_end operations faults security soak fuzz docs)
REST := $(filter-out $(LONG) tests/__pycache__,$(patsubst %/,%,$(wildcard tests/*/)) $(wildcard tests/test_*.py))

test: check .local/fuzz-venv/.installed ## Run the checks, then every test, against real servers on free ports
	$(PYTHON) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(LONG) $(REST)

check: setup-dev ## Every check that needs no server: format, lint, types, imports, generated files, sizes, documentation
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) -m docs.generate --check
	$(PYTHON) -m deploy.grafana.lint
	$(PYTHON) -m deploy.docker.lint
	$(PYTHON) -m deploy.kubernetes.lint
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --quiet --strict
	$(PYTHON) -m tests.sizes
	$(PYTHON) -m deploy.dependencies

audit: ## Ask pypi.org what is known against the versions that the services run on
	$(PYTHON) -m venv .local/audit-venv
	.local/audit-venv/bin/pip install -q --disable-pip-version-check pip-audit==2.10.1
	.local/audit-venv/bin/pip-audit --strict --no-deps --disable-pip -r requirements-salesforce.txt

generate: setup-dev ## Write the generated files: docs, Grafana boards, rules of alerts, files of containers
	$(PYTHON) -m docs.generate

site: setup-dev ## Make the documentation as a site, in .local/site
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

check-data: setup-dev ## Import DATA=<folder> into a stack of its own and compare with a recomputation
	$(PYTHON) -m tests.end_to_end.data_check "$(DATA)"

chaos: setup-dev ## Break things under traffic, then compare every number with a recomputation: SECONDS=300 SEED=1
	$(PYTHON) -m tests.faults.chaos --seconds $(or $(SECONDS),300) --seed $(or $(SEED),1)

drill: setup-dev ## Back up under load, lose Redis and a database, then everything, restore, compare every number
	$(PYTHON) -m tests.operations.backup.drill

coverage: setup-dev ## Count the branches of the domain that tests take; writes docs/testing.md
	$(PYTHON) -m tests.branches

mutation: setup-dev .local/mutation-venv/.installed ## Change the core in small ways, count what tests notice; writes docs/testing.md: SAMPLE=0 (all) SEED=1
	.local/mutation-venv/bin/python -m tests.mutation --sample $(or $(SAMPLE),0) --seed $(or $(SEED),1)

.local/mutation-venv/.installed: requirements-mutation.txt requirements-dev.txt requirements.txt
	$(PYTHON) -m venv .local/mutation-venv
	.local/mutation-venv/bin/pip install -q --disable-pip-version-check -r requirements-mutation.txt
	touch $@

bench: setup-dev .local/bench-venv/.installed ## Measure throughput against stock Faust, Quix Streams and bare aiokafka: N=300000
	$(PYTHON) -m tests.benchmarks.bench --events $(or $(N),300000)

.local/bench-venv/.installed: requirements-bench.txt
	$(PYTHON) -m venv .local/bench-venv
	.local/bench-venv/bin/pip install -q --disable-pip-version-check -r requirements-bench.txt
	touch $@

bench-latency: setup-dev ## Measure how long an event takes from accepted to visible: RATE=200 SECONDS=30
	$(PYTHON) -m tests.benchmarks.latency --rate $(or $(RATE),200) --seconds $(or $(SECONDS),30)

bench-memory: setup-dev ## Measure what orders and cells take of Redis
	$(PYTHON) -m tests.benchmarks.memory

bench-rebalance: setup-dev ## Measure how long a change of workers holds things up: RATE=4000
	$(PYTHON) -m tests.benchmarks.rebalance --rate $(or $(RATE),4000)

bench-endurance: setup-dev ## Measure a worker's memory while it applies millions of orders: N=3000000
	$(PYTHON) -m tests.benchmarks.endurance --events $(or $(N),3000000)

bench-large: setup-dev ## Measure what an order of 1,000 lines takes, and a customer of 10,000 orders
	$(PYTHON) -m tests.benchmarks.large_entities

bench-alarms: setup-dev ## Simulate how often alerts are wrong, and how soon right; writes docs/false-alarms.md: RUNS=1000
	$(PYTHON) -m tests.benchmarks.alarms --runs $(or $(RUNS),1000)

bench-survey: setup-dev ## Measure how fast one process takes answers, beside a bare form: N=6000
	$(PYTHON) -m tests.benchmarks.survey --answers $(or $(N),6000)

bench-import: setup-dev ## Measure how fast a table is imported, and in how much memory: N=10000000
	$(PYTHON) -m tests.benchmarks.importing --lines $(or $(N),10000000)

bench-pages: setup-dev ## Measure what fifty open pages of the board take from everybody else: SLICES=5 SECONDS=60
	$(PYTHON) -m tests.benchmarks.open_pages --slices $(or $(SLICES),5) --seconds $(or $(SECONDS),60)

bench-paint: setup-dev ## Measure how soon the demo's pages paint, and how much is moved: LOADS=5
	$(PYTHON) -m tests.benchmarks.first_paint --loads $(or $(LOADS),5)

bench-prices: setup-dev ## Measure how long due pages take against their hosts' delays, and what 10,000 pages take of memory
	$(PYTHON) -m tests.benchmarks.prices

bench-reading: setup-dev ## Compare how often prices are read rightly with changedetection.io's approach and price-parser
	$(PYTHON) -m tests.pricing_watch.compare --wrong
	$(PYTHON) -m tests.pricing_watch.compare tests/pricing_watch/corpus_unseen

bench-alert-delay: setup-dev ## Measure how long from an event that crosses a threshold to its message: ROUNDS=10
	$(PYTHON) -m tests.benchmarks.alert_delay --rounds $(or $(ROUNDS),10)

bench-webhooks: setup-dev ## Measure how soon webhooks are answered while Kafka is away and the gateway is killed: RATE=100 SECONDS=150
	$(PYTHON) -m tests.benchmarks.webhooks --rate $(or $(RATE),100) --seconds $(or $(SECONDS),150)

bench-traces: setup-dev ## Measure what traces take of the gateway's throughput: ROUNDS=3
	$(PYTHON) -m tests.benchmarks.traces --rounds $(or $(ROUNDS),3)

fuzz: setup-dev ## Give every parser inputs that nobody would: INPUTS=1000000 SEED=1
	$(PYTHON) -m tests.fuzz.parsers --inputs $(or $(INPUTS),1000000) --seed $(or $(SEED),1)

fuzz-apis: setup-dev .local/fuzz-venv/.installed ## Send what nobody would to every API of a real stack: CASES=10000 SEED=1
	$(PYTHON) -m tests.fuzz.apis --cases $(or $(CASES),10000) --seed $(or $(SEED),1)

.local/fuzz-venv/.installed: requirements-fuzz.txt
	$(PYTHON) -m venv .local/fuzz-venv
	.local/fuzz-venv/bin/pip install -q --disable-pip-version-check -r requirements-fuzz.txt
	touch $@

soak: setup-dev ## Steady traffic, then: what grows, and is every number right: SECONDS=3600
	$(PYTHON) -m tests.soak --seconds $(or $(SECONDS),3600)

clean: ## Stop everything and delete its data
	@-$(PYTHON) -m deploy.local.stack down
	rm -rf .local/alerts .local/config .local/data .local/imports .local/logs .local/secrets .local/*.key .local/*.json .local/*.password .local/*.secret
