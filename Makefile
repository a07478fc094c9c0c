# The two commands a newcomer needs: `make lab` opens the course, `make test` tests it. Both install into .venv first.
# Another Python: make lab PYTHON=python3.12      Flags for JupyterLab: make lab LAB_ARGS="--port=9000"

PYTHON ?=
LAB_ARGS ?=
ONLY ?=
VENV := .venv
BIN := $(VENV)/bin
ONLY_FLAG := $(if $(ONLY),--only $(ONLY))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help lab test notebooks solutions doctor bench clean
.DEFAULT_GOAL := help

help:
	@echo "make lab         install, and open the course in JupyterLab     (LAB_ARGS=\"--port=9000\" goes to JupyterLab)"
	@echo "make test        install, and test everything"
	@echo "make doctor      is this machine ready?"
	@echo "make notebooks   write notebooks/ from solutions/               (ONLY=\"00 01\"; FORCE=1 moves notebooks you worked in aside)"
	@echo "make solutions   run solutions/ and store the outputs, then write notebooks/"
	@echo "make bench       measure against published numbers              (BENCH_ARGS=…)"
	@echo "make clean       remove what was installed and cached, not your notebooks"
	@echo "make … PYTHON=python3.12 chooses the Python that .venv is made with"

lab: $(VENV)/.lab
	@$(BIN)/python -m course_lib lab $(LAB_ARGS)

test: $(VENV)/.dev
	@$(BIN)/python tests/everything.py

doctor: $(VENV)/.lab
	@$(BIN)/python -m course_lib doctor

notebooks: $(VENV)/.lab
	@$(BIN)/python -m course_lib notebooks build $(ONLY_FLAG) $(if $(FORCE),--force)

solutions: $(VENV)/.lab
	@$(BIN)/python -m course_lib notebooks execute $(ONLY_FLAG)
	@$(BIN)/python -m course_lib notebooks build $(ONLY_FLAG)

bench: $(VENV)/.dev
	@OMP_NUM_THREADS=1 $(BIN)/python -m course_lib bench $(BENCH_ARGS)

clean:
	rm -rf $(VENV) build dist artefacts *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +

# ---- installation. A file in .venv says what is installed, so that the second call costs nothing; a changed pyproject.toml installs again.

$(VENV)/.lab: pyproject.toml | $(BIN)/python
	@echo "Installing the course into $(VENV): torch is large, the first time takes minutes."
	@[ -t 1 ] || quiet=-q; $(BIN)/python -m pip install $$quiet -e . || { $(PIP_FAILED); exit 1; }
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing the course and its tests into $(VENV): torch is large, the first time takes minutes."
	@[ -t 1 ] || quiet=-q; $(BIN)/python -m pip install $$quiet -e '.[dev]' || { $(PIP_FAILED); exit 1; }
	@touch $(VENV)/.lab $@

# The first Python of 3.11 or newer that can make environments.
$(BIN)/python:
	@set -e; found=; old=; bare=; \
	for python in $(if $(PYTHON),'$(PYTHON)',python3 python3.13 python3.12 python3.11 python); do \
	  version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { old="$$old $$python ($$version)"; continue; }; \
	  "$$python" -c 'import venv, ensurepip' 2>/dev/null || { bare="$$bare $$version"; continue; }; \
	  found=$$python; break; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "make: the course needs Python 3.11 or newer$(if $(PYTHON), (PYTHON=$(PYTHON)))." >&2; \
	  [ -z "$$old" ] || echo "  Too old:$$old. Install a newer one (python.org, or your system's packages), or name it: make lab PYTHON=/path/to/python3.12" >&2; \
	  for version in $$bare; do echo "  Python $$version is here without venv. On Debian and Ubuntu: sudo apt install python$$version-venv" >&2; done; \
	  [ -n "$$old$$bare" ] || echo "  None was found. Install it from python.org or your system's packages." >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$found ($$version)"; \
	"$$found" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

PIP_FAILED = echo "make: the installation failed; the lines above say why. No network? A newer Python than torch knows? Then: make clean, make lab PYTHON=python3.12" >&2
