# Every target does its own set-up: virtual environment, packages, Docker engine, sandbox images.
# Needs Python 3.11 or newer and make. ARGS="..." is handed on: make test ARGS="-k cancel".

PYTHON ?= python3
ARGS ?=
DEV = $(PYTHON) -m dev

.PHONY: help demo stop test check proto bench chaos images clean

help:
	@echo "make demo    start NATS, etcd, gateway and one node in the background; run one program per language"
	@echo "make stop    stop what make demo started"
	@echo "make test    the whole test suite, on real NATS, etcd and Docker"
	@echo "make check   lint, format, types, layers, stale stubs"
	@echo "make proto   generate the stubs in coderunner/v1 from proto/"
	@echo "make bench   the benchmark tables"
	@echo "make chaos   the long fault tests"
	@echo "make images  build the sandbox images that are out of date"
	@echo "make clean   make stop, and remove .venv, .run and caches"

demo test check proto bench chaos images:
	@$(DEV) $@ $(ARGS)

stop:
	@$(PYTHON) -m dev.stop

clean: stop
	@rm -rf .venv .run build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
