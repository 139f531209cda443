"""``make mutants``: faults put into domain, application and schemas, one at a time, to see that a unit test notices.

The tool is Cosmic Ray: it changes the source as a person would and knows the line. (mutmut 3 has the function call a
variant of itself in place of changing it, leaves out properties and whatever else is decorated, and counts every
changed text.) It works on copies of the checkout, so nothing here changes. This module adds the sample, as all mutants
take hours, and leaves out what says nothing about the tests.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import SimpleQueue
from pathlib import Path
from typing import Any

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db

from dev.console import say
from dev.mutant_filter import is_uninteresting, uninteresting_regions
from dev.paths import REPOSITORY

TESTS_BY_PACKAGE = {
    "broker_gateway/domain": ("tests/unit/gateway",),
    "broker_gateway/application": ("tests/unit/gateway",),
    "node/domain": ("tests/unit/node",),
    "node/application": ("tests/unit/node",),
    "schemas": ("tests/unit/schemas", "tests/unit/gateway", "tests/unit/node"),
}
SAMPLE = 60
MIN_KILLED_PERCENT = 95.0
MAX_TIMES_BASELINE = 5
"""A mutant that keeps the tests busy for so many times as long as usual is killed."""
SAME_MEANING = ("_Is", "_IsNot", "Is_Eq", "IsNot_NotEq", "BitOr_BitXor", "BitOr_Add")
"""Ends of the names of replacements that mean the same: comparisons of enumerations, None and small numbers; sums of
bits that do not overlap."""
_PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
Tests = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: Cosmic Ray's mutation, and the unit tests that are to notice it."""

    mutation: Any
    tests: Tests

    @property
    def place(self) -> str:
        return f"{self.mutation.module_path}:{self.mutation.start_pos[0]}"

    def compiles(self) -> bool:
        """False for what any import would notice: Cosmic Ray takes the star of keyword arguments for a product."""
        source = self.mutation.module_path.read_text(encoding="utf-8")
        operator = get_operator(self.mutation.operator_name)(**self.mutation.operator_args)
        try:
            compile(mutate_code(source, operator, self.mutation.occurrence) or "", "mutant", "exec")
        except SyntaxError:
            return False
        return True


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    seed = random.randrange(10_000) if options.seed is None else options.seed  # noqa: S311 - no secret
    found = [mutant for mutant in mutants() if mutant.place.startswith(tuple(options.paths or [""]))]
    chosen = [mutant for mutant in found if mutant.compiles()] if options.all else sample(found, options.sample, seed)
    say(
        f"{len(chosen)} of {len(found)} mutants"
        + ("" if options.all else f" (--sample {options.sample} --seed {seed})")
    )
    timeouts_s = {tests: baseline_s(tests) * MAX_TIMES_BASELINE for tests in {mutant.tests for mutant in chosen}}
    survivors = 0
    with copies(options.jobs) as folders, ProcessPoolExecutor(options.jobs, None, _enter, (folders,)) as workers:
        for mutant, change in zip(chosen, workers.map(partial(survival, timeouts_s), chosen), strict=True):
            if change is not None:
                survivors += 1
                say(f"survived {mutant.place} {mutant.mutation.operator_name.removeprefix('core/')}\n{change}")
    return verdict(len(chosen), survivors)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make mutants", description="Mutation tests with the unit tests alone.")
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N", help=f"so many of them (default {SAMPLE})")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed takes the same sample of the same code")
    parser.add_argument("--all", action="store_true", help="all of them, which takes hours")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="so many at once")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="only modules whose path begins with one of these")
    return parser


def mutants() -> Iterator[Mutant]:
    """What Cosmic Ray finds, without what says nothing about the tests."""
    for package, tests in TESTS_BY_PACKAGE.items():
        for module in sorted(Path(package).rglob("*.py")):
            regions = uninteresting_regions(module.read_text(encoding="utf-8"))
            with use_db(":memory:", WorkDB.Mode.create) as database:
                init([module], database, {})
                for item in database.work_items:
                    mutation = item.mutations[0]
                    is_the_same = mutation.operator_name.endswith(SAME_MEANING)
                    if not is_the_same and not is_uninteresting(mutation.start_pos, regions):
                        yield Mutant(mutation, tests)


def sample(found: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """Up to ``size`` that compile: places at random, and one mutant of each, so that a sum, which has eleven, counts no
    more than a condition."""
    chooser = random.Random(seed)  # noqa: S311 - no secret
    by_place: dict[Any, list[Mutant]] = defaultdict(list)
    for mutant in found:
        by_place[mutant.mutation.module_path, mutant.mutation.start_pos].append(mutant)
    chosen: list[Mutant] = []
    for place in chooser.sample(list(by_place), len(by_place)):
        mutant = chooser.choice(by_place[place])
        if len(chosen) < size and mutant.compiles():
            chosen.append(mutant)
    return chosen


def baseline_s(tests: Tests) -> float:
    """How long the tests take as they are. Raises SystemExit where they fail."""
    started = time.monotonic()
    done = subprocess.run([*_PYTEST, *tests], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"make mutants: {' '.join(tests)} fail without a mutant:\n{done.stdout[-2000:]}")
    return time.monotonic() - started


@contextmanager
def copies(count: int) -> Iterator[SimpleQueue[str]]:
    """Copies of the checkout, one for each worker, for as long as the context lasts."""
    folders: SimpleQueue[str] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="coderunner-mutants-") as parent:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        names = [name for name in listed.stdout.split("\0") if (REPOSITORY / name).is_file()]
        for number in range(count):
            for name in names:
                target = Path(parent, str(number), name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, target)
            folders.put(str(Path(parent, str(number))))
        yield folders


def _enter(folders: SimpleQueue[str]) -> None:
    os.chdir(folders.get())


def survival(timeouts_s: dict[Tests, float], mutant: Mutant) -> str | None:
    """The change where the tests do not notice it; None where they do. Changes the copy that it works in."""
    command = " ".join((*_PYTEST, *mutant.tests))
    result = mutate_and_test([mutant.mutation], command, timeouts_s[mutant.tests])
    return None if result.is_killed else _changed_lines(result.diff or "")


def _changed_lines(diff: str) -> str:
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("---", "+++")]
    return "\n".join(f"  {line}" for line in lines)


def verdict(tested: int, survivors: int) -> int:
    """Says how many were killed. The exit code is 1 where too few were."""
    percent = 100 * (tested - survivors) / tested if tested else 100.0
    say(f"{tested - survivors} of {tested} mutants killed: {percent:.1f} % (at least {MIN_KILLED_PERCENT:g} % must be)")
    return int(percent < MIN_KILLED_PERCENT)


if __name__ == "__main__":
    sys.exit(main())
