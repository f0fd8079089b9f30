# make venv   its own virtual environment in .venv, with everything
# make run    a face in 500 bytes beside other codecs, judged by a recogniser (IMAGE=path for another picture)
# make test   checks and tests, on at most four cores (ARGS="-k rans" for some of the tests)
# make web    the page in the browser, built into web/dist and served on localhost (PORT=8001 for another port)
# make wheel  the wheel in dist/
# make clean  removes caches and builds; make distclean removes the environments too

VENV := .venv
BASE := .venv-base
BEAM := .venv-beam
PYTHON := $(VENV)/bin/python
CONFIG := setup.cfg pyproject.toml
# What runs on the base install, and is formatted and typed.
GROUND := tf_ipr/format tf_ipr/files tf_ipr/runtime
GROUND_TESTS := tests/format tests/files tests/runtime
BEAM_TESTS := tests/pipeline tests/bin/pipeline_test.py

.PHONY: venv run test check test-base web wheel clean distclean

venv: $(VENV)/.installed-test

run: $(VENV)/.installed-demo
	@$(PYTHON) -m tf_ipr.bin.demo $(if $(IMAGE),"--image=$(IMAGE)")

test: check test-base
	@$(PYTHON) -m pytest -q -n auto --maxprocesses=4 $(ARGS)

# Imports point downhill, names exist, the ground floor is formatted and typed.
check: $(VENV)/.installed-test
	@$(VENV)/bin/lint-imports --no-cache >.lint.log || { cat .lint.log; exit 1; }
	@rm .lint.log
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check $(GROUND)
	@$(VENV)/bin/mypy

# The ground floor once more where TensorFlow cannot be had: the base install on the newest Python. Then the
# pipeline, in an environment of its own, for Beam has an older Pillow than the others.
test-base:
	@if [ -n "$(NEWEST)" ]; then \
	  $(MAKE) --no-print-directory $(BASE)/.installed $(BEAM)/.installed && \
	  echo "the ground floor on the base install, $$($(BASE)/bin/python --version)" && \
	  $(BASE)/bin/python -m pytest -q -p no:cacheprovider $(GROUND_TESTS) && \
	  echo "the pipeline on Beam" && \
	  $(BEAM)/bin/python -m pytest -q -p no:cacheprovider -n 2 $(BEAM_TESTS); \
	else echo "skipped: the base install (no Python 3.12 or newer with venv was found)"; fi

NEWEST = $(shell for python in python3.14 python3.13 python3.12 \
    $$(ls -dr $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.1[2-9]*/bin/python3 2>/dev/null); do \
  $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 \
    && echo $$python && break; done)

$(BASE)/.installed: $(CONFIG)
	@$(NEWEST) -m venv --clear $(BASE)
	@$(BASE)/bin/python -m pip install --quiet --editable ".[test_base]"
	@touch $@

$(BEAM)/.installed: $(CONFIG)
	@$(NEWEST) -m venv --clear $(BEAM)
	@$(BEAM)/bin/python -m pip install --quiet --editable ".[test_base,beam]"
	@touch $@

# Node.js 20 or newer. The page needs both halves of its model, which are shipped.
web: web/node_modules/.installed
	@cd web && node build.mjs && node serve.mjs --port=$(or $(PORT),8000)

web/node_modules/.installed: web/package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "make web needs Node.js 20 or newer with npm: https://nodejs.org" >&2; exit 1; }
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

wheel: $(VENV)/.installed-test
	@$(PYTHON) -m build --wheel

# A stamp for each set of packages: installation is repeated only when the configuration changes.
# Most of the demo's seconds are these; Python compiles what is imported, not all of TensorFlow's files.
$(VENV)/.installed-demo: $(CONFIG) | $(PYTHON)
	@echo "installing; the first time takes a minute or two"
	@$(PYTHON) -m pip install --quiet --quiet --no-compile --editable ".[demo]"
	@touch $@

$(VENV)/.installed-test: $(CONFIG) | $(PYTHON)
	@echo "installing; the first time takes some minutes"
	@$(PYTHON) -m pip install --quiet --editable ".[all,test]"
	@touch $(VENV)/.installed-demo $@

# A name may exist and not run (pyenv's shims), or lack ensurepip (Debian without python3-venv).
$(PYTHON):
	@for python in python3.11 python3.10 python3 python; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 12))' \
	      >/dev/null 2>&1; then \
	    echo "making $(VENV) with $$($$python --version)"; \
	    $$python -m venv $(VENV) && $(PYTHON) -m pip install --quiet --upgrade pip && exit 0; \
	    exit 1; \
	  fi; \
	done; \
	if command -v uv >/dev/null 2>&1; then uv venv --quiet --seed --python 3.11 $(VENV); else \
	  echo "For everything Python 3.11 or 3.10 is needed: install one with its venv module (Debian, Ubuntu:" \
	    "apt install python3.11-venv), or uv (https://docs.astral.sh/uv), which brings its own." \
	    "To code and decode, any Python from 3.10 on will do: pip install ." >&2; \
	  exit 1; fi

clean:
	rm -rf build dist web/dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path "./$(VENV)/*" -not -path "./$(BASE)/*" -not -path "./$(BEAM)/*" -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) $(BASE) $(BEAM) web/node_modules
