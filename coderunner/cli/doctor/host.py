"""The machine itself: Python, packages, disk, clock; and whether it is a client's or a server's."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from coderunner.cli.doctor.finding import Finding, ok, warning, wrong

CHECKOUT = Path(__file__).resolve().parents[3]
"""The folder that the package ``coderunner`` is in: a checkout, or where pip has installed it."""
CLIENTS_MACHINE = "this is a client's machine (coderunner-server is not installed here)"
_PROJECTS = CHECKOUT / "distributions"
_OLDEST_PYTHON = (3, 11)
_LITTLE_DISK_BYTES = 5 << 30  # the sandbox images alone take about 2 GiB
_NO_DISK_BYTES = 1 << 30
_RELEASED_S = 1_790_000_000  # September 2026: no clock that is right shows an earlier time
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)")
_BOUND = re.compile(r"(>=|<)\s*([\d.]+)")


def is_clients_machine() -> bool:
    """True where neither coderunner-server nor a checkout is: what a server is made of is not expected here."""
    return importlib.util.find_spec("broker_gateway") is None


def python() -> Iterator[Finding]:
    """Checks that this Python is new enough."""
    found = sys.version.split()[0]
    if sys.version_info >= _OLDEST_PYTHON:
        yield ok("python", f"{found} at {sys.executable}")
    else:
        yield wrong("python", f"{found} is too old; 3.11 or newer is needed", "apt-get install -y python3 python3-venv")


def packages() -> Iterator[Finding]:
    """Checks that the packages that CodeRunner needs are installed, in versions that suit it."""
    needed = _requirements()
    problems = [problem for requirement in needed if (problem := _problem(requirement))]
    if problems:
        mend = "make setup" if _PROJECTS.exists() else "pip install --upgrade " + " ".join(_distributions())
        yield wrong("packages", "; ".join(problems), mend)
    else:
        yield ok("packages", f"all {len(needed)} are there")


def disk(folders: tuple[str, ...] = ("/", "/var/lib/docker")) -> Iterator[Finding]:
    """Checks the free space of the file systems that fill up."""
    for folder in folders:
        if not Path(folder).exists():
            continue
        free = shutil.disk_usage(folder).free
        says = f"{free / (1 << 30):.1f} GiB free on {folder}"
        mend = "docker system prune; docker builder prune"
        if free < _NO_DISK_BYTES:
            yield wrong("disk", says, mend)
        elif free < _LITTLE_DISK_BYTES:
            yield warning("disk", says, mend)
        else:
            yield ok("disk", says)


def clock() -> Iterator[Finding]:
    """Checks that the clock shows a time after this was written."""
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    if time.time() < _RELEASED_S:
        yield wrong("clock", f"it shows {now}, which is in the past", "timedatectl set-ntp true")
    else:
        yield ok("clock", now)


def _requirements() -> list[str]:
    """What the installed distributions ask for, or else what the checkout's client does."""
    declared = [line for name in _distributions() for line in importlib.metadata.requires(name) or []]
    project = _PROJECTS / "coderunner" / "pyproject.toml"
    if not declared and project.exists():
        declared = tomllib.loads(project.read_text("utf-8"))["project"]["dependencies"]
    return sorted({requirement for requirement in declared if "extra ==" not in requirement})


def _distributions() -> list[str]:
    """Which of the two are installed."""
    return [name for name in ("coderunner", "coderunner-server") if _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _problem(requirement: str) -> str:
    """What is wrong with one package; empty where nothing is."""
    match = _REQUIREMENT.match(requirement)
    if match is None:
        return ""
    name, bounds = match.groups()
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return f"{name} is missing"
    for relation, bound in _BOUND.findall(bounds):
        if (_numbers(found) >= _numbers(bound)) != (relation == ">="):
            return f"{name} is {found}, needed is {bounds.strip()}"
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.split("+", maxsplit=1)[0])[:3])
