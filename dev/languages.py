"""``make languages``: builds every language, runs the conformance suite on it, measures it beside the plain commands in
the same image, and writes the table of ``docs/catalogue.md``. It takes hours; ARGS="lua perl" does these alone.

The exit code is 1 where a language does not build, conform or run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from bench import languages as figures
from dev.catalogue_page import write_page
from dev.console import SetupError, say
from dev.paths import REPOSITORY
from dev.toolchains import ensure_toolchains
from node.domain.language import Language
from node.infrastructure.languages import load_languages
from sandbox import IMAGES_DIR, LANGUAGES_DIR
from sandbox.builder.build import build_images
from sandbox.builder.catalogue import own_image
from sandbox.builder.content import ImageError, build_order, discover
from sandbox.builder.fetched import programs

SUITE = "tests/conformance"
CHOICE = "CODERUNNER_CONFORMANCE"
"""The variable that tells the suite which languages it is for."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make languages", description="Build, test and measure languages.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these, as python-3.11; none: all")
    parser.add_argument("--no-tests", action="store_true", help="leave the conformance suite out")
    parser.add_argument("--no-figures", action="store_true", help="measure nothing")
    options = parser.parse_args()
    every = load_languages(LANGUAGES_DIR)
    unknown = set(options.names) - {one.id for one in every}
    if unknown:
        parser.error(f"there is no language {min(unknown)}; there are {', '.join(one.id for one in every)}")
    chosen = [one for one in every if not options.names or one.id in options.names]
    failed = [one.id for one in chosen if not work_on(one, tests=not options.no_tests, measures=not options.no_figures)]
    write_page()
    say(f"{len(chosen) - len(failed)} of {len(chosen)} languages are well")
    if failed:
        say(f"failed: {', '.join(failed)}")
    return int(bool(failed))


def work_on(language: Language, *, tests: bool, measures: bool) -> bool:
    """True if it builds, conforms and runs."""
    say(f"=== {language.id}")
    image = own_image(language.image)
    try:
        for source in build_order(discover(IMAGES_DIR), [image]):
            ensure_toolchains(programs(source))
        build_images([image])
    except (ImageError, SetupError) as error:
        say(str(error))
        return False
    well = True
    if measures:
        measured = subprocess.run([sys.executable, "-m", "bench.languages", language.id], cwd=REPOSITORY, check=False)
        well = measured.returncode == 0
    if tests:
        told = conformance(language)
        rows = figures.kept()
        figures.keep({**rows.get(language.id, {"language": language.id}), "conformance": told})
        well = well and "failed" not in told
    return well


def conformance(language: Language) -> str:
    """How the suite ended, in words: ``11 passed, 2 left out``."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", SUITE, "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        env = {**os.environ, CHOICE: language.id}
        done = subprocess.run(command, cwd=REPOSITORY, env=env, check=False)
        if not report.exists():
            return f"failed: exit code {done.returncode}"
        return _words(ElementTree.parse(report).getroot())  # noqa: S314 - pytest has just written it


def _words(report: ElementTree.Element) -> str:
    suites = list(report.iter("testsuite"))

    def total(name: str) -> int:
        return sum(int(suite.get(name, "0")) for suite in suites)

    failed, left_out = total("failures") + total("errors"), total("skipped")
    passed = total("tests") - failed - left_out
    counted: Sequence[tuple[int, str]] = ((passed, "passed"), (failed, "failed"), (left_out, "left out"))
    return ", ".join(f"{number} {word}" for number, word in counted if number) or "failed: nothing was run"


if __name__ == "__main__":
    sys.exit(main())
