# make venv   its own virtual environment in .venv, with everything
# make run    compresses a face and shows it beside JPEG and HEVC (IMAGE=path for another picture)
# make test   runs the tests, on at most four cores (ARGS="-k rans" for some of them)
# make clean  removes caches and builds; make distclean removes .venv too

VENV := .venv
PYTHON := $(VENV)/bin/python
CONFIG := setup.cfg pyproject.toml

.PHONY: venv run test clean distclean

venv: $(VENV)/.installed-test

run: $(VENV)/.installed
	@$(PYTHON) -m tf_ipr.bin.demo $(if $(IMAGE),"--image=$(IMAGE)")

test: $(VENV)/.installed-test
	@$(PYTHON) -m pytest -q -n auto --maxprocesses=4 $(ARGS)

# A stamp for each set of packages: installation is repeated only when the configuration changes.
$(VENV)/.installed: $(CONFIG) | $(PYTHON)
	@echo "installing; the first time takes some minutes"
	@$(PYTHON) -m pip install --quiet --editable ".[all]"
	@touch $@

$(VENV)/.installed-test: $(CONFIG) | $(PYTHON)
	@echo "installing; the first time takes some minutes"
	@$(PYTHON) -m pip install --quiet --editable ".[all,test]"
	@touch $(VENV)/.installed $@

# A name may exist and not run (pyenv's shims), or lack ensurepip (Debian without python3-venv).
$(PYTHON):
	@for python in python3.11 python3.10 python3.9 python3 python; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 9) <= sys.version_info < (3, 12))' \
	      >/dev/null 2>&1; then \
	    echo "making $(VENV) with $$($$python --version)"; \
	    $$python -m venv $(VENV) && $(PYTHON) -m pip install --quiet --upgrade pip && exit 0; \
	    exit 1; \
	  fi; \
	done; \
	if command -v uv >/dev/null 2>&1; then uv venv --quiet --seed --python 3.11 $(VENV); else \
	  echo "Python 3.11, 3.10 or 3.9 is needed: install one with its venv module (Debian, Ubuntu:" \
	    "apt install python3.11-venv), or uv (https://docs.astral.sh/uv), which brings its own" >&2; \
	  exit 1; fi

clean:
	rm -rf build dist *.egg-info .pytest_cache .hypothesis
	find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
