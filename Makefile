# `make calibrate` and `make test` are all that a new machine needs; each builds the environment
# first if it is not there. `make help` lists the rest.

PYTHON ?= python3
SIZE ?= small
DATA ?=
NAME ?= mine
TO ?=
RUN ?=
ARGS ?=
GPU ?= auto

BIN := .venv/bin
READY := .venv/.ready

.PHONY: help calibrate main main-quick train evaluate compare search report screen promote pretrain presets simulate prepare export denoise sync tidy ui dashboard test test-slow test-torch docs lint format benchmarks gpu-check screenshots lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

calibrate: $(READY)  ## the main job; DATA=folder of CT files (default: the simulated study), ARGS=more parameters
	@$(if $(DATA),PI_DATA="$(DATA)") $(BIN)/python -m entrypoints.calibrate $(if $(DATA),--data folder) $(ARGS)

main: $(READY)  ## Algorithm 1: calibrate, train, evaluate each experiment; ARGS=parameters
	@$(if $(DATA),PI_DATA="$(DATA)") $(BIN)/python -m entrypoints.main $(if $(DATA),--data folder) $(ARGS)

# Few small patches, a small network, two epochs: what comes out is to be looked at, not believed.
QUICK := calibrate.tolerance=0.2,train.denoiser=unet:8,train.patch_size=32,train.patch_step=64,train.epochs=2,train.validation_slices=2,train.validation_patches=64,train.gradient_every=0,train.precision=float32

main-quick: $(READY)  ## a demonstration of `main`, comparison and report in minutes: no result to be believed
	@echo "a demonstration: all of Algorithm 1 on the tiny simulated study, with a small network and two epochs; its numbers say nothing of any loss"
	@$(BIN)/python -m entrypoints.main --data simulated:tiny --experiments demo1,mse --overrides $(QUICK) $(ARGS)
	@$(BIN)/python -m entrypoints.report --runs main
	@echo "this was a demonstration; \`make main\` does it with the paper's network and epochs"

train: $(READY)  ## train one denoiser with Psi watched; ARGS="--experiment demo1 --perceptual_weight psi:0.95"
	@$(if $(DATA),PI_DATA="$(DATA)") $(BIN)/python -m entrypoints.train $(if $(DATA),--data folder) $(ARGS)

evaluate: $(READY)  ## measure RUN's denoiser, or anybody's, on whole slices; ARGS=parameters
	@$(if $(DATA),PI_DATA="$(DATA)") $(BIN)/python -m entrypoints.evaluate $(if $(RUN),--run "$(RUN)") $(if $(DATA),--data folder) $(ARGS)

search: $(READY)  ## search lambda with Optuna; ARGS=parameters
	@$(if $(DATA),PI_DATA="$(DATA)") $(BIN)/python -m entrypoints.search $(if $(DATA),--data folder) $(ARGS)

compare: $(READY)  ## compare the runs of the newest `main`, or ARGS="--runs ID,ID"; ends with a report
	@$(BIN)/python -m entrypoints.compare $(ARGS)

screen: $(READY)  ## which encoder, layer and distance are worth a lambda, before any training; ARGS=parameters
	@$(if $(DATA),PI_DATA="$(DATA)") $(BIN)/python -m entrypoints.screen $(if $(DATA),--data folder) $(ARGS)

promote: $(READY)  ## make RUN's denoiser the champion of the registry; ARGS=parameters
	@$(BIN)/python -m entrypoints.promote --run "$(RUN)" $(ARGS)

report: $(READY)  ## the whole MLflow experiment as one HTML page; ARGS="--runs ID --to FILE"
	@$(BIN)/python -m entrypoints.report $(ARGS)

presets: $(READY)  ## list the losses of the literature, and what is known of each
	@$(BIN)/python -m entrypoints.presets $(ARGS)

pretrain: $(READY)  ## make a medical context; DATA=folder of CT files (or, with --task supervised, of images), ARGS=parameters
	@$(if $(DATA),PI_DATA="$(DATA)") $(BIN)/python -m entrypoints.pretrain $(if $(DATA),--data folder) $(ARGS)

simulate: $(READY)  ## make the simulated study; SIZE=tiny, small, full or many
	@$(BIN)/python -m entrypoints.simulate --size $(SIZE) $(ARGS)

prepare: $(READY)  ## DATA=folder of CT files into the store called NAME
	@$(BIN)/python -m entrypoints.prepare --source "$(DATA)" --name "$(NAME)" $(ARGS)

export: $(READY)  ## TO=new folder for the pairs of a store, as NumPy or NIfTI; ARGS=parameters
	@$(if $(TO),PI_EXPORT="$(TO)") $(BIN)/python -m entrypoints.export $(ARGS)

denoise: $(READY)  ## DATA=folder of a scan, RUN=whose denoiser, TO=new folder for the denoised scan
	@$(if $(DATA),PI_DATA="$(DATA)") $(if $(TO),PI_DENOISED="$(TO)") $(BIN)/python -m entrypoints.denoise --run "$(RUN)" $(ARGS)

