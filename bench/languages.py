"""Each language's sample end to end, on a node of its own, beside the plain commands in the same image.

``python -m bench.languages [--quick] [ID…]``: the languages named (``python``, ``python-3.11``), or the default ones,
whose images are there; writes their rows to ``bench/results/languages.json`` and leaves the others' alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import docker

from bench.corpus.programs import plain_commands
from bench.corpus.quiet_node import own_stack
from bench.figures import RESULTS, median, save, table
from bench.toolchain import Toolchain
from coderunner import Client, CodeRunnerError, Execution
from node.domain.language import Language
from node.domain.sources import usual_name
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR

NAME = "languages.json"
_WARM_UP = 2
_ROUNDS = 9
_TASK_S = 300.0
_MIB = 1 << 20
_OF_OTHERS = ("conformance",)
"""What a row has from elsewhere (``dev/languages.py``)."""
_BY_HAND: dict[str, Callable[[str], Sequence[Sequence[str]]]] = {
    "go-batteries": lambda file: (
        ("env", "GO111MODULE=off", "GOPATH=/usr/share/gocode", "go", "build", "-o", "program", file),
        ("./program",),
    ),
    "javascript-batteries": lambda file: plain_commands("javascript", file),
    "cpp-batteries": lambda file: plain_commands("cpp", file),
    "c": lambda file: (("gcc", "-O2", "-o", "program", file, "-lm"), ("./program",)),
    "java-batteries": lambda file: (
        ("javac", "-cp", "/opt/coderunner/java/lib/*", file),
        ("java", "-cp", "/opt/coderunner/java/lib/*:.", Path(file).stem),
    ),
    "kotlin": lambda file: (("kotlinc", file), ("kotlin", f"{Path(file).stem}Kt")),
    "kotlin-2": lambda file: (
        ("kotlinc", file),
        ("java", "-cp", "/opt/coderunner/kotlin/jars/kotlin-stdlib.jar:.", f"{Path(file).stem}Kt"),
    ),
    "nim": lambda file: (
        ("nim", "compile", "--forceBuild:on", "--hints:off", "-d:release", "--out:program", file),
        ("./program",),
    ),
    "rust": lambda file: (("rustc", "-Clinker=gcc-14", "-O", "--edition=2021", "-o", "program", file), ("./program",)),
    **{
        name: lambda file: (("tsc", "--strict", "--target", "es2022", file), ("node", f"{Path(file).stem}.js"))
        for name in ("typescript", "typescript-5")
    },
    **{
        name: lambda file, name=name: plain_commands(name, file)  # type: ignore[misc]
        for name in ("cpp", "go", "java", "javascript", "python", "bash")
    },
}
"""What a person would type, where the language file has another command than that."""


class NotMeasuredError(Exception):
    """A language whose figures are none; the message says why."""


def plain(language: Language, file: str) -> Sequence[Sequence[str]]:
    """The commands that build and run one file, as typed in the image."""
    by_hand = _BY_HAND.get(language.id)
    if by_hand is not None:
        return by_hand(file)
    stages = [language.compile.command] if language.compile else []
    return [_typed(command, language, file) for command in (*stages, language.run_command)]


def _typed(command: Sequence[str], language: Language, file: str) -> list[str]:
    options = language.compile.default_options if language.compile else ()
    nothing = dict.fromkeys(("{args}", "{precompiled}", "{entry_point}", "{layer_option}"), ())
    several: dict[str, Sequence[str]] = {**nothing, "{options}": options, "{sources}": (file,)}
    typed: list[str] = []
    for element in command:
        whole = several.get(element)
        one = element.replace("{entry_stem}", Path(file).stem).replace("{entry}", file)
        typed += [one] if whole is None else whole
    return typed


def text_of(language: Language, number: int) -> str:
    """The sample as nobody has seen it: by a number of blank lines at its end."""
    return language.sample.rstrip("\n") + "\n" * (number + 1)


async def ours_ms(client: Client, language: Language, number: int) -> tuple[float, Execution]:
    """Milliseconds, and how it ended. Raises NotMeasuredError."""
    started = time.perf_counter()
    ended = await client.run(language.name, text_of(language, number), version=language.series, timeout=_TASK_S)
    elapsed = (time.perf_counter() - started) * 1e3
    if ended.status != "SUCCEEDED" or ended.run is None:
        stage = ended.run or ended.compile
        said = stage.stderr if stage is not None else ""
        raise NotMeasuredError(f"{ended.status} {ended.error} {said}"[:300])
    return elapsed, ended


async def bare_ms(toolchain: Toolchain, language: Language, number: int, output: str) -> float:
    """Milliseconds. Raises NotMeasuredError, also where it prints something else."""
    file = usual_name(language, language.sample)
    try:
        return await asyncio.to_thread(
            toolchain.run, file, text_of(language, number), plain(language, file), output, fresh=True
        )
    except RuntimeError as error:
        raise NotMeasuredError(f"the plain command: {str(error)[-300:]}") from error


async def measure(client: Client, language: Language, rounds: int) -> dict[str, Any]:
    """The language's row. Raises NotMeasuredError."""
    ours: list[float] = []
    bare: list[float] = []
    env = {**language.env, **(language.compile.env if language.compile else {})}
    memory_bytes = 256 * _MIB + max(
        language.memory_overhead_bytes, language.compile.memory_bytes if language.compile else 0
    )
    with Toolchain(language.name, image=language.image, env=env, memory_bytes=memory_bytes) as toolchain:
        for number in range(rounds + _WARM_UP):
            ours_now, ended = await ours_ms(client, language, number)
            bare_now = await bare_ms(toolchain, language, number, ended.run.stdout if ended.run else "")
            if number >= _WARM_UP:
                ours.append(ours_now)
                bare.append(bare_now)
    return {
        "version": ended.language_version,  # a node may serve several under one name
        "bare_p50_ms": round(median(bare), 1),
        "ours_p50_ms": round(median(ours), 1),
        "ratio": round(median(ours) / median(bare), 3),
    }


