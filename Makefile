# What developers do. `make` or `make help` lists it.
VENV ?= .venv
PYTHON ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/.installed ## Run a server with a database of its own. PORT=8000, VAR=var.
	@exec $(BIN)/authserver dev --end-with-parent

.PHONY: test
test: $(VENV)/.installed ## Run the tests, against real servers of their own. ARGS="-k name".
	@exec $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

# A black box script that tries what the server is for; it knows the address and the command line.
ACCEPTANCE ?= ../shared/acceptance/main_job.py

.PHONY: acceptance
acceptance: $(VENV)/.installed ## Try the main job on a server started by `make run`. ACCEPTANCE=script.
	@exec .ci/acceptance $(ACCEPTANCE)

# What the benchmarks take, each in words of their own: .venv/bin/python -m benchmarks run --help
BENCH := ROUNDS SECONDS ONLY SESSIONS USERS CONNECTIONS SERVER WORKERS THREADS JSON PEER

.PHONY: bench
bench: $(VENV)/.installed ## Measure what each request costs. ONLY=refresh SERVER=granian JSON=path PEER=1.
	@exec $(BIN)/python -m benchmarks run $(foreach name,$(BENCH),$(if $($(name)),--$(name) '$($(name))'))

.PHONY: promises
promises: $(VENV)/.installed ## Keep the promises, and write docs/operations/promises.md. ONLY="R1 R2".
	@exec $(BIN)/python -m tests.promises $(ONLY)

.PHONY: bench-compare
bench-compare: $(VENV)/.installed ## Set two results of `make bench` side by side. A=a.json B=b.json.
	@exec $(BIN)/python -m benchmarks compare '$(A)' '$(B)'

.PHONY: check
check: $(VENV)/.installed ## Check style, types, floors, and for known mistakes.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/shellcheck deploy/backup/*.sh
	$(BIN)/bandit --quiet --recursive --severity-level medium --confidence-level medium authserver

.PHONY: migration
migration: $(VENV)/.installed ## Write the migration that the models need. NAME="add devices".
	@test -n "$(NAME)" || { echo 'Say what it does: make migration NAME="add devices"' >&2; exit 2; }
	@exec $(BIN)/authserver migration "$(NAME)"

.PHONY: reference
reference: $(VENV)/.installed ## Write the generated pages of docs/reference anew.
	@$(BIN)/python -c 'from authserver.cli.reference import settings_reference as page; print(page(), end="")' \
		> docs/reference/settings.md
	@$(BIN)/authserver openapi > docs/reference/openapi.json

CATALOGUES := authserver/web/translations
.PHONY: translations
translations: $(VENV)/.installed ## Bring the catalogues of the pages up to date. Run it again after translating.
	@$(BIN)/pybabel -q extract -F $(CATALOGUES)/extraction.cfg -k _ --no-location --omit-header \
		-o $(CATALOGUES)/messages.pot authserver/web
	@$(BIN)/pybabel -q update -i $(CATALOGUES)/messages.pot -d $(CATALOGUES) \
		--omit-header --no-fuzzy-matching --ignore-obsolete --width 96
	@$(BIN)/pybabel -q compile --use-fuzzy -d $(CATALOGUES)
	@rm $(CATALOGUES)/messages.pot

# The build tool is locked with the rest: the project itself is installed without the network.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url setup.cfg -

.PHONY: lock
lock: $(BIN)/python ## Lock the newest versions of all dependencies that setup.cfg allows.
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(PIP) install uv
	@for lock in requirements.txt "requirements-dev.txt --extra dev"; do \
		echo 'setuptools>=68' | UV_CUSTOM_COMPILE_COMMAND='make lock' \
			$(BIN)/python -m uv pip compile --upgrade $(LOCK) --output-file $$lock > /dev/null \
			|| exit 1; \
	done
	@$(BIN)/python -m uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --quiet \
		--no-emit-index-url --custom-compile-command 'make lock' \
		tests/deploy/requirements.in -o tests/deploy/requirements.txt > /dev/null
	@echo 'The locks are written: requirements.txt, requirements-dev.txt, tests/deploy/requirements.txt.'

.PHONY: audit
audit: $(VENV)/.installed ## Compare the lock with known vulnerabilities. ARGS="--vulnerability-service osv".
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(PIP) install uv
	@$(BIN)/python -m uv tool run --quiet pip-audit@2.10.1 --strict --disable-pip --require-hashes \
		--progress-spinner off -r requirements.txt $(ARGS)

.PHONY: sbom
sbom: $(VENV)/.installed ## Write what an installation is made of: sbom.json (CycloneDX).
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(PIP) install uv
	@$(BIN)/python -m uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements \
		requirements.txt --output-reproducible --output-format JSON --output-file sbom.json

.PHONY: clean
clean: ## Remove what was installed and built; data in var/ and keys/ stay.
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .hypothesis
	rm -rf .coverage htmlcov .grimp_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The virtual environment -----------------------------------------------------------------------

$(VENV)/.installed: $(VENV)/.dependencies setup.cfg pyproject.toml
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dependencies: requirements-dev.txt | $(BIN)/python
	@echo 'Installing the dependencies, once ...'
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
			found="$$python"; break; \
		fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo 'Authserver needs Python 3.11 or newer, and there is none on the PATH.' >&2; \
		echo 'Install it, or say where it is: make run PYTHON=/path/to/python3.12' >&2; \
		exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2> /dev/null; then \
		echo "$$found cannot make a virtual environment: its package venv is missing." >&2; \
		echo 'Install it: apt-get install python3-venv (Debian, Ubuntu). Then come here again.' >&2; \
		exit 1; \
	fi; \
	"$$found" -m venv $(VENV)
