# Everything a person types. Each target makes the environment first (tools/bootstrap.sh; instant when nothing changed).
.DEFAULT_GOAL := help
.PHONY: help setup run test test-heavy test-year test-soak test-crash airflow check format docs bench bench-match setup-spark test-spark lock \
	lock-check clean
.DELETE_ON_ERROR:

PYTHON ?=
PROJECT ?= demo
RESIDENTS ?=
COMMUNITIES ?=
SEED ?=
ARGS ?=
BIN := .venv/bin
export PYTHON
# A run is many short processes: let them keep what they compile, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

options = --project $(PROJECT) $(if $(SEED),--seed $(SEED)) $(if $(RESIDENTS),--residents $(RESIDENTS)) $(if $(COMMUNITIES),--communities $(COMMUNITIES)) $(ARGS)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  options: PROJECT=demo SEED=n RESIDENTS=6000 COMMUNITIES=60 ARGS='...' PYTHON=python3.12"

setup: ## make or refresh the environment in .venv
	@tools/bootstrap.sh

run: setup ## a province, the whole flow on it, the outcome on one screen
	@$(BIN)/liandao demo $(options)

test: setup ## every test
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-heavy: setup ## suites of minutes: a year, Spark, the wheel, other versions; ARGS='wheel lowest' for some of them
	@$(BIN)/python tools/heavy.py $(ARGS)

test-year: setup ## 365 nights of matching on a small province (about two minutes)
	@$(BIN)/python -m pytest tests/year/year.py -q -s -n0 $(ARGS)

test-soak: setup ## thirty nights of faults and kills beside thirty quiet ones (about eight minutes)
	@SOAK_NIGHTS=30 $(BIN)/python -m pytest tests/soak/soak.py -q -s -n0 $(ARGS)

test-crash: setup ## a night killed, refused and out of room at every point, and a thousand kills anywhere; ARGS='--seed 7'
	@$(BIN)/python -m tests.crash.campaign $(ARGS)

airflow: setup ## Airflow on loopback with the DAGs, on the same province; Ctrl-C ends it
	@exec $(BIN)/python tools/run_airflow.py $(options)

check: setup ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## sort imports and apply ruff's safe fixes
	@$(BIN)/ruff check --fix .

docs: setup ## write the generated pages of docs/ anew
	@$(BIN)/python tools/make_docs.py

bench: setup ## side-by-side measurements of benchmarks/
	@set -e; for path in benchmarks/bench_*.py; do \
		name=$$(basename $$path .py); echo "== $$name"; $(BIN)/python -m benchmarks.$$name $(ARGS); \
	done

bench-match: ## matching side by side with Splink, in environments of its own; ARGS='--set residents --size 100000'
	@tools/bootstrap.sh bench
	@.venv-bench/bin/python -m benchmarks.match $(ARGS)

setup-spark: ## make or refresh the environment of the Spark engine in .venv-spark, with a Java of its own
	@tools/bootstrap.sh spark

test-spark: setup-spark ## that Spark finds what one machine finds, to the record
	@.venv-spark/bin/python -m pytest tests/spark -p no:cacheprovider -n0 $(ARGS)

lock: ## resolve the dependencies anew into requirements/
	@tools/lock.sh

lock-check: ## install what is locked for every Python and processor it is for, into a folder thrown away (some minutes)
	@tools/lock.sh check

clean: ## remove caches and what was built; homes and the environment stay
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
