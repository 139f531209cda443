"""Programs whose output is the attack."""

from typing import Any

import pytest

from tests.attacks.arena import Arena, Attack, Ended, assert_harmless

FLOOD: dict[str, Any] = {"status": ["OUTPUT_LIMIT"], "hits": "output"}


def _kept_up_to_the_limit(ended: Ended) -> None:
    assert ended.stdout_truncated or ended.stderr_truncated
    longest = max(len(ended.stdout), len(ended.stderr))
    assert 60_000 < longest <= 65_536


def _whole(ended: Ended) -> None:
    assert (len(ended.stdout), len(ended.stderr)) == (150_000, 150_000)


def _exit_code(code: int) -> dict[str, Any]:
    def check(ended: Ended) -> None:
        assert ended.exit_code == code

    return {"status": ["FAILED" if code else "SUCCEEDED"], "check": check}


ATTACKS = [
    Attack(name="a flood of lines", program="python/flood_lines.py", check=_kept_up_to_the_limit, **FLOOD),
    Attack(name="a flood without newlines", program="python/flood_no_newline.py", check=_kept_up_to_the_limit, **FLOOD),
    Attack(name="a flood from several processes", program="cpp/flood_family.cpp", check=_kept_up_to_the_limit, **FLOOD),
    Attack(
        name="much output just before the end",
        program="python/big_output.py",
        status=["SUCCEEDED"],
        limits={"output_bytes": 200_000},
        check=_whole,
    ),
    Attack(name="closed standard streams", program="python/closed_stdio.py", **_exit_code(5)),
    Attack(name="forged frames", program="python/forged_frames.py", **_exit_code(42)),
    Attack(
        name="descriptors that were inherited",
        program="python/descriptors.py",
        status=["SUCCEEDED"],
        prints="looked",
    ),
    Attack(
        name="descriptors that were inherited by a cold start",
        program="cpp/descriptors.cpp",
        status=["SUCCEEDED"],
        prints="looked",
    ),
    Attack(
        name="input that is never read",
        program="python/never_reads.py",
        status=["SUCCEEDED"],
        stdin="x" * 900_000,
        prints="not interested",
    ),
    Attack(name="bytes that are not text", program="python/not_utf8.py", status=["SUCCEEDED"], prints="\ufffd"),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_output_is_only_output(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)
