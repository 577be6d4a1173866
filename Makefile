# Everything that a person or a build machine runs. Needs Python 3.11, 3.12 or 3.13, make and git; it installs the rest.

# The first of these that runs and has a supported version; make PYTHON=... uses another.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(firstword $(foreach one,python3.13 python3.12 python3.11 python3,$(shell $(one) -c '$(SUPPORTED)' 2>/dev/null && echo $(one))))
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SDK    := $(VENV)/.sdk-ready
AZURITE := local/azurite/node_modules/.ready
AXE    := tests/browser/node_modules/.ready
KUSTO  := tests/infra/kusto/node_modules/.ready
LOCK   ?= requirements-dev.txt
JOBS   ?= 4
# The tests of `make check` hardly ever wait: one process for each processor is the fastest.
CHECK_JOBS = $(if $(filter file,$(origin JOBS)),auto,$(JOBS))
BICEP  := v0.49.2
HOST_COMMAND ?= $(BIN)/python -m local.host --app . --state {state} --port {port}
BENCH  := $(VENV)-bench/.ready
# The steps of `azd up` in azure.yaml, with a package that is there already.
AS_PACKAGED = azd provision platform --no-prompt && azd provision graph --no-prompt && \
  azd deploy sync --from-package "$(PACKAGE)" --no-prompt && azd provision events --no-prompt
WORKER  = $(shell grep -o '^azure-functions-runtime==[^ ]*' $(LOCK))

# pip and npm show progress on a terminal and plain lines elsewhere. Both respect NO_COLOR.
pip = bar=off; [ ! -t 1 ] || bar=on; "$(1)/python" -m pip install --disable-pip-version-check --progress-bar $$bar
npm = progress=--no-progress; [ ! -t 1 ] || progress=--progress; PATH="$(CURDIR)/$(BIN):$$PATH" \
	  npm ci --no-audit --no-fund --ignore-scripts --loglevel=error $$progress
or-say = || { echo "$(1) could not be installed. The reason is above; after that, run make again." >&2; exit 1; }
options = $(if $(TARGET),--target "$(TARGET)") $(if $(FOLDER),--folder "$(FOLDER)")

# Some containers switch byte code off. Then each process that a test starts compiles the app again, and each
# test process all tests.
unexport PYTHONDONTWRITEBYTECODE

need-python = $(if $(PYTHON),,$(error Python is missing: install 3.11, 3.12 or 3.13, or name one that is not on the path: make PYTHON=/where/it/is/python3))

.DEFAULT_GOAL := help
.PHONY: help setup test check browser kills lint types format formats rules schemas permissions screenshots diagram histories snapshots package bill release audit settings preview bicep deploy fuzz bench bench-load demo run deliver drop reset acceptance emulators clean worker bindings bound

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) $(AZURITE)  ## the virtual environment and the storage emulator

$(READY): $(LOCK)
	$(need-python)
	@echo "Setting up Python packages in $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(call pip,$(BIN)) --requirement $(LOCK) $(call or-say,The Python packages)
	@$(BIN)/python -c 'import azure_functions_runtime' 2>/dev/null || $(MAKE) --no-print-directory worker VENV="$(VENV)"
	@touch $@

# Microsoft's Python worker is released for 3.13 and later, and is plain Python that 3.11 and 3.12 run as well.
worker:
	@echo "Setting up Microsoft's Python worker (once)"
	@rm -rf $(VENV)/worker
	@$(call pip,$(BIN)) --no-deps --only-binary=:all: --python-version 3.13 --ignore-requires-python \
	  --target $(VENV)/worker $(WORKER) $(call or-say,The Python worker)
	@echo ../../../worker > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/worker.pth"

$(SDK): requirements-sdk-check.txt | $(READY)
	@echo "Setting up Microsoft's Graph SDK, which a test compares the simulator with (once)"
	@$(call pip,$(BIN)) --no-deps --no-compile --requirement requirements-sdk-check.txt $(call or-say,The Graph SDK)
	@touch $@

$(AZURITE): local/azurite/package-lock.json | $(READY)
	@echo "Setting up the storage emulator (once)"
	@cd $(@D)/.. && $(npm) $(call or-say,The storage emulator)
	@touch $@

$(KUSTO): tests/infra/kusto/package-lock.json | $(READY)
	@echo "Setting up Microsoft's parser of the query language, which a test checks the alerts with (once)"
	@cd $(@D)/.. && $(npm) $(call or-say,The parser)
	@touch $@

$(AXE): tests/browser/package-lock.json | $(READY)
	@echo "Setting up axe-core, which a test checks the pages with that people read (once)"
	@cd $(@D)/.. && $(npm) $(call or-say,axe-core)
	@touch $@

# What the tests need is installed side by side with lint and types: each part waits for the network or one processor.
test: $(READY)  ## lint, types and every test
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target $(AZURITE) $(KUSTO) $(AXE) $(SDK) types lint
	PATH="$(HOME)/.azure/bin:$$PATH" $(BIN)/python -m pytest -rs --numprocesses $(JOBS) --dist worksteal

check: $(READY)  ## lint, types and the quick unit tests, which need no storage emulator
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types lint
	$(BIN)/python -m pytest --numprocesses $(CHECK_JOBS) --dist worksteal -m "not emulator and not slow and not kills" tests/unit tests/replay

browser: setup $(AXE)  ## open the pages that people read in Chromium: narrow and wide, light and dark
	$(BIN)/python -m pytest -m "" tests/browser

kills: setup  ## every case of the kill matrix, of which make test runs a fixed sample
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal -m "" tests/e2e/test_crashes.py tests/e2e/test_doubles.py \
	  tests/e2e/test_holds.py::test_a_host_that_is_killed_starts_an_approved_set_once

