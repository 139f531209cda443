"""What a program pays for its libraries, where they are imported before there is a program (ADR 0038): small programs
end to end on a node of its own, beside the plain command in the same image; and what each has of the libraries' memory
for itself.

``python -m bench.preloaded [--quick]`` writes ``bench/results/preloaded.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any

from bench.corpus.quiet_node import own_stack
from bench.figures import median, save, table
from bench.languages import plain
from bench.toolchain import Toolchain
from coderunner import Client
from dev.paths import REPOSITORY
from node.domain.language import Language
from node.infrastructure.languages import load_language
from sandbox import LANGUAGES_DIR

LANGUAGE = "python-science"
PROGRAMS = {
    "nothing": "",
    "numpy, pandas": "import numpy, pandas\n",
    "matplotlib": "import matplotlib.pyplot\n",
    "scikit-learn": "from sklearn.linear_model import LinearRegression\n",
    "all eight": "import matplotlib.pyplot, networkx, numpy, pandas, PIL.Image, scipy.stats, sklearn.ensemble, sympy\n",
}
"""What each imports, before it says hello."""
HELLO = "print('Hello, World!')\n"
TELL = """
sizes = dict(line.split()[:2] for line in open("/proc/self/smaps_rollup").read().splitlines()[1:])
print(sizes["Rss:"], sizes["Pss:"], int(sizes["Private_Clean:"]) + int(sizes["Private_Dirty:"]))
"""
ZYGOTE = ("sh", "-c", "python3 -X coderunner_zygote main.py 1 1 3</dev/null")
"""Started by hand, it imports, and ends because no agent is there."""
PAGE = REPOSITORY / "docs" / "batteries.md"
BEGIN = "<!-- The table is written by `python -m bench.preloaded`. -->"
END = "<!-- The end of the table. -->"
_ROUNDS = 15
_WARM_UP = 2
_KIB_PER_MIB = 1024


async def printed(client: Client, text: str) -> str:
    """What the program printed. Raises RuntimeError where it did not succeed."""
    ended = await client.run(LANGUAGE, text, timeout=300.0)
    if ended.status != "SUCCEEDED" or ended.run is None:
        raise RuntimeError(f"{ended.status} {ended.error}")
    return ended.run.stdout


async def measure(
    client: Client, toolchain: Toolchain, language: Language, imports: str, rounds: int
) -> dict[str, Any]:
    """Times of the program that imports these, in turns, and its memory."""
    ours: list[float] = []
    bare: list[float] = []
    commands = plain(language, "main.py")
    for number in range(rounds + _WARM_UP):
        text = imports + HELLO + "\n" * number
        started = time.perf_counter()
        output = await printed(client, text)
        ours_now = (time.perf_counter() - started) * 1e3
        bare_now = await asyncio.to_thread(toolchain.run, "main.py", text, commands, output, fresh=True)
        if number >= _WARM_UP:
            ours.append(ours_now)
            bare.append(bare_now)
    resident, proportional, own = map(int, (await printed(client, imports + TELL)).split())
    return {
        "bare_p50_ms": round(median(bare), 1),
        "ours_p50_ms": round(median(ours), 1),
        "ratio": round(median(ours) / median(bare), 3),
        "resident_mib": round(resident / _KIB_PER_MIB, 1),
        "proportional_mib": round(proportional / _KIB_PER_MIB, 1),
        "own_mib": round(own / _KIB_PER_MIB, 1),
    }


def write_page(rows: Sequence[dict[str, Any]]) -> None:
    """Puts the figures into the page that tells of the libraries."""
    lines = [
        "| imports | plain ms | here ms | ratio | resident MiB | own MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    keys = ("imports", "bare_p50_ms", "ours_p50_ms", "ratio", "resident_mib", "own_mib")
    lines += [f"| {' | '.join(str(row.get(key, '')) for key in keys)} |" for row in rows]
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text("\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"]), "utf-8")


async def main(*, quick: bool) -> int:
    language = load_language(LANGUAGES_DIR / f"{LANGUAGE}.toml")
    rounds = 1 if quick else _ROUNDS
    rows = []
    with (
        own_stack([language.id]) as (stack, _),
        Toolchain(LANGUAGE, image=language.image, env=language.env) as toolchain,
    ):
        await stack.wait_served(language.name)
        async with stack.client() as client:
            for name, imports in PROGRAMS.items():
                rows.append({"imports": name, **await measure(client, toolchain, language, imports, rounds)})
        starts = [toolchain.run("main.py", "", [ZYGOTE], "", fresh=True) for _ in range(1 if quick else 5)]
    rows.append({"imports": "the zygote's start", "bare_p50_ms": round(median(starts), 1)})
    heading = list(rows[0])
    print(table(heading, [[str(row.get(name, "")) for name in heading] for row in rows]))
    if not quick:
        save("preloaded.json", rows)
        write_page(rows)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one run of each, for correctness; writes nothing")
    sys.exit(asyncio.run(main(quick=parser.parse_args().quick)))
