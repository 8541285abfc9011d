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

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp
BENCH := $(VENV)/bench.stamp
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

.PHONY: check
check: lint types imports generated policies ## Run every check that is not a test

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

.PHONY: generated
generated: $(DEV) ## See that generated text is what would be generated now
	$(BIN)/python docs/generate.py --check

.PHONY: generate
generate: $(DEV) ## Write the generated text anew
	$(BIN)/python docs/generate.py

.PHONY: policies
policies: $(RUN) ## Check the shipped policies and run their own tests
	$(BIN)/policyscan test

# --- the rest -----------------------------------------------------------------------------------

.PHONY: hooks
hooks: $(DEV) ## Install the git hooks of this checkout
	$(BIN)/pre-commit install

.PHONY: dist
dist: $(DEV) ## Build the sdist and the wheel into dist/
	$(BIN)/python -m hatchling build

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
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf $(TOOLS) $(DATA) tests/.tools

# --- the environment ----------------------------------------------------------------------------

# pip from the machine may be too old to know dependency groups, so the environment gets its own.
$(VENV)/pip.stamp:
	@test -n "$(PYTHON)" || { echo "policyscan needs Python 3.11 or newer with its venv module" \
		"(Debian and Ubuntu: apt-get install python3-venv), or make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

$(RUN): pyproject.toml $(VENV)/pip.stamp
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV): pyproject.toml $(RUN)
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(BENCH): pyproject.toml $(RUN)
	-$(BIN)/python -m pip install --quiet --group bench
	@touch $@

$(TOOLS)/node.stamp: benchmarks/package.json
	@mkdir -p $(TOOLS)
	cp benchmarks/package.json $(TOOLS)/
	-cd $(TOOLS) && npm install --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@
