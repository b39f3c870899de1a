# Thin targets: everything is done with Python's own venv and pip, in .venv.
# Another interpreter: make PYTHON=python3.13 clean test

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo desk test check rules contract async queries schema public site pictures clean

demo: .venv/.done  ## a help desk at work, in a folder named demo
	$(BIN)/helpdesk-core demo

desk: .venv/.desk  ## the same company as a web application, at http://127.0.0.1:8000
	$(BIN)/python -m uvicorn --app-dir examples --factory desk.app:make

test: .venv/.done  ## the whole suite, except what is marked `long`, on up to four processors
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal

check: .venv/.done  ## style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

rules: .venv/.done  ## write docs/rules.md anew from the tests
	$(BIN)/python tests/rules.py

contract: .venv/.done  ## run the conformance kit, and write docs/contract.md anew from what it shows
	$(BIN)/python tests/contract.py

async: .venv/.done  ## write the asynchronous ports and use-cases anew from the plain ones
	$(BIN)/python tests/asynchronous.py

queries: .venv/.done  ## count the queries over Django, and write docs/django-queries.md anew
	$(BIN)/python tests/django_queries.py

schema: .venv/.done  ## write docs/schema.json anew from the classes
	$(BIN)/python tests/schema.py

public: .venv/.done  ## write down anew what is public
	$(BIN)/python tests/test_public_names.py

site: .venv/.done  ## the documentation as a site, in build/site
	$(BIN)/python -m sphinx -q -W --keep-going -b html -c docs -d build/pages . build/site

pictures: .venv/.done  ## draw the pictures of the documentation anew
	$(BIN)/python tests/pictures.py

clean:  ## remove everything that these targets made
	rm -rf .venv build dist demo desk .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
	find src tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.done: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "helpdesk_core needs Python 3.11 or newer, and '$(PYTHON)' is not:" \
			"try 'make PYTHON=python3.12 $(MAKECMDGOALS)'." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv/.desk: .venv/.done
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[desk]'
	@touch $@
