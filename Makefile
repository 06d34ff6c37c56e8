.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# A worker for each core and one more; each begins with its own part of the tests, and helps the others at the end.
# What is compiled is kept, whatever the environment says: compiling all of it takes ten seconds.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n auto --dist worksteal
NPM_INSTALL := npm install --no-package-lock --ignore-scripts --no-audit --no-fund

# An environment for each version of Hume's clients, described by a file of the same name.
CLIENTS := $(addprefix .clients/,$(addsuffix /made,$(basename $(notdir $(wildcard tests/clients/environments/*)))))

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

serve: .venv/serve  ## serve the emulated API on 127.0.0.1:8484
	@$(BIN)/evi-emulator serve $(ARGS)

test: .venv/dev .venv/node .venv/node-kit  ## run all tests but those of test-clients: minutes
	$(PYTEST)

test-fast: .venv/dev  ## run the tests that start no process and no browser: a minute
	$(PYTEST) -m "not process and not browser and not slow"

test-clients: .venv/dev .venv/node .venv/node-kit .docs/made $(CLIENTS)  ## run other versions of Hume's clients, and frameworks
	$(PYTEST) tests/clients

coverage: .venv/dev .venv/node  ## run the table of the clients' calls, and write docs/coverage.md
	$(PYTEST) -q tests/contract/test_conformance_*.py --write-coverage

control-document: .venv/dev  ## write control-openapi.yaml, docs/control.md, and the types and pages of clients/node
	$(BIN)/python -m scripts.control_document
	$(BIN)/python -m scripts.node_types
	$(BIN)/python -m scripts.node_verbs
	$(BIN)/python -m scripts.node_reference

reference: .venv/dev  ## write the parts of the reference pages that follow the code
	$(BIN)/python -m scripts.reference

# Packed anew whenever a source has changed. What redirects requests is in the Python package, too.
node-kit: .venv/node-kit  ## build the package for Node, and pack it into dist/


check: .venv/dev  ## check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m scripts.prose
	$(BIN)/mypy
	$(BIN)/pyright

fix: .venv/dev  ## format, and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .docs/made  ## build the site of the docs in build/site: open its index.html
	@.docs/bin/python -m scripts.docs_site

follow-docs: .venv/dev  ## do what the pages to start from say, as a new user would, and take the time: 15 minutes
	@$(BIN)/python -m scripts.follow_docs $(ROLES)

bench: .venv/dev .venv/node .venv/node-kit  ## measure, beside what one would use instead (QUICK=1: in a minute)
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

bench-check: .venv/dev  ## measure whether an operation has become slower: half a minute
	@$(BIN)/python -m benchmarks.check

lock: .venv/dev  ## pin what is installed now in requirements*.txt
	sh scripts/lock

# Builds with tools of its own, so that what is installed for tests does not matter.
release: .clients/release/made .venv/node-kit  ## build the packages, check them in fresh environments, say what is left
	.clients/release/bin/python -m scripts.release

clean:  ## remove all that make has made
	rm -rf .venv .docs .bench .clients tests/node/node_modules clients/node/node_modules clients/node/dist clients/node/build build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/serve: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/dev: requirements-dev.txt .venv/serve
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# No lock file: it would name the registry that it came from. Where npm is missing, the tests of the
# vendor's clients for Node and the browser are skipped.
.venv/node: tests/node/package.json | .venv/serve
	@if command -v npm >/dev/null; then cd tests/node && \
		$(NPM_INSTALL) && touch ../../$@; fi

# Where npm is missing, the tests of the package are skipped.
.venv/node-kit: $(wildcard clients/node/*.json clients/node/*.mjs clients/node/*.md clients/node/src/* clients/node/src/*/*) | .venv/serve
	@if command -v npm >/dev/null; then mkdir -p dist && cd clients/node && \
		{ test node_modules/.package-lock.json -nt package.json || $(NPM_INSTALL); } && npm run --silent build && \
		cp dist/intercept/*.cjs ../../emulator/cli/node/ && npm pack --silent --pack-destination build >/dev/null && \
		mv build/evi-emulator-*.tgz ../../dist/evi-emulator.tgz && touch ../../$@; fi

# An environment of its own: what the site needs is not what the tests need.
.docs/made: requirements-docs.txt
	@test -x .docs/bin/python || $(PYTHON) -m venv .docs
	@.docs/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.clients/%/made: tests/clients/environments/%.txt
	@rm -rf $(@D)
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.clients/node-kit/made .clients/node-kit-older/made .clients/nextjs/made: .venv/node-kit

# Older versions have packages that npm warns of.
.clients/%/made: tests/clients/environments/%.json
	@rm -rf $(@D)
	@if command -v npm >/dev/null; then mkdir -p $(@D) && cp $< $(@D)/package.json && cd $(@D) && \
		$(NPM_INSTALL) --loglevel=error && touch made; fi

.PHONY: help serve test test-fast test-clients coverage control-document node-kit check fix docs follow-docs reference bench bench-check lock release clean
