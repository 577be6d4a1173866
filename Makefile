# Everything a person or a build machine runs. Needs Python 3.11 or 3.12, make and git; the rest it installs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SDK    := $(VENV)/.sdk-ready
AZURITE := local/azurite/node_modules/.ready
KUSTO  := tests/infra/kusto/node_modules/.ready
JOBS   ?= 4
BICEP  := v0.49.2
HOST_COMMAND ?= $(BIN)/python -m local.host --app . --state {state} --port {port} --no-polling
BENCH  := $(VENV)-bench/.ready

.DEFAULT_GOAL := help
.PHONY: help setup test lint types format formats schemas permissions histories package preview bicep deploy fuzz bench demo run drop acceptance emulators clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) $(AZURITE)  ## the virtual environment and the storage emulator

$(READY): requirements-dev.txt
	@echo "Setting up Python packages (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

$(SDK): requirements-sdk-check.txt | $(READY)
	@echo "Setting up Microsoft's Graph SDK, which a test holds the simulator to (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --requirement requirements-sdk-check.txt
	@touch $@

$(AZURITE): local/azurite/package-lock.json | $(READY)
	@echo "Setting up the storage emulator (once)"
	@cd local/azurite && PATH="$(CURDIR)/$(BIN):$$PATH" "$(CURDIR)/$(BIN)/npm" ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

$(KUSTO): tests/infra/kusto/package-lock.json | $(READY)
	@echo "Setting up Microsoft's parser of the query language, which a test holds the alerts to (once)"
	@cd $(@D)/.. && PATH="$(CURDIR)/$(BIN):$$PATH" "$(CURDIR)/$(BIN)/npm" ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

test: setup $(SDK) $(KUSTO) lint types  ## lint, types and every test
	PATH="$(HOME)/.azure/bin:$$PATH" $(BIN)/python -m pytest -rs --numprocesses $(JOBS) --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(READY)  ## write schemas/ anew from the types
	$(BIN)/python -m sync_core.results.schemas schemas

permissions: $(READY)  ## write infra/permissions.json anew from the table in the code
	$(BIN)/python -m sync_core.targets.permissions infra/permissions.json

package: $(READY)  ## the deployment package, in dist/
	@$(BIN)/python infra/scripts/package.py dist/sis-sync.zip

preview:  ## what a deployment would change: needs the Azure CLI, signed in, and docs/deploy.md's variables
	az deployment sub what-if --name sis-sync --location "$$AZURE_LOCATION" --parameters infra/main.bicepparam

bicep:  ## Microsoft's Bicep CLI, which the tests compile the templates with: needs the Azure CLI
	az bicep install --version $(BICEP)

deploy:  ## deploy with the Azure Developer CLI, signed in
	$(if $(CI),azd config set auth.useAzCliAuth true)
	azd up --no-prompt

formats: $(READY)  ## write docs/formats.md anew from the formats
	$(BIN)/python -m sync_core.cli formats > docs/formats.md

fuzz: $(READY)  ## ten thousand damaged sets, engine against oracle: make fuzz [SETS=10000] [SEED=1]
	$(BIN)/python -m benchmarks.fuzz $(or $(SETS),10000) $(or $(SEED),1)

bench: $(READY) $(BENCH)  ## measure the engine beside others, write docs/benchmarks.md: make bench [SIZES=S,L]
	$(VENV)-bench/bin/python -m benchmarks.bench $(or $(SIZES),S,L)

$(BENCH): requirements-bench.txt
	@$(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-bench.txt
	@touch $@

histories: setup  ## record the histories that the replay test holds the orchestrations to
	$(BIN)/python -m tests.replay.record

demo: setup  ## the whole way of one export, on this machine: make demo [EXPORT=folder] [TARGET=industry-data]
	@$(BIN)/python -m local demo $(if $(EXPORT),"$(EXPORT)") $(if $(TARGET),--target "$(TARGET)")

acceptance: setup  ## one acceptance on any Functions host: make acceptance [HOST_COMMAND='func start --port {port}'] [HOST_URL=address]
	@$(BIN)/python -m local.acceptance $(if $(HOST_URL),--host-url "$(HOST_URL)",--host-command '$(HOST_COMMAND)')

emulators: setup  ## storage and Microsoft Graph for a host that you start with local.settings.json.example
	@$(BIN)/python -m local emulators

drop: setup  ## land an export in the cloud that make run keeps up: make drop [EXPORT=folder]
	@$(BIN)/python -m local drop $(if $(EXPORT),"$(EXPORT)")

run: setup  ## keep the local cloud up for trying things
	@$(BIN)/python -m local run

clean:  ## remove what setup made
	rm -rf $(VENV) $(VENV)-bench .bench local/azurite/node_modules tests/infra/kusto/node_modules .local-cloud
