"""Installs packages with npm from an index that the node passes on, into a folder that becomes a layer: ``install.py
LAYER PLACE... -- PACKAGE...``. The first place is the registry; the node's answers come on standard input.

No code of a package runs: no scripts, nothing is built, and there is no git.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import index_relay

_NPM = ["node", "--require", "/opt/coderunner/installer/left_out.cjs", "/opt/coderunner/npm/bin/npm-cli.js", "install"]
_NPM += ["--ignore-scripts", "--no-bin-links"]
_NPM += ["--no-audit", "--no-fund", "--no-update-notifier", "--no-package-lock", "--no-progress", "--no-color"]
_NPM += ["--logs-max=0", "--maxsockets=4", "--fetch-retries=1", "--fetch-retry-mintimeout=500"]
LOCK = ".package-lock.json"
"""Below ``node_modules``: what npm has installed."""
_NOT_UNPACKED = "TAR_ENTRY_ERROR"
"""npm warns of a file that it could not unpack, where there is no room left, and is content all the same."""
LEFT_OUT = "could not be had: "
"""``left_out.cjs`` says so of what npm leaves out, as it is optional."""
_NO_NEWS = "Log files were not written"
_TELLS = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@/._~-]*@[0-9][0-9A-Za-z.+-]*")


def main(layer, *words):
    places, packages = words[: words.index("--")], words[words.index("--") + 1 :]
    target, project, scratch = Path(layer, "tree"), Path(layer, "project"), Path(layer, "scratch")
    wanted = _wanted(packages)
    for folder in (target, project, scratch):
        folder.mkdir()
    (project / "package.json").write_text(json.dumps({"private": True, "dependencies": wanted}))
    line = index_relay.Line()
    registry = index_relay.local_address(index_relay.serve(line, places), places[0])
    environment = {**os.environ, "HOME": str(scratch), "TMPDIR": str(scratch)}
    code = _run(npm_command(registry, scratch), registry, places[0], env=environment, cwd=project)
    if code == 0:
        modules = project / "node_modules"
        packages = installed(modules / LOCK)
        (modules / LOCK).unlink()  # it has addresses of this installation
        modules.rename(target / modules.name)
        line.tell(packages)
    return code


def npm_command(registry, scratch):
    """What installs the project in the folder where it runs; ``scratch`` is a folder for what npm needs meanwhile."""
    where = [f"--registry={registry}", f"--cache={scratch}/cache"]
    where += [f"--{whose}config={scratch}/{whose}" for whose in ("user", "global")]  # there are none
    return [*_NPM, *where]


def _run(command, ours, theirs, **options):
    """Runs npm, and passes on what it says, with the registry's address as people know it. Its exit code; 1 where it
    has left out a file or a package."""
    is_unpacked, is_whole, silent = True, True, subprocess.DEVNULL
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, stdin=silent, **said, **options) as npm:
        for line in npm.stdout:
            is_unpacked = is_unpacked and _NOT_UNPACKED not in line
            is_whole = is_whole and not line.startswith(LEFT_OUT)
            if _NO_NEWS not in line:
                sys.stderr.write(line.replace(ours, theirs))
                sys.stderr.flush()
    if not is_unpacked:
        sys.stderr.write("a package has files that cannot be unpacked here\n")
    return npm.returncode or int(not (is_unpacked and is_whole))


def _wanted(packages):
    """The dependencies of a project that needs these: npm takes nothing in them for an option or a file."""
    wanted = {}
    for package in packages:
        name, _, version = package[1:].partition("@")  # the first character may be that of a scope
        name = package[0] + name
        if name in wanted:
            raise SystemExit(f"{name} is named twice: {name}@{wanted[name]}, {package}")
        wanted[name] = version or "*"
    return wanted


def installed(lock):
    """Each package as ``name@version``, wherever in the tree it is."""
    told = set()
    for place, one in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
        name = one.get("name") or place.rpartition("node_modules/")[2]
        told.add(f"{name}@{one.get('version', '')}")
    return sorted(filter(_TELLS.fullmatch, told))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
