"""The same attacks through the other languages' own means."""

from typing import Any

import pytest

from tests.attacks.arena import Arena, Attack, assert_harmless

BOMB: dict[str, Any] = {"prints": "growing", "limits": {"memory_bytes": 96 << 20}}
FLOOD: dict[str, Any] = {"status": ["OUTPUT_LIMIT"], "hits": "output"}
LEFT: dict[str, Any] = {"status": ["SUCCEEDED"], "prints": "left"}
STARTED = {"cpu_ms": 3_000, "wall_ms": 6_000}
"""Time to start an interpreter on a slow machine, which is not what is to meet a limit."""
ATTACKS = [
    Attack(name="JavaScript: buffers", program="javascript/heap_bomb.js", status=["MEMORY_LIMIT"], **BOMB),
    Attack(name="JavaScript: objects", program="javascript/object_bomb.js", status=["MEMORY_LIMIT"], **BOMB),
    Attack(
        name="JavaScript: workers that spin",
        program="javascript/spin.js",
        status=["TIME_LIMIT"],
        prints="spinning",
        limits=STARTED,
    ),
    Attack(
        name="JavaScript: deaf",
        program="javascript/sleeper.js",
        status=["TIME_LIMIT"],
        prints="sleeping",
        hits="wall",
        limits=STARTED,
    ),
    Attack(name="JavaScript: children", program="javascript/children.js", **LEFT),
    Attack(name="JavaScript: flood", program="javascript/flood.js", **FLOOD),
    Attack(name="JavaScript: fork bomb", program="javascript/fork_bomb.js", status=["TIME_LIMIT", "FAILED"]),
    Attack(name="Java: heap", program="java/HeapBomb.java", status=["MEMORY_LIMIT"], hits="memory", **BOMB),
    Attack(name="Java: direct buffers", program="java/DirectBomb.java", status=["MEMORY_LIMIT"], **BOMB),
    Attack(name="Java: threads", program="java/ThreadBomb.java", status=["SUCCEEDED"], prints="refused"),
    Attack(
        name="Java: a hook that never ends",
        program="java/Sleeper.java",
        status=["TIME_LIMIT"],
        prints="sleeping",
        limits=STARTED,
    ),
    Attack(name="Java: children", program="java/Children.java", **LEFT),
    Attack(name="Go: heap", program="go/heap_bomb.go", status=["MEMORY_LIMIT"], **BOMB),
    Attack(
        name="Go: goroutines with threads",
        program="go/goroutine_bomb.go",
        status=["TIME_LIMIT", "FAILED"],
        prints="spinning",
    ),
    Attack(name="Go: children", program="go/survivor.go", **LEFT),
    Attack(name="Go: flood", program="go/flood.go", **FLOOD),
    Attack(name="Go: spin", program="go/deadlock.go", status=["TIME_LIMIT"], prints="waiting"),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_it_meets_the_same_limits(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)
