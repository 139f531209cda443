"""Both outputs of a program, in the order in which it wrote them."""

from __future__ import annotations

from coderunner import Client, Output, Status, TestCase

TAKES_TURNS = (
    "import sys\nfor number in range(100):\n    print(number, file=(sys.stdout, sys.stderr)[number % 2], flush=True)"
)
IN_ORDER = "".join(f"{number}\n" for number in range(100))
SLOWLY = """
import sys, time
for number in range(6):
    print(number, file=(sys.stdout, sys.stderr)[number % 2], flush=True)
    time.sleep(0.1)
"""


async def test_as_one_they_are_in_true_order(client: Client) -> None:
    ran = await client.run("python", TAKES_TURNS, redirect_stderr=True)
    assert ran.status is Status.SUCCEEDED
    assert ran.run is not None
    assert (ran.run.stdout, ran.run.stderr) == (IN_ORDER, "")


async def test_a_case_is_judged_by_both(client: Client) -> None:
    case = TestCase(expected_output=IN_ORDER)
    ran = await client.run("python", TAKES_TURNS, redirect_stderr=True, cases=[case])
    assert ran.status is Status.SUCCEEDED


async def test_apart_each_piece_says_when_it_was_seen(client: Client) -> None:
    pieces: list[Output] = []
    await client.run("python", SLOWLY, on_output=pieces.append)
    live = [piece for piece in pieces if piece.at_ms]
    ordered = "".join(piece.text for piece in sorted(live, key=lambda piece: piece.at_ms))
    assert ordered == "".join(f"{number}\n" for number in range(6))[: len(ordered)]
    assert len(live) >= 4
