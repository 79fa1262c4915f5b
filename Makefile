# make demo       fit, sample and report on a real table (first run: sets up .venv with the core only)
# make test       style, types, import rules, quick tests
# make test-all   the same, plus slow tests, documentation and notebooks
# make test-pandas3  the quick tests under pandas 3, in an environment of its own (sdmetrics holds the other at 2)
# make docs       build the documentation into docs/_build/html
# make bench      twin beside its peers, each in its own environment
# make lock       pin the newest versions anew in constraints.txt (needs uv)
# make clean      remove the environment and everything that was built
#
# PYTHON=python3.13 picks another interpreter (3.11 or newer) when .venv is first made.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# Byte code is written on first import: most of what the packages bring is never imported.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-compile -c constraints.txt

.PHONY: demo test test-all test-pandas3 lint quick docs bench lock clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.core
	$(BIN)/twin demo

test: lint quick

test-all: test $(VENV)/.docs
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m slow
	$(MAKE) docs
	$(BIN)/python -m pytest --nbmake notebooks -W ignore

test-pandas3: $(VENV)-pandas3/.test
	OMP_NUM_THREADS=1 $(VENV)-pandas3/bin/python -m pytest -n 2 --dist loadfile -m "not slow" tests

$(VENV)-pandas3/.test: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)-pandas3
	$(subst $(VENV)/,$(VENV)-pandas3/,$(PIP)) -e '.[test]'
	$(VENV)-pandas3/bin/python -m pip -qqq install --no-compile 'pandas>=3,<4'
	@touch $@

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tests and the examples in the docstrings of the package. Two workers on two cores: more threads in each
# would only wait for one another. All tests of a file go to one worker, so that what they share is made once.
quick: export OMP_NUM_THREADS = 1
quick: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" --doctest-modules tests twin

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

bench: $(VENV)/.core
	$(BIN)/python -m benchmarks

# Each stamp is newer than the files that say what to install, so that nothing is installed twice.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "twin needs Python 3.11 or newer: name one with  make PYTHON=python3.13 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/.made
	$(PIP) -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/.made
	$(PIP) -e '.[test]'
	@touch $(VENV)/.core $@

$(VENV)/.docs: $(VENV)/.test
	$(PIP) -e '.[docs]'
	@touch $@

# torch is held at one version; the CUDA packages that it needs on some machines it pins itself.
lock:
	echo 'torch==2.13.0' | uv pip compile --universal --all-extras --python-version 3.11 --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header --quiet pyproject.toml --constraint - \
	  | grep -vE '^(cuda|nvidia|triton)' > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) $(VENV)-pandas3 build dist twin-demo docs/_build docs/jupyter_execute .mypy_cache .pytest_cache \
	  .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