sync: $(READY)  ## send what runs logged here while the tracking store was away; ARGS=parameters
	@$(BIN)/python -m entrypoints.sync $(ARGS)

tidy: $(READY)  ## list and clear what processes left that are gone; ARGS=parameters
	@$(BIN)/python -m entrypoints.tidy $(ARGS)

ui: $(READY)  ## start the MLflow UI on the loopback address, over mlflow.db here
	@echo "model training: http://127.0.0.1:5000/#/experiments/0/runs?workflowType=machine_learning (a plain address opens GenAI's pages)"
	@MLFLOW_BACKEND_STORE_URI="$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}" $(BIN)/mlflow ui --workers 1

dashboard: $(READY)  ## start the dashboard on the loopback address, over the same store as `make ui`
	@$(BIN)/python -m dashboards $(ARGS)

# A worker per processor, each of one thread: more would wait for each other.
test: $(READY)  ## the tests, on every processor (at most 8); ARGS=parameters of pytest
	@TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist worksteal $(ARGS)

test-slow: $(READY)  ## the slow tests: minutes long, some need Chromium or the network's absence
	@$(BIN)/python -m pytest -m slow $(ARGS)

test-torch: .venv-torch/.ready  ## the tests of pi.torch and its examples, in an environment of their own
	@.venv-torch/bin/python -m pytest --confcutdir=tests/pytorch tests/pytorch $(ARGS)

lint: $(READY)  ## style, types, import contracts
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports --no-cache) || { echo "$$said"; exit 1; }

format: $(READY)
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

docs: $(READY)  ## the documentation as pages in site/, which need no network
	@$(BIN)/python -m docs.made
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

benchmarks: $(READY)  ## every benchmark; prints ratios, minutes long
	@for file in $(filter-out benchmarks/gpu_check.py,$(wildcard benchmarks/*.py)); do $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done

gpu-check: $(READY)  ## what the GPU here does and how fast, in under eight minutes; writes gpu-check.json
	@$(BIN)/python -m benchmarks.gpu_check $(ARGS)

screenshots: $(READY)  ## the pictures in the README, from mlflow.db here; needs Chromium
	@$(BIN)/python -m dashboards.screenshots

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --group dev \
	--extra platform --extra dashboard --extra team --extra cluster pyproject.toml

lock: $(READY)  ## resolve the dependencies anew: requirements.lock, requirements-gpu.lock, conda.yaml
	@$(COMPILE) --upgrade -o requirements.lock
	@$(COMPILE) --upgrade --extra gpu --constraint requirements.lock -o requirements-gpu.lock
	@$(MAKE) --no-print-directory conda.yaml

conda.yaml: requirements.lock pyproject.toml | $(READY)
	@{ printf '%s\n' \
		'# Made by `make lock` from requirements.lock. Only other people'"'"'s packages: listing this' \
		'# project itself would let a second clone import the first clone'"'"'s code.' \
		'name: perceptual-influence' 'channels:' '  - conda-forge' 'dependencies:' \
		'  - python=3.11' '  - pip' '  - pip:'; \
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
		--no-header --no-annotate --constraint requirements.lock --extra platform pyproject.toml \
		| sed 's/^/      - /'; } > $@.new && mv $@.new $@

MLproject: $(wildcard pi/parameters/*.py) pi/choices.py | $(READY)  ## make it anew of the declarations in pi/parameters
	@$(BIN)/python -m pi.parameters.project_file > $@.new && mv $@.new $@

# pip brings uv (at the locked version), and uv brings the rest in seconds, every hash checked, and
# compiles it as pip would: without, each command that needs TensorFlow compiles it for ten seconds
# where Python may write nothing beside its packages, and the first one does anywhere. `make lock`
# writes both locks, so that the time of one tells that of both; GPU=on and GPU=off choose.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and f"Python 3.11 to 3.13 is needed, but $(PYTHON) is {sys.version.split()[0]}; name another with PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@lock=$$(sh environment/lock_file.sh "$(GPU)") || exit 1; \
		echo "building the environment of $$lock in .venv (once; gigabytes)"; \
		$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python \
			--require-hashes -r "$$lock"
	@touch $@

# PyTorch for the processor alone is what pip finds first where a local index has it; else PyPI's own
# wheel, which brings CUDA (gigabytes). Nothing else of the platform is needed.
.venv-torch/.ready: pyproject.toml
	@echo "building the environment of PyTorch in .venv-torch (once; 1 GB or more)"
	@$(PYTHON) -m venv .venv-torch
	@.venv-torch/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 \
		numpy scipy pandas pytest hypothesis 2>&1 | grep -v "is ignored" || true
	@.venv-torch/bin/python -m pip install --quiet --disable-pip-version-check --no-deps piq==0.8.0 \
		2>&1 | grep -v "is ignored" || true
	@.venv-torch/bin/python -c "import torch, pandas"
	@touch $@

clean:  ## remove the environment; results and caches stay
	@rm -rf .venv .venv-torch site
