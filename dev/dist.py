"""``make dist [ARGS=FOLDER]``: builds the wheels and sdists of both distributions into ``dist/`` or another folder."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from dev.console import SetupError, say
from dev.environment import PROJECTS
from dev.paths import REPOSITORY


def build(project: Path, folder: Path) -> list[Path]:
    """Builds a project's sdist and wheel into the folder, without a build environment of its own. Raises SetupError."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    done = subprocess.run(
        command,
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"{project.name} cannot be built; the build's last words:\n{done.stdout[-2000:]}")
    return [Path(line) for line in done.stdout.splitlines() if line.startswith("/")]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make dist", description="Build the wheels and sdists of both distributions.")
    parser.add_argument("folder", nargs="?", type=Path, default=REPOSITORY / "dist", help="where to (default: dist)")
    folder = parser.parse_args(arguments).folder.resolve()
    try:
        for project in PROJECTS:
            for built in build(project, folder):
                say(str(built))
    except SetupError as error:
        say(f"make dist: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
