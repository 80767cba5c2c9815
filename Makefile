# Everything needs only Python 3.11 and make. Packages come from requirements.lock, hashes checked.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: install run test slow soak lint format lock clean

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

run: install  ## the pipeline on real data, in a workspace of its own
	$(BIN)/recpipe run --workspace workspace-demo --source complete-journey

BESIDE := --numprocesses auto --dist loadfile

# in the order of their names: the files with the fewest tests would come last, and these take longest
test: install  ## unit tests and one end-to-end run, a process a core
	$(BIN)/python -m pytest $(BESIDE) --no-loadscope-reorder

slow: install  ## the tests that take minutes, two at a time
	$(BIN)/python -m pytest -m slow $(BESIDE)

soak: install  ## each stage interrupted fifty times
	RECPIPE_INTERRUPTIONS=50 $(BIN)/python -m pytest -m slow tests/run/test_run_interruptions.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout --keep-id notebooks/*.ipynb

lock: install  ## names, versions and hashes only: no address of a registry
	$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --extra dev \
	  --no-annotate --no-header --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) workspace-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
