# Everything a checkout needs, with nothing but make and Python 3.11 or newer on the machine:
# each target first brings the environment (.venv) up to what pyproject.toml declares, once.

.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules

# The first Python that is new enough; `make PYTHON=/path/to/python3 …` names another.
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(shell for python in $(CANDIDATES); do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)

# Windows calls the folder of an environment's commands otherwise.
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
VENV := .venv
BIN := $(VENV)/$(SCRIPTS)
RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp
BENCH := $(VENV)/bench.stamp
RELEASE := $(VENV)/release.stamp
TOOLS := benchmarks/.tools
DATA := benchmarks/.data
N ?= 1000
ARGS ?=

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- what people want ---------------------------------------------------------------------------

# The shipped inventories have findings on purpose. Here the findings are the product, not a failure
# of make, so --exit-zero turns "there are findings" into 0; what could not be evaluated still fails.
# They tell of one day, and a scan of a later one would find them stale: ARGS="--as-of …" asks for it.
.PHONY: scan
scan: $(RUN) ## Check the shipped inventories (ARGS="…" adds options)
	$(BIN)/policyscan scan --as-of 2026-10-31 --exit-zero $(ARGS)

.PHONY: test
test: $(DEV) ## Run every test, and list the ten slowest (ARGS="…" goes to pytest)
	$(BIN)/pytest -n auto --dist worksteal --durations=10 $(ARGS)

# Each in an environment of its own, made anew: what is installed there is the point.
.PHONY: test-latest
test-latest: ## Run every test with the newest releases of everything (ARGS="…" goes to pytest)
	$(PYTHON) -m venv --clear .venv-latest
	.venv-latest/$(SCRIPTS)/python $(INSTALL) --upgrade pip
	.venv-latest/$(SCRIPTS)/python $(INSTALL) --editable . --group test
	.venv-latest/$(SCRIPTS)/python -m pip list --disable-pip-version-check
	.venv-latest/$(SCRIPTS)/python -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: test-oldest
test-oldest: ## Run every test with the lowest releases that pyproject.toml names (ARGS="…" goes to pytest)
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/$(SCRIPTS)/python $(PINNED) requirements/oldest.txt
	.venv-oldest/$(SCRIPTS)/python $(ITSELF)
	.venv-oldest/$(SCRIPTS)/python -m pip list --disable-pip-version-check
	.venv-oldest/$(SCRIPTS)/python -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: check
check: lint types imports workflows generated policies ## Run every check that is not a test

.PHONY: format
format: $(DEV) ## Format the code and mend what can be mended safely
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# --- the parts of `make check` ------------------------------------------------------------------

.PHONY: lint
lint: $(DEV) ## Lint, and see that the code is formatted
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: types
types: $(DEV) ## Check the types, strictly
	$(BIN)/mypy
	$(BIN)/mypy docs
	$(BIN)/mypy benchmarks

.PHONY: imports
imports: $(DEV) ## Check which module imports which
	$(BIN)/lint-imports --no-logo

.PHONY: workflows
workflows: $(DEV) ## Audit what runs on GitHub
	$(BIN)/zizmor --offline --no-progress --quiet --persona pedantic .github action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

.PHONY: generated
generated: $(DEV) ## See that generated text is what would be generated now
	$(BIN)/python docs/generate.py --check

.PHONY: generate
generate: $(DEV) ## Write the generated text anew
	$(BIN)/python docs/generate.py

.PHONY: policies
policies: $(RUN) ## Check the shipped policies and run their own tests
	$(BIN)/policyscan test
	$(BIN)/python -m tests.policies.looking

# --- the rest -----------------------------------------------------------------------------------

.PHONY: hooks
hooks: $(DEV) ## Install the git hooks of this checkout
	$(BIN)/pre-commit install

.PHONY: dist
dist: $(RELEASE) ## Build the sdist and the wheel into dist/, and check them
	rm -rf dist
	$(BIN)/python -m hatchling build
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

# Needs Node's npm: two of the peers are npm packages. A peer that is not there is left out.
.PHONY: bench
bench: $(BENCH) $(TOOLS)/node.stamp ## Measure policyscan and its peers on N generated inventories (N=1000)
	$(BIN)/python benchmarks/generate.py $(N) $(DATA)/$(N)
	$(BIN)/python benchmarks/peers.py $(DATA)/$(N) --tools $(TOOLS)
	$(BIN)/python benchmarks/cold_start.py

.PHONY: multitool
multitool: ## Install Microsoft's SARIF Multitool, which tests use where it is (needs npm, 100 MB)
	npm install --prefix tests/.tools --no-audit --no-fund --loglevel=error @microsoft/sarif-multitool-linux@5.7.0

.PHONY: clean
clean: ## Remove the environment and everything that was built
	rm -rf $(VENV) .venv-latest .venv-oldest build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf $(TOOLS) $(DATA) tests/.tools

# --- the environment ----------------------------------------------------------------------------

# Everything comes from requirements/, pinned with hashes (docs/adr/0011-pinned.md). Any pip reads such files, so
# that the one that Python brings along is enough. The project itself is installed as what it is: its own files,
# with a build backend that is pinned, too.
INSTALL := -m pip install --quiet --disable-pip-version-check
PINNED := $(INSTALL) --require-hashes --requirement
ITSELF := $(INSTALL) --no-deps --no-build-isolation --editable .

$(VENV)/venv.stamp:
	@test -n "$(PYTHON)" || { echo "policyscan needs Python 3.11 or newer with its venv module" \
		"(Debian and Ubuntu: apt-get install python3-venv), or make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN): pyproject.toml requirements/run.txt $(VENV)/venv.stamp
	$(BIN)/python $(PINNED) requirements/run.txt
	$(BIN)/python $(ITSELF)
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(BIN)/python $(PINNED) requirements/dev.txt
	@touch $@

$(RELEASE): requirements/release.txt $(RUN)
	$(BIN)/python $(PINNED) requirements/release.txt
	@touch $@

$(BENCH): requirements/bench.txt $(RUN)
	-$(BIN)/python $(PINNED) requirements/bench.txt
	@touch $@

# UPGRADE= (with nothing after it) keeps the versions that still fit pyproject.toml. What uv was told of this machine,
# such as a mirror, must not get into the files: they hold names, versions and hashes, and no address.
UPGRADE ?= --upgrade
COMPILE = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.PHONY: lock
lock: $(VENV)/venv.stamp ## Pin anew what is installed (UPGRADE= keeps the versions that still fit)
	$(BIN)/python $(PINNED) requirements/lock.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev --output-file requirements/dev.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --constraint requirements/dev.txt --output-file requirements/run.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --group release --constraint requirements/dev.txt \
		--output-file requirements/release.txt
	$(COMPILE) $(UPGRADE) --group lock --output-file requirements/lock.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --group test --resolution lowest-direct --output-file requirements/oldest.txt

$(TOOLS)/node.stamp: benchmarks/package.json
	@mkdir -p $(TOOLS)
	cp benchmarks/package.json $(TOOLS)/
	-cd $(TOOLS) && npm install --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@
