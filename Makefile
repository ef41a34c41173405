# Everything starts here. Needs Python 3.11 or later, git and make; the rest is put
# into .venv, from the hashed locks in requirements/.

VENV   ?= .venv
PYTHON ?= $(shell scripts/find-python)
ARGS   ?=
FILE   ?=
PROGRAMS ?= 10000
QUERIES  ?= $(PROGRAMS)0
STATE    ?= conformance.state.json

BIN  := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal
UV   := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv --no-progress
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml

# pyright and its Node.js come in wheels: it shall not ask the network for newer ones
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# the tests start hundreds of processes: none shall compile what another one has
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/bytecode

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo serve test coverage conformance bench format lock clean check \
	check-format check-lint check-imports check-types check-docs

help: ## show this list
	@echo "unitwork: one business operation, one unit of work. Try:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1#\2/p' $(MAKEFILE_LIST) | \
	while IFS='#' read -r target text; do printf '%-16s %s\n' "$$target" "$$text"; done

demo: $(VENV)/.demo ## import a messy file over HTTP; FILE=my.csv takes yours
	@$(BIN)/python -m examples.users.demo $(if $(FILE),--file "$(FILE)")
	@$(BIN)/python -m examples.allocation.demo

serve: $(VENV)/.demo ## run the example's API until Ctrl-C
	@$(BIN)/python -m examples.users.serve

test: $(VENV)/.test ## run the tests; ARGS="tests/unit -k scope" runs some
	@$(PYTEST) $(ARGS)

coverage: $(VENV)/.test ## run the tests traced: twice as long; fails below 95 % of branches
	@$(PYTEST) --cov $(ARGS)

conformance: $(VENV)/.test ## ask all storages PROGRAMS=1000000; Ctrl-C, then again, goes on
	@$(BIN)/python -m unitwork.testing.conformance --programs $(PROGRAMS) \
		--queries $(QUERIES) --state $(STATE) $(ARGS)

check: check-format check-lint check-imports check-types check-docs ## format, lint, import contracts, types, links

check-format: $(VENV)/.check
	$(BIN)/ruff format --check .

check-lint: $(VENV)/.check
	$(BIN)/ruff check .

check-imports: $(VENV)/.check
	$(BIN)/lint-imports --no-logo --no-cache

check-types: $(VENV)/.check
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

check-docs: $(VENV)/.check
	$(BIN)/python scripts/check_links.py
	$(BIN)/python scripts/check_readme.py

bench: $(VENV)/.test ## compare with others, side by side
	@$(BIN)/python -m benchmarks $(ARGS)

format: $(VENV)/.check ## format, and mend what ruff can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(BIN)/uv ## renew the locks from pyproject.toml; ARGS=--upgrade renews all
	$(LOCK) --all-extras --group check -o requirements/check.txt $(ARGS)
	$(LOCK) --all-extras --group test -c requirements/check.txt -o requirements/test.txt
	$(LOCK) --extra http --extra cli --extra taskiq --group demo -c requirements/check.txt -o requirements/demo.txt

clean: ## remove the environment and all caches
	rm -rf $(VENV) .coverage* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache build dist

# An environment is a stamp: made again only when its lock has changed.
$(VENV)/.%: requirements/%.txt pyproject.toml | $(BIN)/uv
	@echo "make: installing requirements/$*.txt into $(VENV)"
	@$(UV) pip install --quiet --require-hashes -r requirements/$*.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/uv: requirements/uv.txt
	@test -n "$(PYTHON)"
	@echo "make: creating $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "make: $(PYTHON) makes no environment: is it there, and has it venv?"; \
		echo "make: on Debian: apt-get install python3-venv"; \
		exit 1; } >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements/uv.txt
	@touch $@
