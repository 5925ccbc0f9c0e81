VENV := .venv
PYTHON ?= python3
STAMP := $(VENV)/.installed
PIP := $(VENV)/bin/pip --quiet --disable-pip-version-check
# Locks name no registry and no mirror: where packages come from is the machine's business
COMPILE := $(VENV)/bin/pip-compile --quiet --allow-unsafe --generate-hashes --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 13

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(VENV)/bin/python -m compileall -q connector  # no start compiles it, even where PYTHONDONTWRITEBYTECODE is set
	@touch $(STAMP)

.PHONY: install
install: $(STAMP) ## a virtual environment with the locked dependencies

.PHONY: demo
demo: $(STAMP) ## the main job in one process, for half a minute
	$(VENV)/bin/connector demo

.PHONY: test
test: $(STAMP) ## all tests, those on a real Kafka broker too
	$(VENV)/bin/pytest -n auto --dist loadfile --no-loadscope-reorder  # how many, and in which order: tests/conftest.py

.PHONY: simulate
simulate: $(STAMP) ## the connector on virtual time: SEEDS=1000, from FIRST=1 on, for MINUTES=3 of CPU; or SEED=7 alone
	$(VENV)/bin/python -m tests.kit.simulation $(if $(SEED),--seed $(SEED),--known --first $(or $(FIRST),1)) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: browser
browser: ## Chromium for the console's tests, where there is none; wants Debian or Ubuntu
	@command -v chromium || command -v google-chrome || \
		{ $(SUDO) apt-get -qq update && $(SUDO) apt-get -qq install --no-install-recommends chromium fonts-dejavu-core; }

.PHONY: promtool
promtool: $(STAMP) ## promtool for the tests of Prometheus' rules, out of Debian's package, which would run a server if installed
	@command -v promtool || test -x $(VENV)/bin/promtool || { $(SUDO) apt-get -qq update && cd $$(mktemp -d) \
		&& apt-get -qq download prometheus && dpkg -x prometheus_*.deb . && install usr/bin/promtool $(CURDIR)/$(VENV)/bin; }

.PHONY: check
check: $(STAMP) ## lint, types, advisories, schema compatibility, architecture arrows, what the docs say of the code
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/pre-commit validate-config
	$(VENV)/bin/python -m release.audit
	$(VENV)/bin/pytest -q tests/unit/kafka/avro/test_schemas.py tests/unit/test_architecture.py tests/unit/docs

.PHONY: docs
docs: $(STAMP) ## the documentation, with its links checked, in build/docs
	$(VENV)/bin/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going --nitpicky docs build/docs

.PHONY: tables
tables: $(STAMP) ## the tables of docs/ that are made from the code, the AsyncAPI and the OpenAPI document, anew
	$(VENV)/bin/python -m docs.tables

.PHONY: pictures
pictures: $(STAMP) ## the console's pictures in docs/pictures, anew; wants `make browser` and, to look the same, the font Inter
	$(VENV)/bin/python -m tests.kit.console.pictures

.PHONY: dbt
dbt: $(STAMP) ## dbt's own word on examples/dbt; it wants older versions than the rest, so it has an environment in build/dbt
	$(PYTHON) -m venv build/dbt
	build/dbt/bin/pip --quiet --disable-pip-version-check install --require-hashes --requirement examples/dbt/requirements.lock
	$(VENV)/bin/pytest -q tests/flows/analytics/test_dbt.py

.PHONY: asyncapi
asyncapi: ## the AsyncAPI document, judged by AsyncAPI's own parser; wants Node 20
	npm ci --prefix release/asyncapi --ignore-scripts --no-audit --no-fund
	node release/asyncapi/judge.mjs docs/reference/asyncapi.yaml

.PHONY: wheel
wheel: $(STAMP) ## the package, in dist/
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

.PHONY: bench
bench: $(STAMP) ## the figures of docs/figures.md, ten minutes or so
	$(VENV)/bin/python -m bench.intake
	$(VENV)/bin/python -m bench.start
	$(VENV)/bin/python -m bench.engine
	$(VENV)/bin/python -m bench.lanes
	$(VENV)/bin/python -m bench.polls
	$(VENV)/bin/python -m bench.wire
	$(VENV)/bin/python -m bench.calls
	$(VENV)/bin/python -m bench.orders
	$(VENV)/bin/python -m bench.arrival
	$(VENV)/bin/python -m bench.scrape
	$(VENV)/bin/python -m bench.restart
	$(VENV)/bin/python -m bench.operations
	$(VENV)/bin/python -m bench.console

.PHONY: bench-peers
bench-peers: $(STAMP) ## the same job by a worker and by what a user would else write, undisturbed and killed; ten minutes
	$(VENV)/bin/python -m bench.peers

.PHONY: bench-soak
bench-soak: $(STAMP) ## memory and the limit of 100 merchants with work all the time, half an hour
	$(VENV)/bin/python -m bench.soak

.PHONY: bench-scale
bench-scale: $(STAMP) ## cost against merchants and SKUs, and what a fleet takes, half an hour; POINTS="10x100000x1" for some
	$(VENV)/bin/python -m bench.scale $(POINTS)

.PHONY: sbom
sbom: $(STAMP) ## the bill of materials of what runs (CycloneDX), in build/sbom.cdx.json
	$(VENV)/bin/python -m release.sbom

.PHONY: manifests
manifests: $(STAMP) ## the Helm chart's example as plain manifests, in ops/kubernetes/manifests.yaml; wants helm
	$(VENV)/bin/python -m release.manifests

.PHONY: notes
notes: $(STAMP) ## what is new in the version of TAG=v0.2.0, from the changelog, in build/notes.md
	$(VENV)/bin/python -m release.notes "$(TAG)"

.PHONY: audit
audit: $(STAMP) ## whether advisories speak of a locked version; AUDIT=required fails where there are none to be had
	AUDIT=$(AUDIT) $(VENV)/bin/python -m release.audit

.PHONY: fuzz
fuzz: $(STAMP) ## each decoder by coverage for SECONDS (60); DECODER=name for one; what it finds is in build/fuzz
	for decoder in $(or $(DECODER),$$($(VENV)/bin/python -c "from tests.kit.fuzz.decoders import DECODERS; print(*DECODERS)")); do \
		$(VENV)/bin/python -m tests.kit.fuzz.run $$decoder $(or $(SECONDS),60) build/fuzz || exit 1; done

.PHONY: chaos
chaos: $(STAMP) ## ten seeds of faults on real parts, half an hour; SEEDS=3, or SEED=7 for one, FAULTS=20 for more of each
	$(VENV)/bin/python -m tests.kit.chaos --seeds $(or $(SEEDS),10) --faults $(or $(FAULTS),10) $(if $(SEED),--seed $(SEED))

.PHONY: lock
lock: $(STAMP) ## pin what pyproject.toml names, with hashes: of development, of the image (with Iceberg, too), of its build, of dbt; UPGRADE=1 chooses versions anew
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev --extra iceberg --output-file requirements.lock pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --constraint requirements.lock --output-file requirements-runtime.lock pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --constraint requirements.lock --extra iceberg --output-file requirements-iceberg.lock pyproject.toml
	$(VENV)/bin/python -m release.build_needs | $(COMPILE) --constraint requirements.lock --output-file requirements-build.lock -
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file examples/dbt/requirements.lock examples/dbt/requirements.in
