# Everything happens in .venv; nothing has to be installed by hand but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv

# Some containers set this to 1: each of a hundred processes would then compile torch again, which takes it 4 s.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo site test clusters chaos firefox lint types weights bench clean

# torch and torchvision come together, as their builds must match.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(VENV)/installed ## 9 small transfers of three styles, offline; prints where the sheet is
	$(VENV)/bin/sweep quickstart --offline --out runs/demo --set size=224

site: $(VENV)/installed ## the documentation as a site: build/site/index.html
	$(VENV)/bin/python -m mkdocs build --strict

test: $(VENV)/installed ## the whole suite
	$(VENV)/bin/python -m pytest

clusters: $(VENV)/installed ## only the tests on simulated clusters that gain and lose GPUs, machines and drivers; 2 minutes
	$(VENV)/bin/python -m pytest -m clusters

chaos: $(VENV)/installed ## sends a hundred signals to parts of a cluster while it sweeps; 30 minutes
	$(VENV)/bin/python tests/faults/chaos.py --signals 100

firefox: $(VENV)/installed ## looks at a gallery with Firefox; the tests of `make test` use Chromium
	$(VENV)/bin/python -m tests.gallery.firefox

weights: $(VENV)/installed ## makes the embedded networks again (their cards in weights/ say what it costs)
	$(VENV)/bin/python -m weights.training.steerable
	$(VENV)/bin/python -m weights.training
	$(VENV)/bin/python -m weights.training.autopainter

bench: $(VENV)/installed ## measures speed and memory, goal beside measured; half an hour on two idle cores
	$(VENV)/bin/python -m benchmarks

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/installed
	$(VENV)/bin/mypy

clean: ## removes the environment and caches, never results
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
