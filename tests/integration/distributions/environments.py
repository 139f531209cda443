"""Virtual environments that hold what pip installs of some wheels, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.lock import lock_file
from dev.service import clean_environment


@dataclass(frozen=True)
class Environment:
    """A virtual environment, used from a folder in which nothing of the checkout is found."""

    folder: Path
    workplace: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    def run(
        self, program: str, *arguments: str, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs one of its programs to the end."""
        return subprocess.run(
            [self.program(program), *arguments],
            env={**foreign_environment(), **variables},
            cwd=self.workplace,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=check,
            timeout=300,
        )


def foreign_environment() -> Mapping[str, str]:
    """This process's variables without what would lead a program into the checkout."""
    return {name: value for name, value in clean_environment().items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def installed(folder: Path, wheels: Sequence[str], lock: str | None = "servers") -> Environment:
    """An environment into which pip has installed the wheels with what they ask for, in the locked versions; None: in
    the versions that they ask for themselves."""
    environment = Environment(folder / "venv", folder / "workplace")
    environment.workplace.mkdir(parents=True)
    venv.EnvBuilder(with_pip=True, symlinks=True).create(environment.folder)
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(_pins(lock_file(lock)) if lock else []), encoding="utf-8")
    environment.run("python", "-m", "pip", "install", "--quiet", "--constraint", str(constraints), *wheels)
    return environment


def _pins(lock: Path) -> list[str]:
    """The lines ``name==version`` without hashes, which pip would want of our own wheels too."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [f"{line.removesuffix(chr(92)).rstrip()}\n" for line in lines if "==" in line and not line.startswith("#")]


def built_wheel(project: Path, folder: Path) -> Path:
    """The wheel that a fresh build of a project's folder makes."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=project, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
