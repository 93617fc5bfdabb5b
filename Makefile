# Every target makes its own .venv: nothing has to be installed by hand.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help bench test coverage fuzz lint docs clean

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
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

coverage: $(READY)  ## the lines and branches that the tests reach, child processes too, under .coverage-html; an hour on one core
	OMP_NUM_THREADS=1 $(BIN)/python -m coverage run -m pytest -p no:cacheprovider
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage html -q
	$(BIN)/python -m coverage report --skip-covered

FUZZ ?= 5000

fuzz: $(READY)   ## the fuzzers of files, FUZZ examples each: minutes
	OMP_NUM_THREADS=1 ROBUSTGEN_FUZZ=$(FUZZ) $(BIN)/python -m pytest --timeout 3600 tests/hostile

docs: $(READY)   ## the site, under docs/_build/html; a warning is an error
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	OMP_NUM_THREADS=1 $(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

clean:           ## remove the environment, the raw runs and the built site
	rm -rf $(VENV) .coverage* reports/runs docs/_build docs/api/generated docs/auto_gallery
