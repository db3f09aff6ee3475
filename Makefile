# What one does with Cygnet. `make help` explains; every target does what it needs first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PAGE := services/cygnet/gateway/page
PROTOS := $(shell find proto -name "*.proto")
PAGE_SOURCES := $(shell find $(PAGE)/src $(PAGE)/*.html $(PAGE)/*.ts $(PAGE)/*.json -type f 2>/dev/null)

# For `make run`.
PORT ?= 8080
HOST ?= 127.0.0.1
DATA_DIR ?= .data
CONTEST ?=
# For `make images`: which (services, operator, triton-cpu, triton-gpu, redis), what goes in front of their names, and a
# program of one's own to build them with.
IMAGES ?=
PREFIX ?=
IMAGE_BUILDER ?=
# For `make test`: more words for pytest, as in: make test ARGS="tests/submission -k sessions".
ARGS ?=

##@ Play

.PHONY: run
run: $(VENV)/.installed-local $(PAGE)/dist/.built ## Play on this machine. PORT=9090, HOST=0.0.0.0 (phones), DATA_DIR=…, CONTEST=file.yaml
	@exec $(BIN)/cygnet up --port "$(PORT)" --host "$(HOST)" --data-dir "$(DATA_DIR)" $(if $(CONTEST),--contest "$(CONTEST)")

##@ Test

.PHONY: test
test: $(VENV)/.installed-dev $(PAGE)/dist/.built ## Everything: lint, types, unit, Redis, gRPC, Triton, the running game, Chromium. ARGS=… for pytest
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder --durations=10 $(ARGS)

.PHONY: quick
quick: $(VENV)/.installed-dev ## What needs neither Triton nor the running game: under a minute or two
	@$(BIN)/python -m pytest tests/lint tests/platform tests/contest tests/inference tests/submission tests/dedup tests/leaderboard \
		tests/gateway tests/worker tests/doctor tests/local tests/cli $(ARGS)

.PHONY: lint
lint: $(VENV)/.installed-dev $(PAGE)/node_modules/.package-lock.json ## Style, types, import contracts, protos, the page's code
	@$(BIN)/python -m pytest tests/lint $(ARGS)

.PHONY: format
format: $(VENV)/.installed-dev ## Formats the Python code
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format .

.PHONY: simulate
simulate: $(VENV)/.installed-dev ## Forty event-days of ten minutes in simulated time, with faults; planted bugs; how true told waits are
	@CYGNET_TEST_DAYS=40 CYGNET_TEST_DAY_S=600 $(BIN)/python -m pytest -s tests/simulator $(ARGS)

.PHONY: crowd
crowd: $(VENV)/.installed-dev $(PAGE)/dist/.built ## The crowd tests with 2,000 watchers and a flood of two minutes
	@CYGNET_TEST_WATCHERS=2000 CYGNET_TEST_FLOOD_S=120 $(BIN)/python -m pytest tests/stack/test_crowd.py $(ARGS)

.PHONY: test-faults
test-faults: $(VENV)/.installed-dev $(PAGE)/dist/.built ## A play goes on while each part is killed, stopped, cut off, full: nothing promised is lost
	@$(BIN)/python -m pytest -n 0 -s -m "faults or stack" tests/faults $(ARGS)

.PHONY: fuzz-pictures
fuzz-pictures: $(VENV)/.installed-dev ## 6,000 mutations of picture files: each is a picture, or refused with words
	@CYGNET_TEST_MUTATIONS=6000 $(BIN)/python -m pytest tests/platform/test_images.py -k mutation $(ARGS)

.PHONY: bench-admission
bench-admission: $(VENV)/.installed-dev $(PAGE)/dist/.built ## How fast is a Submit through Envoy, against the raw script and an empty call
	@$(BIN)/python -m tests.bench.admission

.PHONY: bench-door
bench-door: $(VENV)/.installed-dev ## How long does a member wait at Envoy while h2load and wrk send what they can
	@$(BIN)/python -m tests.bench.door

.PHONY: bench-drawing
bench-drawing: $(VENV)/.installed-dev ## How long from a prompt to a scored picture, through the real Triton
	@$(BIN)/python -m tests.bench.drawing

.PHONY: bench-game
bench-game: $(VENV)/.installed-dev ## Does describing better score better, with the shipped weights over 20 secrets (an hour)
	@PYTHONPATH=triton_models/training $(BIN)/python -m tests.bench.game $(ARGS)

.PHONY: bench-booth
bench-booth: $(VENV)/.installed-dev $(PAGE)/dist/.built ## How long do honest people wait beside an attacker (35 minutes; ARGS="--only macro")
	@$(BIN)/python -m tests.bench.booth $(ARGS)

.PHONY: bench-ablation
bench-ablation: $(VENV)/.installed-dev ## What each part of admission does for the event that froze (15 minutes)
	@$(BIN)/python -m tests.bench.ablation $(ARGS)

.PHONY: bench-operator
bench-operator: $(VENV)/.installed-dev ## The operator with 500 contests, and how fast a patched limit holds (needs the control plane)
	@$(BIN)/python -m pytest -s -m scale tests/operator/test_scale.py
	@$(BIN)/python -m pytest -s tests/operator/test_latency.py

##@ Kubernetes

.PHONY: run-operator
run-operator: $(VENV)/.installed-dev ## Runs the Contest operator from here, against the current kube context (CYGNET_OPERATOR_INSTALLATION_KEYS=…)
	@$(BIN)/python -m cygnet_operator

.PHONY: control-plane
control-plane: ## Builds etcd and kube-apiserver for the operator's tests, with Go: minutes, once
	@tests/operator/controlplane/build

.PHONY: images
images: $(PAGE)/dist/.built ## Builds the container images, with docker, podman or buildah. IMAGES="services triton-gpu", PREFIX=registry/path/
	@PREFIX="$(PREFIX)" IMAGE_BUILDER="$(IMAGE_BUILDER)" helm/containers/build $(IMAGES)

.PHONY: test-cluster
test-cluster: $(VENV)/.installed-dev ## The chart on the real cluster of KUBECONFIG: installed, played on, broken, upgraded, removed (make images first)
	@$(BIN)/python -m pytest -s -m cluster tests/cluster $(ARGS)

##@ Make

.PHONY: page
page: $(PAGE)/dist/.built ## Builds the page

.PHONY: proto
proto: $(VENV)/.installed-dev ## Generates code from proto/: Python, and the page's TypeScript
	@$(BIN)/python -m grpc_tools.protoc -Iproto --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
		--python_out=services --pyi_out=services --grpc_python_out=services --mypy_grpc_out=services $(PROTOS)
	@if [ -d $(PAGE)/node_modules ]; then npm --prefix $(PAGE) run --silent gen; fi

.PHONY: release-protos
release-protos: $(VENV)/.installed-dev ## Freezes the public API as it is released: from then on `make test` refuses what breaks its callers
	@$(BIN)/buf build proto --path proto/cygnet/v1 --exclude-source-info --output proto/released.binpb

.PHONY: docs
docs: $(VENV)/.installed-dev ## Writes the generated pages of docs/reference anew: the API, the settings
	@PYTHONPATH=docs/generator:triton_models/common $(BIN)/python -m cygnet_docs

.PHONY: crd
crd: $(VENV)/.installed-dev ## Writes the Contest's CustomResourceDefinition and its reference page anew, from its models
	@$(BIN)/python -m cygnet.contest.crd > helm/cygnet/files/contest-crd.yaml
	@PYTHONPATH=operator $(BIN)/python -m cygnet_operator.reference > docs/contest-reference.md

.PHONY: redis-users
redis-users: $(VENV)/.installed-dev ## Writes the chart's list of Redis' users anew, from what the services need
	@$(BIN)/python -m cygnet.platform.redis_users > helm/cygnet/files/redis-users.acl

.PHONY: dashboards
dashboards: $(VENV)/.installed-dev ## Writes the Grafana dashboards' JSON anew, from helm/dashboards
	@PYTHONPATH=helm/dashboards $(BIN)/python -W ignore::DeprecationWarning -m cygnet_dashboards

.PHONY: train-tiny
train-tiny: $(VENV)/.installed-dev ## Trains the embedded models on CPU cores (hours; goes on where it stopped)
	@for preset in small middle; do \
		PYTHONPATH=triton_models/training $(BIN)/python -m cygnet_training render clip autoencoder latents unet --preset $$preset; \
	done
	@PYTHONPATH=triton_models/training $(BIN)/python -m cygnet_training all --preset composed

.PHONY: train-gpu
train-gpu: $(VENV)/.installed-dev ## Trains them on one GPU, the whole world of pictures (stages of minutes; goes on where it stopped)
	@for stage in render clip autoencoder latents unet student probe export evaluate; do \
		PYTHONPATH=triton_models/training $(BIN)/python -m cygnet_training $$stage --preset whole; done

.PHONY: lock
lock: $(VENV)/.installed-dev ## Resolves all dependencies anew into constraints.txt, without addresses
	@$(BIN)/uv pip compile --quiet --upgrade --all-extras --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 pyproject.toml --output-file constraints.txt

.PHONY: clean
clean: ## Removes what was built and installed; what was played (.data) stays
	@rm -rf $(VENV) $(PAGE)/node_modules $(PAGE)/dist build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

.PHONY: help
help: ## Shows this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Set-up. The stamps make it run only when dependencies changed.

$(VENV)/.installed-%: pyproject.toml constraints.txt
	@.ci/setup-venv $*
	@touch $@ $(if $(filter dev,$*),$(VENV)/.installed-local)

$(PAGE)/node_modules/.package-lock.json: $(PAGE)/package-lock.json
	@command -v npm >/dev/null || { echo "set-up: the page needs Node.js 20 or newer with npm" >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { \
		echo "set-up: the page needs Node.js 20 or newer, not $$(node --version)" >&2; exit 1; }
	@echo "set-up: installing what the page is built with"
	@npm --prefix $(PAGE) ci --loglevel=error --no-audit --no-fund
	@touch $@

$(PAGE)/dist/.built: $(PAGE)/node_modules/.package-lock.json $(PAGE_SOURCES)
	@echo "set-up: building the page"
	@npm --prefix $(PAGE) run --silent build -- --logLevel warn
	@touch $@
