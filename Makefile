.DEFAULT_GOAL := help
VENV := .venv
PYTHON ?= python3
CORES ?= 4
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run
DEV_STAMP := $(VENV)/.dev

.PHONY: help install run test test-oracle test-browser test-cluster test-faults test-histories test-take-away fuzz \
  lint format release definitions configuration gallery dag bench bench-quality bench-scale ucum mutants lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# An environment knows the folder it was made in: in a moved or copied folder it is made anew.
ifneq ($(shell cat $(VENV)/.made-in 2>/dev/null),$(CURDIR))
MOVED := moved
endif

.PHONY: moved
moved:

$(VENV)/.made-in: $(MOVED)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Remit needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	printf '%s\n' "$$PWD" > $@

# Byte code is compiled once, here: without it every job of a run would compile its imports anew.
define install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib workflow schemas || true
	touch $@
endef

$(RUN_STAMP): requirements.lock pyproject.toml $(VENV)/.made-in
	$(call install,requirements.lock)

$(DEV_STAMP): requirements-dev.lock pyproject.toml $(VENV)/.made-in
	$(call install,requirements-dev.lock)
	touch $(RUN_STAMP)

install: $(RUN_STAMP) ## Install what is needed, and run nothing

run: $(RUN_STAMP) ## Install what is needed and run the study in config.yaml
	$(BIN)/python -m remit run --cores $(CORES)

test: $(DEV_STAMP) lint ## Run every check that needs nothing but Python
	$(BIN)/python -m pytest -q --numprocesses 2 --dist loadscope --no-loadscope-reorder

test-oracle: $(DEV_STAMP) ## Hold the statistics against R (installs R from Debian)
	command -v Rscript > /dev/null || sh tests/oracle/install.sh
	$(BIN)/python -m pytest -q tests/oracle

test-browser: $(DEV_STAMP) ## Use the report in Chromium without a network (installs it from Debian)
	sh tests/browser/install.sh
	REMIT_BROWSER=required $(BIN)/python -m pytest -q tests/browser tests/report/test_tables.py

test-cluster: $(DEV_STAMP) ## Run the study on a real one-node Slurm (installs it from Debian; needs root)
	sh tests/cluster/install.sh
	$(BIN)/python -m pytest -q tests/cluster

test-faults: $(DEV_STAMP) ## Kill and disturb runs at every rule; FAULTS="--sample 8" tries a few
	$(BIN)/python -m tests.faults $(FAULTS)

test-histories: $(DEV_STAMP) ## Random histories end as one full run; HISTORIES="--count 2" tries a few
	$(BIN)/python -m tests.histories $(HISTORIES)

test-take-away: $(DEV_STAMP) ## Take everything away from every whole study; TAKEN="--sample 4" tries a few
	$(BIN)/python -m tests.studies.take_away $(TAKEN)

fuzz: $(DEV_STAMP) ## Feed the readers and parsers with random input
	$(BIN)/python -m tests.fuzz

lint: $(DEV_STAMP) ## Check style, types and the workflow
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy --package remit
	$(BIN)/python -m mypy --explicit-package-bases scripts
	$(BIN)/python -m snakefmt --check Snakefile workflow/rules
	$(BIN)/python -m tests.lint

format: $(DEV_STAMP) ## Bring all code into the common form
	$(BIN)/python -m ruff check --fix
	$(BIN)/python -m ruff format
	$(BIN)/python -m snakefmt Snakefile workflow/rules

release: ## Put the results of the last run aside; later runs say what changed since
	mkdir -p results/released
	cp results/harmonized/ledger.csv results/analysis/responses.parquet results/statistics/paired.csv results/statistics/response.csv results/released/

definitions: $(DEV_STAMP) ## Renew docs/definitions.md from the definition files
	$(BIN)/python -m remit.plan.definitions resources/packs > docs/definitions.md

configuration: $(DEV_STAMP) ## Renew docs/configuration.md from the model of the plan
	$(BIN)/python -m remit.plan.reference > docs/configuration.md

gallery: $(RUN_STAMP) ## Show the figures of the last run in docs/gallery.md
	$(BIN)/python docs/gallery.py

dag: $(RUN_STAMP) ## Draw the rules and the packages (needs graphviz)
	$(BIN)/python -m snakemake --rulegraph | dot -Tsvg > docs/dag.svg
	$(BIN)/python -m tests.house.imports | dot -Tsvg > docs/packages.svg

bench: $(DEV_STAMP) ## Measure a full, a no-change and a one-extract run against an empty rule
	$(BIN)/python -m bench.workflow
	$(BIN)/python -m bench.ingest
	$(BIN)/python -m bench.readers
	$(BIN)/python -m bench.analysis --rows 1000000 4000000 16000000
	$(BIN)/python -m bench.statistics

bench-scale: $(DEV_STAMP) ## A registry against DuckDB and pandas; SCALE="--rows 1000000 10000000" tries more
	$(BIN)/python -m bench.scale $(SCALE)

bench-quality: $(DEV_STAMP) ## Recall and precision of the fates on extracts with planted defects
	$(BIN)/python -m tests.planted

ucum: $(DEV_STAMP) ## Report how UCUM's own test cases fare; CASES=UcumFunctionalTests.xml names them
	@test -n "$(CASES)" || { echo "UCUM's test cases are in the repository FHIR/Ucum-java of GitHub, src/test/resources/UcumFunctionalTests.xml. Fetch that file, then: make ucum CASES=path/to/UcumFunctionalTests.xml"; exit 1; }
	$(BIN)/python -m tests.ucum $(CASES)

mutants: $(DEV_STAMP) ## Do a module's own tests notice its errors? MODULES="responses visits" names some
	@test -n "$(MODULES)" || { echo 'Name modules of workflow/remit: make mutants MODULES="responses visits"'; exit 1; }
	$(BIN)/python -m tests.mutants $(MODULES)

lock: ## Lock the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q pyproject.toml --group build --extra slurm -c requirements.lock -o requirements-slurm.lock

clean: ## Delete the results
	rm -rf results .snakemake
