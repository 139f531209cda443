"""The content of an image: what it is made of, and the hash that says whether it must be built again. Reads files;
knows no engine."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = "coderunner"
CONTENT_LABEL = "coderunner.content"
"""Image label that carries the content hash."""

_ARG = re.compile(r"^ARG\s+(\w+)", re.MULTILINE)
_FROM = re.compile(r"^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.MULTILINE | re.IGNORECASE)


class ImageError(Exception):
    """Raised where an image cannot be built; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """One directory with a Dockerfile; its tag is ``coderunner/<directory name>``."""

    name: str
    directory: Path

    @property
    def tag(self) -> str:
        """The image's name in the engine."""
        return f"{REPOSITORY}/{self.name}"

    @property
    def parents(self) -> tuple[str, ...]:
        """Names of those of our own images that the Dockerfile builds on."""
        ours = [base.partition("/")[2].partition(":")[0] for base, _ in self._froms() if _is_ours(base)]
        return tuple(dict.fromkeys(ours))

    def bases(self, build_args: Mapping[str, str]) -> tuple[str, ...]:
        """Tags of the images of others that it starts from."""
        stages = {name for _, name in self._froms()} | {"scratch"}
        others = [base for base, _ in self._froms() if not _is_ours(base) and base not in stages]
        told = {spelt: value for name, value in build_args.items() for spelt in (f"${name}", f"${{{name}}}")}
        return tuple(dict.fromkeys(told.get(base, base) for base in others))

    def _froms(self) -> list[tuple[str, str]]:
        """What each stage starts from, and the stage's name where it has one."""
        return _FROM.findall((self.directory / "Dockerfile").read_text(encoding="utf-8"))

    @property
    def arguments(self) -> frozenset[str]:
        """Names of the build arguments that the Dockerfile takes."""
        return frozenset(_ARG.findall((self.directory / "Dockerfile").read_text(encoding="utf-8")))

    def files(self) -> list[Path]:
        """The files and links of the build context, sorted; no caches, no hidden files. A link is not followed."""
        found = (path for path in self.directory.rglob("*") if path.is_file() or path.is_symlink())
        return sorted(path for path in found if not _ignored(path.relative_to(self.directory)))


def discover(root: Path) -> dict[str, ImageSource]:
    """Every directory of ``root`` that holds a Dockerfile, by name."""
    return {path.parent.name: ImageSource(path.parent.name, path.parent) for path in sorted(root.glob("*/Dockerfile"))}


def build_order(sources: Mapping[str, ImageSource], wanted: Iterable[str]) -> list[ImageSource]:
    """The wanted images and what they build on, parents first. Raises ImageError for an unknown name or a cycle."""
    ordered: dict[str, ImageSource] = {}

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ImageError(f"Images build on each other in a circle: {' -> '.join((*path, name))}.")
        if name not in sources:
            raise ImageError(f"There is no image {name!r}; known are {', '.join(sources)}.")
        for parent in sources[name].parents:
            add(parent, (*path, name))
        ordered.setdefault(name, sources[name])

    for name in wanted:
        add(name, ())
    return list(ordered.values())


def content_hashes(order: Iterable[ImageSource], build_args: Mapping[str, str]) -> dict[str, str]:
    """By image name: SHA-256 of its context, the build arguments it takes and its parents' hashes.

    ``order`` is parents first.
    """
    hashes: dict[str, str] = {}
    for source in order:
        digest = hashlib.sha256()
        for key, value in sorted(build_args.items()):
            if key in source.arguments:
                _feed(digest, "argument", key, value.encode())
        for parent in source.parents:
            _feed(digest, "parent", parent, hashes[parent].encode())
        for path in source.files():
            kind, content = _kind_and_content(path)
            _feed(digest, kind, path.relative_to(source.directory).as_posix(), content)
        hashes[source.name] = digest.hexdigest()
    return hashes


def _kind_and_content(path: Path) -> tuple[str, bytes]:
    if path.is_symlink():
        return "link", os.fsencode(path.readlink())
    return "program" if path.stat().st_mode & 0o111 else "file", path.read_bytes()


def _feed(digest: hashlib._Hash, kind: str, name: str, content: bytes) -> None:
    digest.update(f"{kind} {len(name)} {name} {len(content)} ".encode())
    digest.update(content)


def _is_ours(tag: str) -> bool:
    return tag.startswith(f"{REPOSITORY}/")


def _ignored(relative: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
