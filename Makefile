# Everything runs in .venv, made from the hash-pinned requirements; Python 3.11+ and make are all it needs.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# The tests' order is random, and the same each time: ORDER=2 is another, ORDER=last that of the last run.
ORDER ?= 1
TEST := PYTHONSAFEPATH=1 .cache/wheel/bin/python -m pytest --installed --randomly-seed=$(ORDER)
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' webhook/__init__.py)
FUZZ_RUNS ?= 50000
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo --preserve-env=CI --preserve-env=IMAGE_BASE --preserve-env=IMAGE_PLATFORM env "PATH=$$PATH")
BUILDER := $(firstword $(foreach tool,docker podman buildah,$(if $(shell command -v $(tool)),$(tool))))

.DEFAULT_GOAL := help
.PHONY: help venv demo wheel test e2e fuzz image image-test lint format docs bench bench-cluster dist pins clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(READY) ## Make the environment in .venv

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## See it work: a real server, real TLS, the reviews an API server would send
	@$(BIN)/python scripts/demo.py

# The tests take the packages from the installed wheel; Python does not put the working folder before it.
wheel: $(READY)
	$(BIN)/python scripts/installed_wheel.py .cache/wheel

test: wheel ## Run the tests that need only Python
	$(TEST) -n 2 --ignore=tests/e2e --ignore=tests/image --cov --cov-report=term

e2e: wheel ## Run the tests on a real control plane with the real KServe (needs Go 1.26)
	$(BIN)/python -m tests.e2e.harness.binaries
	$(TEST) tests/e2e -n 4 --dist loadfile

fuzz: .venv/.fuzz ## Look for inputs that break something (Linux on x86-64; FUZZ_RUNS inputs each)
	$(BIN)/python -m tests.fuzz reviews --runs $(FUZZ_RUNS)
	$(BIN)/python -m tests.fuzz containers --runs $(FUZZ_RUNS)

.venv/.fuzz: $(READY) requirements/fuzz.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@touch $@

image: ## Build the image with docker, podman or buildah (BASE=… for another base)
	$(or $(BUILDER),$(error docker, podman or buildah is needed)) build --tag hf-token-injector:$(VERSION) \
	  --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) \
	  $(if $(BASE),--build-arg BASE=$(BASE)) .

image-test: wheel ## Build the image and run it as the chart does (needs root, buildah, debootstrap, runc)
	$(AS_ROOT) $(BIN)/python -m tests.image.programs
	$(AS_ROOT) env $(TEST) tests/image

lint: $(READY) ## Check style, types, layers, workflows and generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/python scripts/reference_pages.py --check
	$(BIN)/python scripts/chart_files.py --check
	$(BIN)/python scripts/coverage_page.py --check
	$(BIN)/python scripts/admission_policy_page.py --check
	$(BIN)/python scripts/demo_picture.py --check

format: $(READY) ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY) ## Write the pages and files that come from the code
	$(BIN)/python scripts/reference_pages.py
	$(BIN)/python scripts/chart_files.py
	$(BIN)/python scripts/coverage_page.py
	$(BIN)/python scripts/admission_policy_page.py
	$(BIN)/python scripts/demo_picture.py

bench: $(READY) ## Measure speed and memory against baselines of the same run
	$(BIN)/python -m benchmarks

bench-cluster: $(READY) ## Measure what the webhook adds on a real API server (needs Go 1.26)
	$(BIN)/python -m tests.e2e.harness.binaries
	$(BIN)/python -m benchmarks --only cluster

dist: $(READY) ## Write what a release consists of to dist/ (needs Go 1.26, for helm)
	$(BIN)/python -m scripts.dist

pins: ## Compile requirements/*.txt from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
	  pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
	  pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
	  --group build -c requirements/dev.txt -o requirements/build.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
	  --group release -o requirements/release.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
	  --group storage -o requirements/kserve-storage.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
	  --group fuzz -o requirements/fuzz.txt

clean: ## Remove the environment and everything that was built
	rm -rf .venv .cache dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
