# Two commands do everything: `make demo` and `make test`. The rest regenerates what the repository ships.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BUNDLE ?= checkpoints/builtin

.PHONY: demo test lint media bundle evaluate ablation performance latency screens clean

demo: $(STAMP)
	$(BIN)/python app.py --bundle $(BUNDLE)

test: $(STAMP) lint
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The shipped collection and the larger drawn world that the compact encoder also learns from.
media: $(STAMP)
	$(BIN)/python -m ace_core studio --seed 1 --out assets
	$(BIN)/python -m ace_core studio --seed 2 --pictures 4000 --sounds 1500 --clips 700 --out work/world

bundle: $(STAMP)
	$(BIN)/python -m ace_core build assets/manifest.jsonl --extra work/world/manifest.jsonl \
		--config benchmarks/builtin.json --also no_pseudo_queries --also decoder_only --out $(BUNDLE) --work work/builtin

evaluate: $(STAMP)
	$(BIN)/python -m ace_core evaluate $(BUNDLE) --work work/builtin --out benchmarks/results/accuracy.json \
		--readme README.md --report docs/results.md

# Every arm of the plan: hours, and it goes on where it was stopped.
ablation: $(STAMP)
	$(BIN)/python -m ace_core ablate assets/manifest.jsonl --encoder-of $(BUNDLE) --config benchmarks/builtin.json \
		--plan benchmarks/ablation.json --work work/ablation --out benchmarks/results/ablation.json

# On an idle machine: about half an hour.
performance: $(STAMP)
	$(BIN)/python -m ace_core bench scale --hnsw-up-to 1000000 --out benchmarks/results/scale.json
	for name in decode constraint serve quantise; do \
		$(BIN)/python -m ace_core bench $$name --out benchmarks/results/$$name.json || exit 1; done
	$(BIN)/python -m ace_core bench report

latency: $(STAMP)
	$(BIN)/python -m benchmarks.latency $(BUNDLE) --out benchmarks/results/latency.json

screens: $(STAMP)
	$(BIN)/python -m tests.screens

# The lock pins every package; where it does not fit the machine, the ranges of requirements-dev.txt do.
$(STAMP): requirements.txt requirements-dev.txt requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock || \
		$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	touch $(STAMP)

clean:
	rm -rf $(VENV) work .pytest_cache .mypy_cache .ruff_cache