async def row(language: Language, rounds: int) -> dict[str, Any]:
    """What is known of the language, its figures where there are any."""
    engine = docker.from_env()
    try:
        size = engine.images.get(language.image).attrs["Size"]
    finally:
        engine.close()
    found: dict[str, Any] = {
        "language": language.id,
        "title": language.title or language.name,
        "version": "",
        "image_mib": round(size / _MIB),
    }
    with own_stack([language.id]) as (stack, _):
        await stack.wait_served(language.name)
        async with stack.client() as client:
            (served,) = await client.languages()
            found["version"] = served.versions[0]
            try:
                found |= await measure(client, language, rounds)
            except (NotMeasuredError, CodeRunnerError) as error:
                found["trouble"] = str(error)
    return found


def kept() -> dict[str, dict[str, Any]]:
    """The rows that were measured before, by language."""
    path = RESULTS / NAME
    return {one["language"]: one for one in json.loads(path.read_text("utf-8"))} if path.exists() else {}


def keep(new: dict[str, Any]) -> None:
    """Takes the place of the language's earlier row, but for what that had from elsewhere."""
    rows = kept()
    before = rows.get(new["language"], {})
    rows[new["language"]] = {**{name: before[name] for name in _OF_OTHERS if name in before}, **new}
    save(NAME, [rows[one] for one in sorted(rows)])


async def main(names: Sequence[str], *, quick: bool) -> int:
    every = load_languages(LANGUAGES_DIR)
    unknown = set(names) - {one.id for one in every}
    if unknown:
        sys.stderr.write(f"no such language: {min(unknown)}\n")
        return 2
    rows = []
    for language in every:
        if language.id in names or (not names and language.default):
            rows.append(await row(language, 1 if quick else _ROUNDS))
            if not quick:
                keep(rows[-1])
    heading = ["language", "version", "image_mib", "bare_p50_ms", "ours_p50_ms", "ratio", "trouble"]
    print(table(heading, [[str(one.get(name, "")) for name in heading] for one in rows]))
    return int(any("trouble" in one for one in rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="ID")
    parser.add_argument("--quick", action="store_true", help="one run of each, for correctness; writes nothing")
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.names, quick=options.quick)))
