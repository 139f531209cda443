"""What the Makefile calls: ``python3 -m dev COMMAND [ARGUMENT...]``, with any Python that is new enough.

Prepares what the command needs and then replaces itself with the virtual environment's interpreter.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import NoReturn

from dev import engine, gvisor
from dev.console import SetupError, say
from dev.environment import ensure_environment
from dev.paths import REPOSITORY, VENV, VENV_PYTHON


@dataclass(frozen=True, slots=True)
class Command:
    program: tuple[str, ...]
    """Arguments of the virtual environment's Python."""
    extras: frozenset[str] = frozenset({"servers", "dev"})
    docker: bool = False
    images: bool = False
    gvisor: bool = False


_BUILD_IMAGES = ("-m", "sandbox.builder")
COMMANDS = {
    "demo": Command(("-m", "dev.demo"), extras=frozenset({"servers"}), docker=True, images=True),
    "test": Command(("-m", "pytest"), docker=True, images=True, gvisor=True),
    "check": Command(("-m", "dev.check")),
    "proto": Command(("proto/generate",)),
    "bench": Command(("-m", "bench"), extras=frozenset({"servers", "dev", "bench"}), docker=True, images=True),
    "chaos": Command(("-m", "pytest", "tests/chaos", "--long"), docker=True, images=True),
    "images": Command(_BUILD_IMAGES, extras=frozenset({"servers"}), docker=True),
    "setup": Command(("-c", ""), docker=True, images=True),
}


def main(arguments: list[str]) -> int:
    name, *rest = arguments
    command = COMMANDS[name]
    os.chdir(REPOSITORY)
    try:
        ensure_environment(command.extras)
        if command.docker:
            engine.ensure_engine()
        if command.gvisor:
            gvisor.offer_gvisor()
    except SetupError as error:
        say(f"make {name}: {error}")
        return 1
    _enter_environment()
    if command.images:
        built = subprocess.run([VENV_PYTHON, *_BUILD_IMAGES], check=False, stdin=subprocess.DEVNULL)
        if built.returncode != 0:
            return built.returncode
    return _become([str(VENV_PYTHON), *command.program, *rest])


def _become(command: list[str]) -> NoReturn:
    """One process less between make and what it runs: signals and exit codes need no relaying."""
    os.execv(command[0], command)  # noqa: S606  # a shell is what must not be here


def _enter_environment() -> None:
    """What ``activate`` does, for this process and what it becomes."""
    os.environ["VIRTUAL_ENV"] = str(VENV)
    os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ.pop("PYTHONHOME", None)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
