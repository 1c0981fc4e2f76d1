# What each target runs is what CONTRIBUTING.md gives as plain lines.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check train bench bench-news bench-quality bench-spark hardening clean

demo: .venv/installed
	$(BIN)/classify seeds/000_cc08b8aa00154e8c.txt --format table

test: .venv/installed-test
	$(BIN)/python -m pytest

check: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --doctest-modules tests/conftest.py model training

train: .venv/installed
	$(BIN)/palermo train

bench: .venv/installed-bench
	$(BIN)/python tests/benchmarks/all.py

bench-news: .venv/installed-bench-news
	cd tests && ../$(BIN)/python -m benchmarks.news

bench-quality: .venv/installed-bench-quality
	cd tests && ../$(BIN)/python -m benchmarks.quality $(if $(ROWS),--rows $(ROWS)) --output ../artifacts/plots

hardening: .venv/installed-hardening
	cd tests && ../$(BIN)/python -m hardening.all --write

bench-spark: .venv/installed-spark
	cd tests && ../$(BIN)/python -m benchmarks.spark

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "palermo needs Python 3.11 or newer, this is %d.%d; name one: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

.venv/installed-%: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$*]"
	touch $@
