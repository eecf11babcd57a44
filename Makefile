# Needs make and Python 3.11 or later with venv. Where uv is installed it is used, and brings Python itself.
# `make help` lists the targets. Options: make test TESTS=tests/history WORKERS=4, make demo DEMO="--seed 11",
# make setup PYTHON=/path/to/python3.12.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
WORKERS ?= 2
UV := $(shell command -v uv 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
ifdef UV
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
INSTALL := $(UV) pip install
else
# An environment made by uv, or cut short while being made, has no pip yet.
INSTALL := ($(PY) -m pip --version || $(PY) -m ensurepip) >/dev/null 2>&1; $(PY) -m pip install --quiet
endif

.DEFAULT_GOAL := help
.PHONY: help setup core demo test test-long soak check warm bench sizes docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/dev.done ## everything to work on Holdfast, into .venv

core: $(VENV)/core.done ## what running Holdfast needs, into .venv

demo: core ## a paper account that is killed in the middle of a grid, and comes back
	@$(BIN)/holdfast demo $(DEMO)

test: check warm ## the quick tier: style, types, layers, tests (under 15 minutes on two cores)
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal -rs $(TESTS)

test-long: check warm ## the quick tier and the long tests (hours)
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal -rs -m "(long or not long) and not soak" $(TESTS)

soak: check warm ## a night: 20,000 simulated days of faults
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal -rs -m soak $(TESTS)

check: setup ## style, types and the direction of imports; runs nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Compile the core once, before two test workers would each do it for themselves.
warm: setup
	@$(PY) -c "from holdfast.records import compiled; from holdfast.records.kernel import is_cached; \
	from holdfast.simulator.loop import run; from holdfast.engine.envelope import apply_envelope; \
	is_cached() or print('Compiling the core, once for each version of it: up to a minute.', flush=True); \
	compiled(run); compiled(apply_envelope)"

bench: setup ## measure against other engines on the same bars and print the table
	@PYTHON=$(PY) benchmarks/peers/setup.sh
	@$(PY) benchmarks/peers/run.py
	@for script in $(filter-out %/holdfast_ma_cross.py,$(wildcard benchmarks/holdfast_*.py)); do \
		$(PY) $$script || exit 1; done
	@$(PY) benchmarks/table.py benchmarks/results/*.json

sizes: setup ## the longest functions and files, for a person to judge
	@$(PY) tools/sizes.py

docs: setup ## the documentation, into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The documentation is in $(CURDIR)/site/index.html"

clean: ## remove the environment and everything generated
	@rm -rf $(VENV) site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: made once, installed again only when pyproject.toml has changed.
$(VENV)/core.done: pyproject.toml | $(PY)
	@echo "Installing Holdfast into $(VENV): a minute or two, about 700 MB."
	@$(INSTALL) -e .
	@touch $@

$(VENV)/dev.done: pyproject.toml | $(PY)
	@echo "Installing Holdfast and its tools into $(VENV): a minute or two, about 1 GB."
	@$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/core.done

define SAY_PYTHON
Holdfast needs Python 3.11 or later, and none was found as python3, python3.13, python3.12 or python3.11.
Install one (Debian: apt install python3 python3-venv; macOS: brew install python@3.13), or uv, which brings its own
(https://docs.astral.sh/uv), or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)
endef
define SAY_VENV
This Python cannot make virtual environments: its venv or ensurepip module is missing.
On Debian or Ubuntu: apt install python3-venv. Or install uv (https://docs.astral.sh/uv) and run make again.
endef
export SAY_PYTHON SAY_VENV
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

$(PY):
ifdef UV
	@$(UV) venv --quiet --allow-existing --python '>=3.11' $(VENV)
else
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		"$$python" -c '$(NEW_ENOUGH)' 2>/dev/null && found=$$python && break; done; \
	if [ -z "$$found" ]; then printf '%s\n' "$$SAY_PYTHON" >&2; exit 1; fi; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then printf '%s\n' "$$SAY_VENV" >&2; exit 1; fi; \
	"$$found" -m venv $(VENV)
endif
