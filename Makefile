# Two commands: `make run` and `make test`. Both set up what is missing first; a second time that takes a second.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test setup setup-test demo lint bench lock clean

run: setup
	@$(BIN)/bowerbird run

demo: setup
	@$(BIN)/bowerbird demo

test: setup-test
	@$(BIN)/python -m tests.run

setup: $(VENV)/.installed
	@$(BIN)/python -m bowerbird.core.fetch

setup-test: $(VENV)/.installed-test setup

$(VENV)/.installed: requirements.txt pyproject.toml
	@echo "Setting up: Python packages into $(VENV) (about a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-test: requirements-test.txt requirements-torch.txt $(VENV)/.installed
	@echo "Setting up: the tools that tests need"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-test.txt
	@echo "Setting up: torch and the engines for larger models, for their tests (about half a gigabyte)"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements-torch.txt
	@touch $@

lint: setup-test
	@$(BIN)/python -m tests.run --lint

bench: setup-test
	@$(BIN)/python -m bench

clean:
	rm -rf $(VENV) build assets/node_modules assets/models assets/built

# after a change of pyproject.toml: pin every dependency again, with hashes
lock: setup-test
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet pip-tools
	@$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras -o requirements.txt pyproject.toml requirements.in
	@$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --extra test -o requirements-test.txt pyproject.toml requirements.in
