"""Lists of packages with their hashes, in pip's form: ``NAME --hash=sha256:HEX``, ``#`` before comments."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_LINE = re.compile(r"(\S+)\s+--hash=sha256:([0-9a-f]{64})")


class FetchError(Exception):
    """Raised where packages cannot be had; the message is the reason, in one sentence."""


class Pinned(NamedTuple):
    """A package by its name and version, as its registry spells them, and the SHA-256 of its file, in hexadecimal."""

    name: str
    sha256: str


def read_pinned(listed: Path) -> list[Pinned]:
    """The packages of a list. Raises FetchError."""
    text = re.sub(r"#.*", "", listed.read_text(encoding="utf-8")).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [(line, _LINE.fullmatch(line)) for line in lines]
    wrong = next((line for line, match in found if match is None), "")
    if wrong:
        raise FetchError(f"{listed.name} has a line without a version and its hash: {wrong}.")
    return [Pinned(match[1], match[2]) for _, match in found if match is not None]


def check(path: Path, pinned: Pinned) -> None:
    """Raises FetchError where the file is not the package that was meant."""
    if not path.is_file():
        raise FetchError(f"{pinned.name} was not fetched.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != pinned.sha256:
        raise FetchError(f"{pinned.name} has the hash {found}, and not that of the list.")


def run(program: str, package: str, arguments: Sequence[str], folder: Path, **env: str) -> str:
    """What a program of this machine printed, run in the folder; ``package`` is Debian's that has it. Raises FetchError
    where there is none, or with the first that it says of its failure."""
    found = shutil.which(program)
    if found is None:
        raise FetchError(f"this machine has no {program} (Debian: apt-get install {package}).")
    done = subprocess.run(
        [found, *arguments],
        cwd=folder,
        env={**env, **os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise FetchError(_reason(program, done))
    return done.stdout


def _reason(program: str, done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines()]
    said = [line for line in lines if re.match(r"\[ERROR\]|npm (ERR!|error)", line)]
    words = re.sub(r"^(\[ERROR\]|npm (ERR!|error))\s*", "", next(iter(said), ""))
    return " ".join(words.split())[:300] or f"{program} ended with {done.returncode}."