bound: setup  ## only the tests that load and call the app through Microsoft's Python worker
	$(BIN)/python -m pytest --numprocesses $(JOBS) tests/worker

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)  ## fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(READY)  ## write schemas/ from the types
	$(BIN)/python -m sync_core.results.schemas schemas

permissions: $(READY)  ## write infra/permissions.json from the table in the code
	$(BIN)/python -m sync_core.targets.permissions infra/permissions.json

screenshots: setup $(AXE)  ## write docs/images/ from the reports of demonstrations: needs Chromium
	$(BIN)/python -m tests.browser.screenshots

diagram: $(READY)  ## write the package diagram of docs/architecture.md from CONTRIBUTING's table
	$(BIN)/python -m tests.package_diagram

bindings: $(READY)  ## record which functions and bindings the worker must find
	$(BIN)/python -m tests.worker.kit > tests/worker/functions.json

snapshots: $(READY)  ## record what the templates would deploy, for reviewers: needs bicep on PATH
	PATH="$(HOME)/.azure/bin:$$PATH" $(BIN)/python -m tests.infra.snapshots

package: $(READY)  ## the deployment package, in dist/
	@$(BIN)/python -m infra.scripts.package dist/sis-sync.zip

bill: $(READY)  ## the package's bill of materials (CycloneDX), in dist/
	@$(BIN)/python -m infra.scripts.release dist --bill-only

release: $(READY)  ## package, bill of materials and digests from the tag of this commit, in dist/release/
	@$(BIN)/python -m infra.scripts.release dist/release

audit: $(READY)  ## list known vulnerabilities of the deployed packages; asks PyPI
	@$(BIN)/python -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-audit.txt
	$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.txt

settings:  ## in a GitHub workflow: pass every setting of SIS_DEPLOYMENT to the later steps
	@$(PYTHON) -m infra.scripts.ci_settings

# A reader may run it: the preview checks no right that only a deployment needs.
preview:  ## show what a deployment would change: needs the Azure CLI, signed in, and docs/deploy.md's variables
	az deployment sub what-if --name sis-sync --location "$$AZURE_LOCATION" --parameters infra/main.bicepparam --validation-level providerNoRbac

bicep:  ## Microsoft's Bicep CLI, which the tests compile the templates with: needs the Azure CLI
	az bicep install --version $(BICEP)

deploy:  ## deploy with the Azure Developer CLI, signed in: make deploy [PACKAGE=dist/sis-sync.zip]
	$(if $(CI),azd config set auth.useAzCliAuth true)
	$(if $(PACKAGE),$(AS_PACKAGED),azd up --no-prompt)

formats: $(READY)  ## write docs/formats.md from the formats
	$(BIN)/python -m sync_core.cli formats > docs/formats.md

rules: $(READY)  ## write docs/rules.md from the validation rules
	$(BIN)/python -m sync_core.cli.explain.rules_document docs/rules.md

fuzz: $(READY)  ## compare engine and oracle on ten thousand damaged sets: make fuzz [SETS=10000] [SEED=1]
	$(BIN)/python -m benchmarks.fuzz $(or $(SETS),10000) $(or $(SEED),1)

bench: $(READY) $(BENCH)  ## measure the engine and others, write docs/benchmarks.md: make bench [SIZES=S,L]
	$(VENV)-bench/bin/python -m benchmarks.bench $(or $(SIZES),S,L)

bench-load: setup  ## deliver many feeds at once, add to docs/benchmarks.md: make bench-load [FEEDS=200] [TARGET=classic]
	@$(BIN)/python -m benchmarks.load $(or $(FEEDS),200) $(or $(TARGET),dry-run)

$(BENCH): requirements-bench.txt
	$(need-python)
	@$(PYTHON) -m venv $(VENV)-bench
	@echo "Setting up what the figures are measured against (once)"
	@$(call pip,$(VENV)-bench/bin) --requirement requirements-bench.txt $(call or-say,The packages)
	@touch $@

histories: setup  ## record the histories that the replay test compares the orchestrations with
	$(BIN)/python -m tests.replay.record

demo: setup  ## one export through the whole app on this machine: make demo [EXPORT=folder-or-zip] [TARGET=classic] [STORY=shrunken]
	@$(BIN)/python -m local demo $(if $(EXPORT),"$(EXPORT)") $(options) $(if $(STORY),--story "$(STORY)")

acceptance: setup  ## check the app from outside on any Functions host: make acceptance [HOST_COMMAND='func start --port {port}'] [HOST_URL=address]
	@$(BIN)/python -m local.acceptance $(if $(HOST_URL),--host-url "$(HOST_URL)",--host-command '$(HOST_COMMAND)')

emulators: setup  ## storage and Microsoft Graph for a host that you start with local.settings.json.example
	@$(BIN)/python -m local emulators

deliver: setup  ## deliver an export to the cloud of make run: make deliver [EXPORT=folder-or-zip]
	@$(BIN)/python -m local deliver $(if $(EXPORT),"$(EXPORT)") $(if $(FOLDER),--folder "$(FOLDER)")

drop: deliver

run: setup  ## run the local cloud until Ctrl-C: make run [TARGET=classic] [FOLDER=another]
	@$(BIN)/python -m local run $(options)

reset: $(READY)  ## delete what demo, run, emulators and acceptance have stored
	@$(BIN)/python -m local reset

clean:  ## delete what setup has installed
	rm -rf $(VENV) $(VENV)-bench .bench local/azurite/node_modules tests/infra/kusto/node_modules tests/browser/node_modules .local-cloud
