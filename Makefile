# `make run` and `make test` do all the set-up themselves; they need Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8765
LIBRARY ?=
NO_BROWSER ?=
export LIBRARY PORT
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SOURCES := pyproject.toml constraints.txt

.PHONY: run test check format bench docs clean help

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Variables of run: LIBRARY=~/Music PORT=8765 NO_BROWSER=1'

$(VENV)/base.stamp: $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@echo 'Setting up $(VENV) ...'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/base.stamp
	@echo 'Installing what the tests need ...'
	@$(INSTALL) --editable '.[test]'
	@touch $@

$(VENV)/check.stamp: $(VENV)/test.stamp
	@echo 'Installing what the checks need ...'
	@$(INSTALL) --editable '.[test,check]'
	@touch $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	@echo 'Installing the peers to measure against ...'
	@$(INSTALL) --editable '.[test,bench]'
	@touch $@

run: $(VENV)/base.stamp  ## start the player's web host with the plugin; a demo library if LIBRARY is not given
	@if [ -z "$$LIBRARY" ]; then $(BIN)/python -m auralis_fp.demo demo-library && \
		set -- --library demo-library --data-dir demo-library/.auralis-fp; \
	else set -- --library "$$LIBRARY"; fi && \
	exec $(BIN)/python launch-auralis-web.py --dev --port "$$PORT" $(if $(NO_BROWSER),--no-browser) "$$@"

test: $(VENV)/test.stamp  ## run the tests
	@$(BIN)/python -m pytest

check: $(VENV)/check.stamp  ## lint, formatting, types, import contracts, prose
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python docs/prose_lint.py

format: $(VENV)/check.stamp  ## bring the sources into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/base.stamp  ## write the pages that the code is the truth of
	@$(BIN)/python docs/generate.py

bench: $(VENV)/bench.stamp  ## measure accuracy and speed, beside the peers
	@$(BIN)/python -m bench

clean:  ## remove what the other targets made
	rm -rf $(VENV) demo-library build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
