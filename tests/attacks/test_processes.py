"""Programs that multiply, outlive themselves, will not end, or turn on those who watch them."""

from typing import Any

import pytest

from tests.attacks.arena import Arena, Attack, assert_harmless

ENDED = ("FAILED", "TIME_LIMIT", "MEMORY_LIMIT")
BOMB: dict[str, Any] = {
    "status": ENDED,
    "hits": "processes",
    "limits": {"processes": 24, "cpu_ms": 3_000, "wall_ms": 5_000},
}
"""A slow machine must come as far as the limit of processes before that of time."""
ATTACKS = [
    Attack(name="a fork bomb", program="python/fork_bomb.py", **BOMB),
    Attack(name="a fork bomb in C++", program="cpp/fork_bomb.cpp", **BOMB),
    Attack(
        name="a daemon that outlives its parent",
        program="python/survivor.py",
        status=["SUCCEEDED"],
        prints="left",
    ),
    Attack(
        name="stopped, traced and dead children",
        program="cpp/stopped.cpp",
        status=["SUCCEEDED"],
        prints="left",
    ),
    Attack(name="every signal ignored", program="python/deaf.py", status=["TIME_LIMIT"], prints="deaf", hits="wall"),
    Attack(
        name="eight processes that spin",
        program="python/spin.py",
        status=["TIME_LIMIT"],
        hits="cpu",
        limits={"wall_ms": 5_000},
    ),
    Attack(name="a process that keeps moving on", program="python/sleep_in_turns.py", status=["SUCCEEDED", *ENDED]),
    Attack(
        name="more threads than allowed",
        program="python/threads.py",
        status=["SUCCEEDED"],
        prints="refused",
    ),
    Attack(
        name="every signal to everybody",
        program="python/signal_everyone.py",
        status=["SUCCEEDED"],
        prints="tried",
    ),
    Attack(
        name="harassing the agent",
        program="cpp/harass_the_agent.cpp",
        status=["TIME_LIMIT"],
        prints="harassing",
    ),
    Attack(
        name="children for the agent",
        program="cpp/adopted_children.cpp",
        status=["FAILED", "TIME_LIMIT"],
        prints="cloning",
    ),
    Attack(
        name="children for the zygote",
        program="python/adopted_children.py",
        status=["FAILED"],
        prints="left",
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_it_ends_with_its_task(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)


def test_an_agent_that_is_harassed_survives_every_time(arena: Arena) -> None:
    attack = next(attack for attack in ATTACKS if attack.name == "harassing the agent")
    for wall_ms in (100, 150, 200, 250, 300):
        short = Attack(name=attack.name, program=attack.program, status=attack.status, limits={"wall_ms": wall_ms})
        assert_harmless(arena, short)
