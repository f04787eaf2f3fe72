# `make test` sets itself up and runs every check; `make demo` shows a whole round in seconds. Python 3.11 and make are enough;
# the tests want a C compiler and the headers of Python as well.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help test check unit servers bench demo wheel clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/' | expand -t 12

# What is compiled is compiled by the installation; when one of these changes, it is time for another.
COMPILED := hatch_build.py $(foreach name,board search tidy,service/talkcycle/planning/$(name).py service/talkcycle/planning/$(name).pxd)

.venv/demo: pyproject.toml $(COMPILED)
	@$(PYTHON) -c 'import sys; sys.exit("talkcycle needs Python 3.11 or newer; name one: make PYTHON=python3.11") if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/test: .venv/demo
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

test: .venv/test servers check ## format, lint, types, architecture and every test
	$(BIN)/pytest -n 2 --dist loadgroup

check: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: .venv/test ## the unit tests alone
	$(BIN)/pytest tests/unit -n 2 --dist loadgroup

servers: ## the mail servers and the browser that tests need, and the program that checks requests to Graph
	@scripts/ensure_test_servers.sh
	@$(PYTHON) tests/servers/prism_program.py

.venv/bench: .venv/test
	$(BIN)/python -m pip install --quiet --group bench
	@touch $@

bench: .venv/bench servers ## speed, and how good plans are, each beside a reference
	$(BIN)/python bench/run.py

demo: .venv/demo ## run the shipped example against a virtual clock and look at it
	$(BIN)/talkcycle simulate --config config --out demo

wheel: .venv/test ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## remove what was made here
	rm -rf .venv dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
