"""Builds the sandbox images: ``coderunner-node images build [--only python,java | --all | --without-installers]
[--force] [--base IMAGE]``, or ``python -m sandbox.builder`` with the same options.

Needs the ``docker`` SDK and an engine, nothing else. An image whose content has not changed is not touched. Exit code 1
and one sentence on stderr when something is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

from sandbox import IMAGES_DIR, LANGUAGES_DIR
from sandbox.builder.bootstrap import DEFAULT_BASE, bootstrap_base, suite_of
from sandbox.builder.catalogue import images_of
from sandbox.builder.content import ImageError, ImageSource, build_order, content_hashes, discover
from sandbox.builder.engine import Engine, Say

TRIES = 2
"""How often a shipped image is tried: a mirror that breaks off costs no more than the step that it was in."""
PROXY_NAMES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class Progress:
    """Prints a line for each step of a build, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._subject = ""

    def about(self, subject: str) -> Progress:
        """Names the image that the next lines are about."""
        self._subject = subject
        return self

    def __call__(self, line: str) -> None:
        elapsed = time.monotonic() - self._started
        sys.stdout.write(f"[{elapsed:6.1f} s] {self._subject}: {line[:160]}\n")
        sys.stdout.flush()


def wanted_images(only: Sequence[str], *, everything: bool = False, installers: bool = True) -> Sequence[str]:
    """Names of the images to build: those named, or all, or else those of the default languages, with or without what
    installs packages for them. Raises ImageError."""
    if only:
        return only
    return tuple(discover(IMAGES_DIR)) if everything else images_of(LANGUAGES_DIR, default=True, installers=installers)


def build_images(
    names: Sequence[str],
    *,
    base: str = DEFAULT_BASE,
    force: bool = False,
    sources: Mapping[str, ImageSource] | None = None,
    engine: Engine | None = None,
    tries: int = TRIES,
) -> None:
    """Brings the named images and what they build on up to date. ``sources``: all that there are; None: those that are
    shipped. Raises ImageError, once an image has failed ``tries`` times."""
    progress = Progress()
    order = build_order(sources or discover(IMAGES_DIR), names)
    build_args = {"BASE": base}
    hashes = content_hashes(order, build_args)
    engine = engine or Engine.connect()
    for source in order:
        say = progress.about(source.tag)
        if not force and engine.content_of(source.tag) == hashes[source.name]:
            say("is current")
            continue
        for foreign in source.bases(build_args):
            if foreign == base or suite_of(foreign):  # any other is for the engine to find
                provide_base(engine, foreign, force, say)
        taken = {name: value for name, value in build_args.items() if name in source.arguments}
        proxies = {name: os.environ[name] for name in PROXY_NAMES if name in os.environ}
        for left in reversed(range(tries)):
            try:
                engine.build(source, hashes[source.name], {**taken, **proxies}, force, say)
                break
            except ImageError as error:
                if not left:
                    raise
                say(str(error))
                say("once more, from the step that failed")
        say("built")


def provide_base(engine: Engine, base: str, force: bool, say: Say) -> None:
    """An image that others start from: the engine's own, a registry's, or made here. Raises ImageError."""
    if engine.has(base) and not force:
        return
    if engine.pull(base, say):
        return
    if not suite_of(base):
        raise ImageError(f"The base image {base} is neither in the engine nor in a registry that answers.")
    bootstrap_base(engine.client, base, say)


def main(arguments: list[str] | None = None, *, program: str | None = None) -> int:
    """Returns what to exit with. ``program`` is the command's name in its own help."""
    parser = argparse.ArgumentParser(prog=program, description="Build the sandbox images that are out of date.")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--only", default="", metavar="NAMES", help="comma-separated image names")
    which.add_argument("--all", action="store_true", help="every image, not those of the default languages alone")
    which.add_argument("--without-installers", action="store_true", help="without what installs packages for tasks")
    parser.add_argument("--force", action="store_true", help="build again although nothing has changed")
    parser.add_argument("--base", default=DEFAULT_BASE, help="the Debian image to start from (default: %(default)s)")
    options = parser.parse_args(arguments)
    only = [name for name in options.only.split(",") if name]
    try:
        names = wanted_images(only, everything=options.all, installers=not options.without_installers)
        build_images(names, base=options.base, force=options.force)
    except ImageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
