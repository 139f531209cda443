"""``make compose``: builds the images of ``deploy/compose`` that are out of date, brings its files up for a test, and
takes them down again. What is not committed counts where git knows the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dev.console import say, step
from dev.locks import exclusive
from dev.paths import REPOSITORY, VENV_PYTHON
from dev.service_images import build_neighbours, build_services
from sandbox.builder.content import ImageError
from sandbox.builder.engine import Engine

_TESTS = "tests/compose"
_AS_SOMEBODY = ("-c", "user.name=compose", "-c", "user.email=compose@localhost")


def main() -> int:
    with exclusive("composed"):
        try:
            with step("images of deploy/compose"):
                engine = Engine.connect()
                build_services(engine, commit_of_this())
                build_neighbours(engine)
        except ImageError as error:
            say(f"make compose: {error}")
            return 1
        return _test(sys.argv[1:])


def commit_of_this() -> str:
    """A commit of the files as they are: git makes it, and nothing points to it. HEAD where nothing has changed."""
    return _git(*_AS_SOMEBODY, "stash", "create") or _git("rev-parse", "HEAD")


def _test(arguments: list[str]) -> int:
    """The exit code of the tests. A Ctrl-C goes to them as well: they take down what they brought up."""
    named = any(Path(argument.partition("::")[0]).exists() for argument in arguments)
    tests = subprocess.Popen([VENV_PYTHON, "-m", "pytest", *([] if named else [_TESTS]), *arguments])
    while True:
        try:
            return tests.wait()
        except KeyboardInterrupt:
            continue


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
