VENV := .venv
PYTHON ?= python3
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(STAMP)

.PHONY: install
install: $(STAMP) ## a virtual environment with the locked dependencies

.PHONY: demo
demo: $(STAMP) ## the main job in one process, for half a minute
	$(VENV)/bin/connector demo

.PHONY: test
test: $(STAMP) ## all tests, those on a real Kafka broker too
	$(VENV)/bin/pytest -n 2 --dist loadfile  # they mostly wait: for a pace, a rebalance, a time-out

.PHONY: check
check: $(STAMP) ## lint, types, schema compatibility, architecture arrows
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/pytest -q tests/unit/kafka/avro/test_schemas.py tests/unit/test_architecture.py

.PHONY: bench
bench: $(STAMP) ## the figures of the README
	$(VENV)/bin/python -m bench.intake
	$(VENV)/bin/python -m bench.lanes

.PHONY: lock
lock: ## choose versions anew and pin them with hashes
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet pip-tools
	$(VENV)-lock/bin/pip-compile --quiet --extra dev --generate-hashes --strip-extras --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.lock pyproject.toml
