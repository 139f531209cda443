"""``make lock``: writes requirements/*.lock, the exact packages with their hashes that ``.venv`` is made from.

One resolution, for every Python from 3.11 on and every platform, serves all files: one environment can hold them all.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev.console import SetupError, say, step
from dev.environment import LOCKS, PROJECTS
from dev.paths import REPOSITORY

CLIENT, SERVER = (project / "pyproject.toml" for project in PROJECTS)
WORKSPACE = REPOSITORY / "pyproject.toml"
_OLDEST_PYTHON = "3.11"


def lock_file(name: str) -> Path:
    """The lock file of ``servers``, ``dev``, ``mutants``, ``docs``, ``bench`` or ``helm``."""
    return LOCKS / f"{name}.lock"


def requirements() -> dict[str, list[str]]:
    """By lock file: what the pyproject files ask for. Each holds what both distributions and their build need."""
    groups = _read(WORKSPACE)["dependency-groups"]
    both = [*declared(CLIENT), *declared(SERVER), *groups["build"]]
    return {
        "servers": [*both, *optional(SERVER, "servers")],
        "dev": [*both, *groups["dev"], *optional(CLIENT, "docs", "mcp"), *optional(SERVER, "tracing")],
        "mutants": [*both, *groups["mutants"]],
        "docs": [*both, *groups["docs"]],
        "bench": [*both, *groups["bench"]],
        "helm": [*both, *groups["helm"]],
    }


def declared(project: Path) -> list[str]:
    """The dependencies that a distribution's pyproject.toml lists; ours on each other are not among them."""
    content = _read(project)
    if "dependencies" in content["project"]:
        return list(content["project"]["dependencies"])
    return list(content["tool"]["hatch"]["metadata"]["hooks"]["custom"]["dependencies"])


def optional(project: Path, *extras: str) -> list[str]:
    """What some of a distribution's extras bring."""
    known = _read(project)["project"]["optional-dependencies"]
    return [one for extra in extras for one in known[extra]]


def main() -> int:
    wanted = requirements()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            whole = Path(scratch) / "whole.lock"
            with step("resolving all of them together"):
                _compile([line for lines in wanted.values() for line in lines], whole)
            for name, lines in wanted.items():
                with step(f"requirements/{name}.lock"):
                    _compile(lines, lock_file(name), "--constraint", str(whole))
    except SetupError as error:
        say(f"make lock: {error}")
        return 1
    return 0


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _compile(lines: Sequence[str], output: Path, *options: str) -> None:
    """Resolves to the newest versions. Raises SetupError with uv's last words."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--output-file", str(output), *options]
    command += ["--upgrade", "--universal", "--python-version", _OLDEST_PYTHON, "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--custom-compile-command", "make lock"]
    done = subprocess.run(command, input="\n".join(lines), cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"uv failed; its last words:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
