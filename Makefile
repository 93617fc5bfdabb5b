# Every target makes its own .venv: nothing has to be installed by hand.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help bench test lint clean

help:            ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

bench: $(READY)  ## the corruption benchmark at 30 %, with its report under reports/runs/quick
	$(BIN)/robustgen bench --corruption 0.3

lint: $(READY)   ## style, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint       ## lint, types, import layers, doctests and tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

clean:           ## remove the environment and the raw runs
	rm -rf $(VENV) reports/runs
