# Atelier's commands. `make` or `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.locked
ARGS   ?=

export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help
.PHONY: help setup check fix test test-all demo up bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv from the lock (every other command does this first)

$(STAMP): requirements.lock infra/bootstrap.lock infra/setup.sh pyproject.toml
	@PYTHON="$(PYTHON)" bash infra/setup.sh $(VENV)
	@touch $@

check: $(STAMP) ## format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(STAMP) ## format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(STAMP) ## the tests of every room, in minutes (ARGS="-k name" for some)
	$(BIN)/pytest -m "not slow" $(ARGS)

test-all: test ## and those that are slow and rare: kills, schedules, JAX, studies, several processes
	$(BIN)/pytest -m slow $(ARGS)

demo: $(STAMP) ## synthetic gallery to a served champion, in minutes
	$(BIN)/atelier demo $(ARGS)

up: $(STAMP) ## MLflow, Prefect, the API and the dashboard on this machine
	$(BIN)/atelier up $(ARGS)

bench: $(STAMP) ## measure what the README states
	$(BIN)/python -m tests.benchmarks $(ARGS)

lock: ## resolve the dependencies anew (needs the package index)
	@bash infra/lock.sh $(BIN)/uv

clean: ## remove what make made (never .atelier, where the runs are)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
