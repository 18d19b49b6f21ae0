# Everything that a user or developer runs; each target makes .venv first where it is missing.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
DEVELOPING := .venv/.developing

.PHONY: demo test check bench clean
demo: $(INSTALLED)  ## the project's main job on real input: a table, a plot and a film for two scenarios
	$(BIN)/sandbox compare gilded_cage --seeds 10 --horizon 1,3,12 --out results/gilded_cage \
		--rewards task,empowerment,kindness:horizon=3,kindness:horizon=12,empowerment+kindness:horizon=12
	$(BIN)/sandbox compare two_doors --seeds 10 --horizon 1,4 --out results/two_doors \
		--rewards task,empowerment,kindness:horizon=1,kindness:horizon=4,task+kindness:horizon=4

test: $(DEVELOPING)  ## all tests, notebook included
	$(BIN)/python -m pytest -n 2 --dist loadfile tests
	$(BIN)/python -m pytest --nbmake notebooks/*.ipynb

check: $(DEVELOPING)  ## style, types, import contracts, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 -m "not slow" tests

bench: $(DEVELOPING)  ## speed, as ratios measured in one run
	$(BIN)/pip install -q -c constraints.txt -e ".[bench]"
	$(BIN)/python benchmarks/world.py
	$(BIN)/python benchmarks/empowerment.py --quick
	$(BIN)/python benchmarks/formulations.py
	$(BIN)/python benchmarks/viewer.py
	$(BIN)/python benchmarks/gpu.py
	$(BIN)/python benchmarks/training.py

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(DEVELOPING): $(INSTALLED)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:  ## remove the virtual environment and results
	rm -rf .venv results
