"""Debian's backports: newer packages for the release that runs, from where the release itself is taken."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.console import SetupError

_OS_RELEASE = Path("/etc/os-release")
_SOURCES = Path("/etc/apt")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@contextmanager
def backports() -> Iterator[tuple[list[str], list[str]]]:
    """The options with which ``apt-get`` sees them, and those with which it installs from them. Raises SetupError."""
    release = _release()
    with tempfile.NamedTemporaryFile("w", suffix=".list") as extra:
        extra.write(f"deb [signed-by={_KEYRING}] {_mirror(release)} {release}-backports main\n")
        extra.flush()
        Path(extra.name).chmod(0o644)
        source = ["-o", f"Dir::Etc::sourcelist={extra.name}", "-o", "APT::Get::List-Cleanup=0"]
        yield source, ["-t", f"{release}-backports"]


def _release() -> str:
    found = re.search(r"^VERSION_CODENAME=(\w+)", _OS_RELEASE.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SetupError("this Debian has no release name")
    return found[1]


def _mirror(release: str) -> str:
    """The address that the release itself is taken from."""
    for path in sorted([_SOURCES / "sources.list", *(_SOURCES / "sources.list.d").glob("*.*")]):
        text = path.read_text(encoding="utf-8") if path.suffix in (".list", ".sources") and path.is_file() else ""
        for stanza in re.split(r"\n\s*\n", text):
            uri = re.search(r"^URIs:\s*(\S+)", stanza, re.MULTILINE)
            if uri and re.search(rf"^Suites:.*\b{release}(\s|$)", stanza, re.MULTILINE):
                return uri[1]
        line = re.search(rf"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+{release}\s", text, re.MULTILINE)
        if line:
            return line[1]
    raise SetupError(f"no package source of {release} is configured")
