# Every target does its own set-up: virtual environment, packages, and (where it needs them) a Docker engine and sandbox images.
# Needs Python 3.11 or newer and make. ARGS="..." is handed on: make test ARGS="-k cancel".

PYTHON ?= python3
ARGS ?=
DEV = $(PYTHON) -m dev

.PHONY: help setup demo stop unit test check fix proto bench chaos thorough helm compose docusaurus widgets upgrade examples mutants docs images languages page-parts dist release lock clean

help:
	@echo "make setup   install everything: virtual environment, Docker engine, sandbox images"
	@echo "make demo    start NATS, etcd, gateway and one node in the background; run one program per language"
	@echo "make stop    stop what make demo started"
	@echo "make unit    the tests that need no servers and no Docker (under a minute)"
	@echo "make test    the whole test suite, on real NATS, etcd and Docker; ARGS=tests/unit prepares only what those need"
	@echo "make check   lint, format, types, layers, stale stubs, the documentation site"
	@echo "make fix     mend and format what can be mended"
	@echo "make proto   generate the stubs in coderunner/v1 from proto/"
	@echo "make bench   the benchmark tables"
	@echo "make chaos   the long fault tests"
	@echo "make thorough  more of what make test shows: all attacks under gVisor, the compilers' own words and code for more programs"
	@echo "make widgets  what npm fetches, in a browser: xterm.js and CodeMirror in our element, codapi's own widget; others' clients"
	@echo "make upgrade  exchange another version's gateway and node by ours, and back, under load; ARGS=REF (default: the last tag)"
	@echo "make helm    the Helm chart, rendered by Helm and held to the schemas of Kubernetes (Helm is built first, with Go)"
	@echo "make compose  brings deploy/compose up, runs programs in it, takes it down again"
	@echo "make docusaurus  a site that Docusaurus makes with our plug-in, read in a browser (npm fetches it)"
	@echo "make examples  backends in Go, Java and Node.js with stubs of their own, built and run on a gateway (Go, Maven and npm fetch)"
	@echo "make mutants  a random sample of mutants against the unit tests; ARGS=\"--sample 60 --seed 7\""
	@echo "make docs    the documentation site, into build/site; nothing of it asks the network"
	@echo "make images  build the default languages' images that are out of date; ARGS=--all builds every one"
	@echo "make languages  build, test and measure every language, which takes hours; ARGS=\"lua perl\" does these alone"
	@echo "make page-parts  xterm.js and CodeMirror, which pages fetch where a block asks for them (npm fetches them)"
	@echo "make dist    build the wheels and sdists of coderunner and coderunner-server into dist/"
	@echo "make release  wheels, sdists and images of the version in VERSION, each with its digest"
	@echo "make lock    renew requirements/*.lock, from which .venv is made"
	@echo "make clean   make stop, and remove .venv, .run and caches"

setup demo unit test check fix proto bench chaos thorough helm compose docusaurus widgets upgrade examples mutants docs images languages page-parts dist release lock:
	@$(DEV) $@ $(ARGS)

stop:
	@$(PYTHON) -m dev.stop

clean: stop
	@rm -rf .venv .run build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
