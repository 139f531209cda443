"""What of a C++ program's compilation no precompiled header can save: the parts of GCC's own work, by hand.

``python -m bench.compile_floor [--quick]``: the corpus' programs in a bare container of the image, each with a
precompiled header of exactly its own includes; writes ``bench/results/compile_floor.json``. Milliseconds are medians
over the programs, shares those of each program's plain compilation.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

from bench.corpus.programs import RealProgram, programs
from bench.figures import median, save, table
from bench.toolchain import Toolchain

OPTIONS = {"-O2": ("-O2", "-std=gnu++20"), "-O0": ("-O0", "-std=gnu++20")}
ROUNDS = 5
_INCLUDE = re.compile(r"^#include <[\w./]+>[^\n]*\n", re.MULTILINE)
_EMPTY = "int main() {}\n"
_HEADER = "own/headers.h"


@dataclass(frozen=True, slots=True)
class Floor:
    """One program's medians in milliseconds."""

    name: str
    plain: float
    """``g++``, from the source to the program."""
    loaded: float
    """The compiler proper, with the precompiled header and an empty program."""
    parsed: float
    """... and the program, as far as its syntax and its templates go."""
    generated: float
    """... and its code: all that the compiler proper does with a precompiled header."""
    linked: float
    """``g++`` with the precompiled header and mold."""

    @property
    def code(self) -> float:
        """What making the code takes by itself, whatever waits ready."""
        return self.generated - self.parsed


def measured(toolchain: Toolchain, program: RealProgram, options: tuple[str, ...], rounds: int) -> Floor:
    """Raises RuntimeError where GCC says no."""
    includes, body = "".join(_INCLUDE.findall(program.source)), _INCLUDE.sub("", program.source)
    make_header = ["g++", *options, "-x", "c++-header", _HEADER, "-o", f"{_HEADER}.gch"]
    toolchain.run("folder", "", [["mkdir", "-p", "own"]])
    toolchain.run(_HEADER, includes, [make_header])
    with_header = [*options, "-include", _HEADER]
    proper = ["sh", "-c", 'exec "$(g++ -print-prog-name=cc1plus)" -quiet -D_GNU_SOURCE "$@"', "cc1plus", *with_header]

    def once(text: str, *command: str) -> float:
        return median([toolchain.run("program.cpp", text, [command]) for _ in range(rounds)])

    return Floor(
        program.name,
        plain=once(program.source, "g++", *options, "program.cpp", "-o", "program"),
        loaded=once(_EMPTY, *proper, "program.cpp", "-o", "program.s"),
        parsed=once(body, *proper, "-fsyntax-only", "program.cpp"),
        generated=once(body, *proper, "program.cpp", "-o", "program.s"),
        linked=once(body, "g++", *with_header, "-fuse-ld=mold", "program.cpp", "-o", "program"),
    )


def row(name: str, floors: list[Floor]) -> dict[str, object]:
    return {
        "options": name,
        "programs": len(floors),
        **{
            f"{part}_ms": round(median([float(getattr(one, part)) for one in floors]), 1)
            for part in ("plain", "loaded", "parsed", "generated", "linked", "code")
        },
        "code_share": round(median([one.code / one.plain for one in floors]), 3),
        "linked_share": round(median([one.linked / one.plain for one in floors]), 3),
        "each_code_share": {one.name: round(one.code / one.plain, 3) for one in floors},
    }


def main(*, quick: bool) -> None:
    rows = []
    with Toolchain("cpp") as toolchain:
        for name, options in OPTIONS.items():
            chosen = programs("cpp")[: 2 if quick else None]
            floors = [measured(toolchain, one, options, 1 if quick else ROUNDS) for one in chosen]
            rows.append(row(name, floors))
    shown = [key for key in rows[0] if not key.startswith("each")]
    print(table(shown, [[str(one[key]) for key in shown] for one in rows]))
    if not quick:
        save("compile_floor.json", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.compile_floor", description="What GCC itself takes.")
    parser.add_argument("--quick", action="store_true", help="two programs, once; writes nothing")
    main(quick=parser.parse_args().quick)
