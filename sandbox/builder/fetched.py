"""What an image has from package registries: wheels of PyPI, packages of npm, jars of Maven Central. This machine's own
tools fetch them, so that their registries, certificates and proxies count; a build step needs none of them.

``wheels.txt``, ``npm.txt`` or ``jars.txt`` beside a Dockerfile names them, each with its version and its hash; they
stand in the build's context in ``wheels/``, ``npm/`` and ``jars/`` (docs/adr/0044-a-language-from-where-it-is.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sandbox.builder.content import ImageError, ImageSource
from sandbox.builder.jars import fetch_jars
from sandbox.builder.npm import fetch_packages
from sandbox.builder.pinned import FetchError
from sandbox.builder.wheels import fetch_wheels

Say = Callable[[str], None]


class Registry(NamedTuple):
    """A kind of package: what its files are called, what fetches them, and the program that this takes."""

    called: str
    fetch: Callable[[Path, Path], None]
    """From a list into a folder. Raises FetchError."""
    program: str = ""
    """Empty where it comes with this Python."""


REGISTRIES = {
    "wheels": Registry("wheels", fetch_wheels),
    "npm": Registry("npm packages", fetch_packages, "npm"),
    "jars": Registry("jars", fetch_jars, "mvn"),
}
"""By the folder in the build's context; the list is called as that is."""


@contextmanager
def fetched(source: ImageSource, say: Say) -> Iterator[dict[str, Path]]:
    """Files by their names in the image's build context, for as long as the block runs. Raises ImageError."""
    files: dict[str, Path] = {}
    with TemporaryDirectory(prefix="coderunner-fetched-") as scratch:
        for place, registry in REGISTRIES.items():
            listed = _list(source, place)
            if not listed.is_file():
                continue
            folder = Path(scratch) / place
            folder.mkdir()
            say(f"fetching the {registry.called} of {listed.name}")
            try:
                registry.fetch(listed, folder)
            except FetchError as error:
                raise ImageError(f"The {registry.called} of {source.tag} cannot be had: {error}") from error
            files |= {f"{place}/{path.name}": path for path in sorted(folder.iterdir())}
        yield files


def programs(source: ImageSource) -> set[str]:
    """Names of the programs of this machine that the image's files are fetched with."""
    return {one.program for place, one in REGISTRIES.items() if one.program and _list(source, place).is_file()}


def _list(source: ImageSource, place: str) -> Path:
    return source.directory / f"{place}.txt"
