"""Programs like real ones, by us and by the plain tool: medians of the ratio over the programs of each language.

``python -m bench.corpus [--quick] [--only LANGUAGE|ROW…]``: starts a bus, a directory, a gateway and a node of its own;
writes ``bench/results/real_programs.json``, whose other rows stay where only some are measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from bench.corpus.measuring import figures, measure
from bench.corpus.programs import EXTENSIONS, programs
from bench.corpus.quiet_node import own_stack
from bench.corpus.rows import ROWS, Row
from bench.figures import RESULTS, save, table

_KEPT = "real_programs.json"
_SHOWN = ("row", "programs", "bare_p50_ms", "ours_p50_ms", "ratio", "goal", "worst")


def chosen_rows(only: list[str]) -> list[Row]:
    """All rows of the languages that are named, and those whose own names have the text; all where nothing is."""
    languages = {one for one in only if one in EXTENSIONS}
    texts = [one.lower() for one in only if one not in EXTENSIONS]
    return [
        row for row in ROWS if not only or row.language in languages or any(text in row.name.lower() for text in texts)
    ]


async def measured(rows: list[Row], *, quick: bool) -> list[dict[str, Any]]:
    languages = sorted({row.language for row in rows})
    found = []
    with own_stack(languages) as (stack, node):
        await stack.wait_served(*languages)
        async with stack.client() as client:
            for row in rows:
                chosen = programs(row.language)[: 2 if quick else None]
                rounds = 1 if quick else row.rounds
                found.append(figures(row, rounds, await measure(client, row, chosen, rounds, node.settle)))
                print(f"  {found[-1]['ratio']:.3f}  {row.name}", flush=True)
    return found


def merged(new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows in their order: the new ones, and those kept that were not measured now."""
    kept = RESULTS / _KEPT
    rows = {row["row"]: row for row in json.loads(kept.read_text(encoding="utf-8"))} if kept.exists() else {}
    rows |= {row["row"]: row for row in new}
    return [rows[row.name] for row in ROWS if row.name in rows]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description="Programs like real ones.")
    parser.add_argument("--quick", action="store_true", help="two programs of each, once; writes nothing")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", default=[], help=f"{', '.join(EXTENSIONS)}, or part of a row's name"
    )
    options = parser.parse_args()
    chosen = chosen_rows(options.only)
    if not chosen:
        parser.error(f"no such row: {' '.join(options.only)}")
    rows = asyncio.run(measured(chosen, quick=options.quick))
    print(table(list(_SHOWN), [[str(row[key]) for key in _SHOWN] for row in rows]))
    if not options.quick:
        save(_KEPT, merged(rows))


if __name__ == "__main__":
    main()
