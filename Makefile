# Every target sets up what it needs: a machine with Python 3.11+ and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_SHELL_ENV := MPLBACKEND=Agg
# Tests that coverage is measured with
COVERED := tests/core tests/glm tests/oracle tests/properties tests/contracts src/boldglm/core src/boldglm/glm
# What the package is built from besides Python: the viewer of the reports
BUILT_FROM := pyproject.toml hatch_build.py $(wildcard viewer/*.js viewer/*.json viewer/*.mjs)

.PHONY: help demo test test-slow coverage mutants check format examples docs bench \
	bench-fast bench-all bench-check bench-page calibration fuzz clean
.DEFAULT_GOAL := help

help: ## Show the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Simulate a two-run data set, analyse its files, show where the maps are
	@$(BIN)/boldglm demo --out boldglm-demo

test: $(VENV)/.installed-dev ## Run the test suite and the doctests
	$(TEST_SHELL_ENV) $(BIN)/python -m pytest -n auto -m "not slow"

test-slow: $(VENV)/.installed-dev ## Run the long statistical tests
	$(TEST_SHELL_ENV) $(BIN)/python -m pytest -n auto -m slow tests

coverage: $(VENV)/.installed-dev ## Run the tests of core/ and glm/, and see that they reach 95 % of lines and branches
	$(BIN)/python -m coverage erase
	$(TEST_SHELL_ENV) $(BIN)/python -m coverage run -m pytest -n auto -m "not slow" $(COVERED)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m tools.coverage_check coverage.json

mutants: $(VENV)/.installed-dev ## Break modules of core/ on purpose (MODULES="gls lags"; all: an hour or two)
	$(TEST_SHELL_ENV) $(BIN)/python -m tools.mutate $(MODULES) --out mutants.jsonl

check: $(VENV)/.installed-dev ## Lint, layers, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## Rewrite the sources in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

examples: $(VENV)/.installed ## Run the scripts of the gallery on simulated data, keep the figures
	$(BIN)/python tools/run_examples.py --out examples-output

docs: $(VENV)/.installed-docs ## Build the documentation with its gallery, and check it
	$(TEST_SHELL_ENV) $(BIN)/python -m sphinx -W --keep-going -n -q -b html \
		-d docs/_build/doctrees docs docs/_build/html
	$(BIN)/python docs/_ext/check_site.py docs/_build/html

bench: $(VENV)/.installed-dev ## Time against nilearn, alternating, on the same data: all that has a target
	$(TEST_SHELL_ENV) $(BIN)/python -m benchmarks.run

bench-fast: $(VENV)/.installed-dev ## The same and more on small data, in three minutes: a smoke test
	$(TEST_SHELL_ENV) $(BIN)/python -m benchmarks.run --fast

bench-all: $(VENV)/.installed-dev ## Time noise models, small regions and every function of images, too
	$(TEST_SHELL_ENV) $(BIN)/python -m benchmarks.run --all

bench-page: $(VENV)/.installed-dev ## Write what was measured into docs/benchmarks.md, and draw it
	$(TEST_SHELL_ENV) $(BIN)/python -m benchmarks.benchmarks_page

bench-check: $(VENV)/.installed-dev ## Fail if we have become slower by more than a quarter
	$(TEST_SHELL_ENV) $(BIN)/python -m benchmarks.check

calibration: $(VENV)/.installed-dev ## Measure how often noise models find what is not there
	$(TEST_SHELL_ENV) $(BIN)/python -m benchmarks.calibration

fuzz: $(VENV)/.installed-dev ## Throw damaged files and expressions at their readers (SECONDS=20 for each)
	$(TEST_SHELL_ENV) $(BIN)/python tools/fuzz.py --seconds $(or $(SECONDS),20)

clean: ## Remove the virtual environment and what the tools left
	rm -rf $(VENV) .coverage .coverage.* coverage.json mutants.jsonl \
		boldglm-demo build dist .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache fuzz-found examples-output examples/results \
		examples/simulated-data docs/_build docs/gallery docs/made docs/news.md \
		docs/reference viewer/node_modules src/boldglm/reporting/viewer

# A stamp per kind of installation, redone when the metadata change.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "boldglm needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python $(BUILT_FROM)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python $(BUILT_FROM)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: $(BIN)/python $(BUILT_FROM)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@ $(VENV)/.installed
