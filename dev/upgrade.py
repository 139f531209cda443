"""``make upgrade [ARGS=REF]``: exchanges gateway and node of another version by this checkout's, and back, under load.

``REF`` is anything that git knows; without it, it is the last tag or, before the first one, the commit that set
``VERSION``. What is after it goes to pytest. That version is laid out below ``.run/versions``, with a virtual
environment of its own; it stays there for the next time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev.console import SetupError, say, step
from dev.paths import REPOSITORY, RUN, VENV_PYTHON

VERSIONS = RUN / "versions"
_SET_UP = "from dev.environment import ensure_environment; ensure_environment(frozenset({'servers'}))"
_TESTS = ("-m", "pytest", "tests/chaos/test_upgrade.py")


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    ref, options = (given[0], given[1:]) if given and not given[0].startswith("-") else (usual_ref(), given)
    try:
        checkout = laid_out(_commit(ref))
    except SetupError as error:
        say(f"make upgrade: {error}")
        return 1
    return subprocess.run([VENV_PYTHON, *_TESTS, f"--upgrade-from={checkout}", *options], check=False).returncode


def usual_ref() -> str:
    """The last tag, or the commit that set the version."""
    tagged = _git("describe", "--tags", "--abbrev=0", check=False)
    return tagged or _git("log", "-1", "--format=%H", "--", "VERSION")


def _commit(ref: str) -> str:
    """Raises SetupError for a name that git does not know."""
    commit = _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", check=False)
    if not commit:
        raise SetupError(f"git knows no commit {ref}: name one with ARGS=REF.")
    return commit


def laid_out(commit: str) -> Path:
    """The folder with this commit's files, and its own environment in ``.venv``. Raises SetupError."""
    folder = VERSIONS / commit[:12]
    done = folder / ".run" / "ready"
    if done.exists():
        return folder
    with step(f"laying out {_git('describe', '--tags', '--always', commit)} in {folder.relative_to(REPOSITORY)}"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        archive = subprocess.run(["git", "archive", commit], cwd=REPOSITORY, capture_output=True, check=True).stdout
        subprocess.run(["tar", "--extract", "--directory", folder], input=archive, check=True)
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        made = subprocess.run([sys.executable, "-c", _SET_UP], cwd=folder, env=environment, check=False)
        if made.returncode != 0:
            raise SetupError(f"the environment of {commit[:12]} cannot be made.")
    done.parent.mkdir(exist_ok=True)
    done.touch()
    return folder


def _git(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=check)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
