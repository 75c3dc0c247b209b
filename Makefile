# Memberhall: `make up` runs the suite on this machine, `make test` checks all of it.

SHELL := /bin/sh
PYTHON ?= python3
RUN := .venv/bin/python -m
PREPARE := @$(PYTHON) -m console.prepare

.DEFAULT_GOAL := help
.PHONY: help up down demo logs test check lint unit chaos lock screenshots

help: ## say what each of these does
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

up: ## install what is missing, start the whole suite, print its addresses
	$(PREPARE)
	@.venv/bin/memberhall up

down: ## stop what `make up` started; its data stays in .memberhall
	@if [ -x .venv/bin/memberhall ]; then .venv/bin/memberhall down; fi

demo: ## play a member's journey against the running suite, step by step
	@.venv/bin/memberhall demo

logs: ## follow the logs of every process
	@.venv/bin/memberhall logs --follow

test: ## install what is missing, then run every check (what .ci/run calls)
	$(PREPARE) --tests
	@$(MAKE) --no-print-directory check

check: ## lint, types, import contracts, then all tests on private servers
	@$(RUN) console.check

lint: ## only format, lint, types and import contracts
	@$(RUN) console.check --only lint

unit: ## only the tests that need no server
	@$(RUN) console.check --only unit

chaos: ## break a whole job cluster for ten minutes and see that it holds (SECONDS=… SEED=…)
	$(PREPARE) --tests
	@$(RUN) tests.chaos --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

lock: ## write the lock files anew from requirements*.in and package.json
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@for name in requirements requirements-dev; do .venv/bin/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --output-file $$name.lock $$name.in; done
	@npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

screenshots: ## write a picture of every screen to screenshots/
	$(PREPARE) --tests
	@$(RUN) pytest -q tests/browser --screenshots screenshots
