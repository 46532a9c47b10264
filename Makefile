# `make run` and `make test` set everything up; they need Python 3.11 or newer, make and git.
PYTHON ?= python3
# Each interpreter has its own environment: .venv for python3, .venv-3.12 for PYTHON=python3.12.
VERSION := $(patsubst python%,%,$(notdir $(PYTHON)))
VENV ?= $(if $(filter-out 3,$(VERSION)),.venv-$(VERSION),.venv)
PORT ?= 8765
LIBRARY ?=
NO_BROWSER ?=
export LIBRARY PORT
# Tests and the processes that they start load compiled modules; compiling them anew takes a tenth of the time.
unexport PYTHONDONTWRITEBYTECODE
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Install what a lock file lists, each file checked by its hash, and the package itself in editable form.
LOCKED = $(PIP) --require-hashes --requirement requirements/$(1).txt && \
	$(PIP) --no-deps --no-build-isolation --editable .
INSTALL := $(PIP) --constraint constraints.txt
SOURCES := pyproject.toml $(wildcard requirements/*.txt)
# Fail unless PYTHON starts (the shim of a version manager may not) and has the version of its name.
STARTS = $(PYTHON) -c 'import platform, sys; found = platform.python_version(); wanted = sys.argv[1]; \
	same = wanted in ("", "3") or not wanted[0].isdigit() or f"{found}.".startswith(f"{wanted}."); \
	sys.exit(not same and f"$(PYTHON) is Python {found}.")' '$(VERSION)' || { \
	echo 'PYTHON=$(PYTHON) cannot be used: see above. Set PYTHON to a Python 3.11 or newer that is installed.' >&2; exit 1; }
# Print the version of the environment; if PYTHON was set, fail unless it is the same version.
WANTED := $(if $(filter file,$(origin PYTHON)),$(BIN)/python,$(PYTHON))
SAME_VERSION = $(if $(filter file,$(origin PYTHON)),,$(STARTS);) \
	$(BIN)/python -c 'import platform, sys; found = platform.python_version(); wanted = sys.argv[1]; \
	print("Python", found, "in $(VENV)", flush=True); \
	sys.exit(found != wanted and f"$(PYTHON) is Python {wanted}: remove $(VENV), or set VENV")' \
	"$$($(WANTED) -c 'import platform; print(platform.python_version())')"

.PHONY: run core test test-core test-quick check check-page format bench docs lock site dist coverage clean help

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Variables of run: LIBRARY=~/Music PORT=8765 NO_BROWSER=1'
	@echo 'Other interpreters: make test PYTHON=python3.12'

$(VENV)/base.stamp: $(SOURCES)
	@$(STARTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@echo 'Setting up $(VENV) ...'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(call LOCKED,run)
	@touch $@

$(VENV)/test.stamp: $(VENV)/base.stamp
	@echo 'Installing the test dependencies ...'
	@$(call LOCKED,test)
	@touch $@

$(VENV)/check.stamp: $(VENV)/test.stamp
	@echo 'Installing the check dependencies ...'
	@$(call LOCKED,check)
	@touch $@

$(VENV)/site.stamp: $(VENV)/base.stamp constraints.txt
	@echo 'Installing what the documentation site needs ...'
	@$(INSTALL) --no-build-isolation --editable '.[site]'
	@touch $@

$(VENV)/dist.stamp: $(VENV)/test.stamp constraints.txt
	@echo 'Installing the build tools ...'
	@$(INSTALL) --no-build-isolation --editable '.[dist]'
	@touch $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	@echo 'Installing the other implementations to compare with ...'
	@$(INSTALL) --editable '.[test,bench]'
	@$(BIN)/python -m bench.peers
	@touch $@

# Without a working cargo nothing is built and no stamp is made, so that the next `make run` tries again.
$(VENV)/core.stamp: $(VENV)/base.stamp requirements/core.txt $(wildcard core/*.toml core/Cargo.lock core/src/*.rs)
	@$(BIN)/python core/install.py --stamp $@

core: $(VENV)/base.stamp  ## build the compiled kernels, which make the analysis faster; needs Rust 1.63 or newer
	@$(BIN)/python core/install.py --required --stamp $(VENV)/core.stamp

test-core: $(VENV)/test.stamp  ## run the tests of the analysis with the compiled kernels; fails if they are not installed
	@AURALIS_FP_KERNELS=compiled $(BIN)/python -m pytest --numprocesses 2 --dist loadfile \
		tests/analysis tests/workers/test_kernels.py

run: $(VENV)/base.stamp $(VENV)/core.stamp  ## start the web host with the plugin; generates a demo library unless LIBRARY is set
	@if [ -z "$$LIBRARY" ]; then $(BIN)/python -m auralis_fp.demo demo-library && \
		set -- --library demo-library --data-dir demo-library/.auralis-fp; \
	else set -- --library "$$LIBRARY"; fi && \
	exec $(BIN)/python launch-auralis-web.py --dev --port "$$PORT" $(if $(NO_BROWSER),--no-browser) "$$@"

test: $(VENV)/test.stamp  ## run all tests
	@$(SAME_VERSION)
	@$(BIN)/python -m pytest

QUICK := analysis engine files jobs routes runtime sidecars similarity store tags watching test_*.py
# Four processes for two processors: while some tests wait, others compute.
QUICKLY := -q --numprocesses 4 --dist worksteal --one-way $(addprefix tests/,$(QUICK))
test-quick: $(VENV)/test.stamp  ## run the tests that are quick: no browser, command, other implementation or stress
	@$(SAME_VERSION)
	@$(BIN)/python -m pytest $(QUICKLY) -m 'not browser and not slow and not peers'

check: $(VENV)/check.stamp  ## lint, formatting, types, import contracts, prose
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python docs/prose_lint.py

node_modules/page.stamp: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'Checking the page needs Node.js 20 or newer with npm.'; exit 1; }
	@npm ci --silent
	@touch $@

check-page: node_modules/page.stamp  ## types, lint and unit tests of the page's modules; needs Node.js
	@npm run --silent check

format: $(VENV)/check.stamp  ## format the sources and fix what can be fixed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/base.stamp  ## regenerate the documentation pages from the code
	@$(BIN)/python docs/generate.py

lock: $(VENV)/dist.stamp  ## write requirements/*.txt from pyproject.toml and constraints.txt
	@$(BIN)/uv pip compile --quiet requirements/core.in --universal --python-version 3.11 --generate-hashes \
		--constraint constraints.txt --no-header --no-annotate --output-file requirements/core.txt
	@for name in run test check; do \
		$(BIN)/uv pip compile --quiet pyproject.toml requirements/build.in $$(case $$name in test) echo --extra test;; \
			check) echo --extra test --extra check;; esac) --universal --python-version 3.11 --generate-hashes \
			--constraint constraints.txt --no-header --no-annotate --output-file requirements/$$name.txt || exit 1; done

site: $(VENV)/site.stamp  ## build the documentation site into site/; warnings are errors
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo 'The documentation is in site/index.html'

dist: $(VENV)/dist.stamp  ## build wheel and sdist into dist/, check them, try them in clean environments
	@.ci/try-dist $(BIN)/python

coverage: $(VENV)/test.stamp  ## run these and the slow tests with coverage; fails below the floor of pyproject.toml
	@$(SAME_VERSION)
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(QUICKLY) -m 'not browser and not peers'
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --sort=cover

bench: $(VENV)/bench.stamp  ## measure accuracy and speed against other implementations
	@$(BIN)/python -m bench

clean:  ## remove everything the other targets created
	rm -rf $(VENV) .venv-* demo-library build dist site core/target .mypy_cache .ruff_cache .pytest_cache .hypothesis
