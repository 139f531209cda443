"""The commands behind the Makefile: ``python3 -m dev COMMAND [ARGUMENT...]``, with any Python that is new enough.

Prepares what the command needs and then replaces itself with the virtual environment's interpreter.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from dev import (
    chromium,
    compose,
    databases,
    engine,
    express,
    gvisor,
    helm,
    needs,
    npm,
    page_parts,
    prometheus,
    toolchains,
)
from dev.console import SetupError, say
from dev.environment import ensure_environment
from dev.needs import (
    BROWSER,
    CHECKED,
    COMPOSE,
    DOCS,
    ENGINE_AND_IMAGES,
    EVERYTHING,
    EXAMPLES,
    FROM_NPM,
    HELM,
    PACKAGES,
    THOROUGH,
    WIDGETS,
    Needs,
)
from dev.paths import REPOSITORY, VENV, VENV_PYTHON


@dataclass(frozen=True, slots=True)
class Command:
    """One target of the Makefile."""

    program: tuple[str, ...]
    """Arguments of the virtual environment's Python."""
    needs: Needs


_BUILD_IMAGES = ("-m", "sandbox.builder")
BENCH = Needs(frozenset({"servers", "dev", "bench"}), engine=True, images=True, databases=True)
COMMANDS = {
    "setup": Command(("-m", "dev.ready"), ENGINE_AND_IMAGES),
    "demo": Command(("-m", "dev.demo"), Needs(frozenset({"servers"}), engine=True, images=True)),
    "unit": Command(("-m", "pytest", "tests/unit", "tests/contracts", "--fakes"), PACKAGES),
    "test": Command(("-m", "pytest"), EVERYTHING),
    "check": Command(("-m", "dev.check"), CHECKED),
    "fix": Command(("-m", "dev.fix"), PACKAGES),
    "proto": Command(("proto/generate",), PACKAGES),
    "bench": Command(("-m", "bench"), BENCH),
    "chaos": Command(("-m", "pytest", "tests/chaos", "--long"), ENGINE_AND_IMAGES),
    "thorough": Command(("-m", "pytest", *THOROUGH, "--thorough"), EVERYTHING),
    "upgrade": Command(("-m", "dev.upgrade"), ENGINE_AND_IMAGES),
    "compose": Command(("-m", "dev.composed"), COMPOSE),
    "helm": Command(("-m", "pytest", "tests/chart"), HELM),
    "widgets": Command(("-m", "pytest", *FROM_NPM), WIDGETS),
    "docusaurus": Command(("-m", "pytest", "tests/docusaurus"), BROWSER),
    "examples": Command(("-m", "pytest", "tests/examples"), EXAMPLES),
    "mutants": Command(("-m", "dev.mutants"), Needs(frozenset({"dev", "mutants"}))),
    "docs": Command(("-m", "dev.docs"), DOCS),
    "images": Command(_BUILD_IMAGES, Needs(frozenset({"servers"}), engine=True)),
    "languages": Command(("-m", "dev.languages"), Needs(frozenset({"servers", "dev", "bench"}), engine=True)),
    "page-parts": Command(("-m", "dev.page_parts"), PACKAGES),
    "dist": Command(("-m", "dev.dist"), PACKAGES | Needs(page_parts=True)),
    "release": Command(("-m", "dev.release"), Needs(engine=True, page_parts=True)),
    "lock": Command(("-m", "dev.lock"), PACKAGES),
}


_PARTS: dict[str, Callable[[], None]] = {
    "databases": databases.ensure_databases,
    "prometheus": prometheus.ensure_prometheus,
    "chromium": chromium.ensure_chromium,
    "express": express.ensure_express,
    "toolchains": toolchains.ensure_toolchains,
    "npm": npm.ensure_npm,
    "helm": helm.ensure_helm,
    "compose": compose.ensure_compose,
    "engine": engine.ensure_engine,
    "gvisor": gvisor.offer_gvisor,
}
"""By the field of ``Needs``, in the order in which they are prepared."""


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        say(f"python3 -m dev COMMAND [ARGUMENT...], as the Makefile calls it; commands: {', '.join(COMMANDS)}")
        return 2
    name, *rest = arguments
    command = COMMANDS[name]
    wanted = needs.of_tests(rest) if name == "test" else command.needs
    os.chdir(REPOSITORY)
    try:
        _prepare(wanted)
    except SetupError as error:
        say(f"make {name}: {error}")
        return 1
    _enter_environment()
    if wanted.images:
        without = [] if wanted.installers else ["--without-installers"]
        built = subprocess.run([VENV_PYTHON, *_BUILD_IMAGES, *without], check=False, stdin=subprocess.DEVNULL)
        if built.returncode != 0:
            return built.returncode
    program = program_of(name, rest)
    return _become([str(VENV_PYTHON), *program, *rest])


def program_of(name: str, arguments: list[str]) -> tuple[str, ...]:
    """What is run; ``make unit`` runs the named paths in place of all of its tests, ``make test`` all in two runs."""
    program = COMMANDS[name].program
    if name == "test" and not arguments:
        return ("-m", "dev.suite")
    if name == "unit" and any(Path(argument.partition("::")[0]).exists() for argument in arguments):
        return tuple(part for part in program if not part.startswith("tests/"))
    return program


def _prepare(wanted: Needs) -> None:
    """Everything but the images, which the virtual environment builds. Raises SetupError."""
    ensure_environment(wanted.locks)
    for is_wanted, ensure in (
        (wanted.databases, databases.ensure_databases),
        (wanted.prometheus, prometheus.ensure_prometheus),
        (wanted.chromium, chromium.ensure_chromium),
        (wanted.express, express.ensure_express),
        (wanted.toolchains, toolchains.ensure_toolchains),
        (wanted.npm, npm.ensure_npm),
        (wanted.page_parts, page_parts.ensure_page_parts),
        (wanted.helm, helm.ensure_helm),
        (wanted.compose, compose.ensure_compose),
        (wanted.engine, engine.ensure_engine),
        (wanted.gvisor, gvisor.offer_gvisor),
    ):
        if is_wanted:
            ensure()


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
