# Two commands on a fresh machine with Python 3.11+: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTED := $(VENV)/.spark

# Without kept bytecode every start of a command compiles its libraries anew, which takes longer than to run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test lint bench lock clean

setup: $(STAMP)

# uv installs the locked, hashed requirements in seconds; pip only brings uv. The provider that tests sign in
# with has an environment of its own: its package brings a `tests` that would hide ours.
$(STAMP): requirements.lock pyproject.toml tests/oidc_provider.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.8'
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/provider
	$(BIN)/uv pip install --quiet --python $(VENV)/provider/bin/python --require-hashes -r tests/oidc_provider.lock
	touch $(STAMP)

# Spark is 400 MB, which the demo bank does without: only tests and what reads all code want it.
$(TESTED): $(STAMP) tests/spark.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r tests/spark.lock
	touch $(TESTED)

demo: setup
	$(BIN)/branchmark demo

# Two processes more than most machines that run this have cores: many tests wait for servers and browsers. They
# share the cores, so each has one thread of Polars, which saves a fifth; where it matters tests ask for more.
test: setup $(TESTED)
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder --durations 40

lint: setup $(TESTED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyrefly check
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/dg check defs

bench: setup
	$(BIN)/python -m benchmarks

lock: setup
	$(BIN)/uv pip compile pyproject.toml --group dev --extra postgresql --extra connectorx --extra celery --universal --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --quiet --custom-compile-command 'make lock' -o requirements.lock
	$(BIN)/uv pip compile tests/oidc_provider.in --universal --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --quiet --custom-compile-command 'make lock' -o tests/oidc_provider.lock
	$(BIN)/uv pip compile tests/spark.in --universal --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --quiet --custom-compile-command 'make lock' -o tests/spark.lock

clean:
	rm -rf $(VENV) demo-bank
