# Every target prepares what it needs; .venv is touched only when its inputs changed.
PYTHON ?= python3
BIN    := .venv/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
CONFIG ?= config.yaml

# Stamps carry a hash of their inputs, so a clone, a branch switch or a touch rebuilds nothing.
ident     = $(shell { $(PYTHON) -VV; cat requirements/$(1).txt pyproject.toml crawler/__init__.py; } 2>&1 | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-16)
RUN_READY := .venv/.run-$(call ident,run)
DEV_READY := .venv/.dev-$(call ident,dev)

.PHONY: run demo check test slow cover lint format bench lock wheel clean help

help:           ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: $(RUN_READY)    ## start the daemon on config.yaml
	@$(BIN)/tocsin --config $(CONFIG) run

demo: $(RUN_READY)   ## watch the whole thing work, offline, in under 30 s
	@$(BIN)/tocsin demo

check: $(RUN_READY)  ## check config.yaml
	@$(BIN)/tocsin --config $(CONFIG) check

test: $(DEV_READY)   ## run the tests, in parallel
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

slow: $(DEV_READY)   ## run the tests that take longer than make test may
	@$(BIN)/python -m pytest -n auto --dist worksteal -m slow

cover: $(DEV_READY)  ## run the tests with branch coverage
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow" --cov --cov-report=term:skip-covered

lint: $(DEV_READY)   ## ruff, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEV_READY) ## mend what ruff can mend
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(DEV_READY)  ## measure, side by side
	@$(BIN)/python -m bench

lock: $(DEV_READY)   ## renew requirements/*.txt from pyproject.toml (UPGRADE=--upgrade moves versions)
	@$(LOCK) --all-extras $(UPGRADE) -o requirements/dev.txt
	@$(LOCK) --extra build -c requirements/dev.txt -o requirements/run.txt
	@$(LOCK) --extra apprise --extra browser --extra build --extra speed -c requirements/dev.txt -o requirements/extras.txt
	@! grep -nE '://|^-' requirements/*.txt

wheel: $(DEV_READY)  ## build the wheel into dist/
	@$(PIP) wheel -q --no-deps --no-build-isolation --no-index -w dist .

clean:          ## remove what the targets made
	@rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

LOCK = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --no-emit-build-options --custom-compile-command "make lock" --quiet

$(RUN_READY): ; @$(call prepare,run,$@)
$(DEV_READY): ; @$(call prepare,dev,$@)

# Packages are installed only when the pins changed; the project itself (editable, offline) when pyproject.toml did.
define prepare
	set -e; \
	interpreter=.venv/.python-$$($(PYTHON) -VV | cksum | cut -d' ' -f1); \
	[ -e "$$interpreter" ] || { echo "Preparing .venv (once, about a minute) ..."; rm -rf .venv; $(PYTHON) -m venv .venv; touch "$$interpreter"; }; \
	pins=.venv/.$(1)-pins-$$(cksum < requirements/$(1).txt | cut -d' ' -f1); \
	[ -e "$$pins" ] || { $(PIP) install -q --no-deps --require-hashes --only-binary :all: -r requirements/$(1).txt; touch "$$pins"; }; \
	$(PIP) install -q --no-deps --no-build-isolation --no-index --editable .; \
	rm -f .venv/.$(1)-????????????????; touch $(2)
endef
