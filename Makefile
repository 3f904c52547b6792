# fsm: `make help` lists what can be made. On a new machine: Python 3.11, make, then `make run`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

# Compiled modules are kept, whatever the caller's shell says: each process of the program and the tests starts faster.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
PYTHON_WANTED := 3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(UPGRADE)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: setup front-end ## Start fsm on http://127.0.0.1:5000 (PORT=8000 for another port); the first start adds a demo company
	@exec $(BIN)/fsm up

.PHONY: test
test: dev front-end ## Every check and test, in twelve minutes on two cores
	@$(BIN)/python tools/check.py test

.PHONY: quick
quick: dev ## Lint, types and pure tests, in under a minute
	@$(BIN)/python tools/check.py quick

.PHONY: soak
soak: dev front-end ## Everything with the full counts; takes hours
	@$(BIN)/python tools/check.py soak

.PHONY: bench
bench: dev ## Measure the speed that is promised
	@$(BIN)/python -m benchmarks

.PHONY: bench-scale
bench-scale: dev ## Measure on a million documents what must not slow down with them (SIZE=20000 ENGINE=sqlite to try it)
	@$(BIN)/python -m benchmarks.scale $(or $(SIZE),1000000) $(ENGINE)

.PHONY: setup
setup: .venv/.fsm-installed ## Install fsm and the pinned packages into .venv

.PHONY: front-end
front-end: static/vendor/.complete ## Fetch the pinned front-end packages into static/vendor

.PHONY: lock
lock: dev ## Pin all packages anew from the *.in files and package.json (UPGRADE=--upgrade for newer ones)
	$(COMPILE) --allow-unsafe --output-file=requirements.txt requirements.in
	$(COMPILE) --allow-unsafe --output-file=requirements-dev.txt requirements-dev.in
	$(COMPILE) --output-file=requirements-node.txt requirements-node.in
	$(BIN)/python tools/front_end.py install --package-lock-only

.PHONY: migration
migration: setup ## Write a migration from the models (MESSAGE="add sites")
	@test -n "$(MESSAGE)" || { echo 'Say what changes: make migration MESSAGE="add sites"' >&2; exit 1; }
	$(BIN)/flask --app fsm.app db migrate --message "$(MESSAGE)"

.PHONY: clean
clean: ## Remove what the set-up made; data stays
	rm -rf .venv .node node_modules static/vendor fsm.egg-info build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp files below are older than their lock file exactly when there is something to do.

.PHONY: dev
dev: .venv/.dev-installed

.venv/.made:
	@"$(PYTHON)" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(PYTHON_WANTED)")' 2>/dev/null || { \
		echo 'fsm needs Python $(PYTHON_WANTED), but "$(PYTHON)" is: '"$$("$(PYTHON)" --version 2>&1)"'.' >&2; \
		echo 'Install Python $(PYTHON_WANTED), or name it: make run PYTHON=/path/to/python$(PYTHON_WANTED)' >&2; \
		exit 1; }
	@echo "Making .venv"
	@"$(PYTHON)" -m venv .venv
	@touch $@

.venv/.fsm-installed: .venv/.made requirements.txt pyproject.toml
	@echo "Installing the pinned packages into .venv"
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev-installed: .venv/.fsm-installed requirements-dev.txt
	@echo "Installing the packages for checks and tests into .venv"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

static/vendor/.complete: .venv/.fsm-installed package.json package-lock.json .npmrc requirements-node.txt tools/front_end.py
	@echo "Fetching the front-end packages"
	@$(BIN)/python tools/front_end.py
	@touch $@
