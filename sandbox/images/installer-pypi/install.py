"""Installs packages with pip from an index that the node passes on, into a folder that becomes a layer: ``install.py
LAYER PLACE... -- PACKAGE...``. The first place is the index; the node's answers come on standard input.

Packages are chosen, and byte code is made, for the interpreter that runs this. No code of a package runs: wheels only,
and byte code is compiled and never executed.
"""

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

import index_relay

_PIP = [sys.executable, "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-cache-dir"]
_PIP += ["--only-binary=:all:", "--no-compile", "--no-warn-script-location", "--root-user-action=ignore"]
_PIP += ["--progress-bar=off", "--retries=1", "--timeout=60", "--trusted-host=127.0.0.1"]
_START_UP_MODULES = ("sitecustomize", "usercustomize")


def main(layer, *words):
    places, packages = words[: words.index("--")], words[words.index("--") + 1 :]
    target, scratch, report = Path(layer, "tree"), Path(layer, "scratch"), Path(layer, "report.json")
    scratch.mkdir()
    line = index_relay.Line()
    index = index_relay.local_address(index_relay.serve(line, places), places[0])
    where = [f"--index-url={index}", f"--target={target}", f"--report={report}"]
    environment = {**os.environ, "HOME": str(scratch), "TMPDIR": str(scratch), "PIP_CONFIG_FILE": os.devnull}
    code = subprocess.call([*_PIP, *where, "--", *packages], stdin=subprocess.DEVNULL, stdout=2, env=environment)
    if code == 0:
        target.mkdir(exist_ok=True)
        _remove_start_up_code(target)
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH  # no look at its source for each import
        compileall.compile_dir(target, quiet=2, stripdir=target, workers=1, invalidation_mode=unchecked)
        line.tell(_installed(report))
    return code


def _remove_start_up_code(target):
    """Modules that an interpreter which finds the layer would run at its start, though no program imports them."""
    for path in target.iterdir():
        if path.name.partition(".")[0] in _START_UP_MODULES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _installed(report):
    found = [one["metadata"] for one in json.loads(report.read_text(encoding="utf-8"))["install"]]
    return sorted(f"{one['name']}=={one['version']}" for one in found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
