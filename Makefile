# make demo: environment, requirements, demo workspaces, dashboard.   make test: everything that CI runs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A CPU image may set its own index or wheel folder through pip's usual configuration; nothing is set here.

.PHONY: demo test lint types bench screenshots browser clean help

help:
	@echo "make demo         environment, requirements, two demo workspaces, dashboard on localhost"
	@echo "make test         lint, types and all tests (brings a browser where it can)"
	@echo "make lint         ruff and mypy only"
	@echo "make bench        the measurements whose results are committed in benchmarks/results"
	@echo "make screenshots  drive the real dashboard and write the pictures in docs/screenshots"

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Galcore needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python cannot make an environment; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.requirements: requirements.txt $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.requirements-dev: requirements-dev.txt $(VENV)/.requirements
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.requirements
	$(BIN)/python -m galcore demo

browser: $(VENV)/.requirements-dev
	@$(BIN)/python tests/browser.py

test: $(VENV)/.requirements-dev lint browser
	$(BIN)/python tests/run.py

lint: $(VENV)/.requirements-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.requirements-dev
	$(BIN)/python -m benchmarks.run

screenshots: $(VENV)/.requirements-dev browser
	PYTHONPATH=. $(BIN)/python docs/screenshots/take.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
