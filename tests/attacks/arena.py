"""Where attacks run, and what is demanded after each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from coderunner import Limits

PROGRAMS = Path(__file__).parent / "programs"
ALL = ("python", "javascript", "java", "cpp", "go")
"""The languages whose sandboxes are attacked."""
ESCAPED = "ESCAPED"
"""An attack program prints this, and how, where it got something that it should not get."""

_SHORT = {"cpu_ms": 1_000, "wall_ms": 2_000}
"""Attacks that may end at a limit of time must not take long."""
_AT_LEISURE = {"cpu_ms": 60_000, "wall_ms": 120_000}
"""The others come to their own end on a machine of any speed: the most that a gateway grants."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attack, or the task after it, ended."""

    status: str
    stdout: str = ""
    stderr: str = ""
    exit_code: int | None = None
    signal: int | None = None
    limits_hit: tuple[str, ...] = ()
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    peak_memory_bytes: int = 0
    compile_output: str = ""
    error: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One program, what it asks for, and what may come of it. Times are milliseconds, sizes bytes."""

    name: str
    program: str
    """Path below ``programs``; its first part is the language."""
    status: Sequence[str]
    """Statuses that are right; nothing else is."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Times: see ``asked``."""
    stdin: str = ""
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    also: Mapping[str, str] = field(default_factory=dict)
    """More files beside the program: name to content."""
    prints: str = ""
    """What must be in its standard output, so that we know that the attack was tried."""
    hits: str = ""
    """The limit that must be told."""
    never: Sequence[str] = ()
    """What no output may contain."""
    check: Callable[[Ended], None] = lambda ended: None

    @property
    def language(self) -> str:
        return self.program.partition("/")[0]

    @property
    def files(self) -> dict[str, str]:
        path = PROGRAMS / self.program
        name = f"Main{path.suffix}" if self.language == "java" else f"main{path.suffix}"
        return {name: path.read_text(), **self.also}

    @property
    def asked(self) -> Limits:
        usual = _SHORT if "TIME_LIMIT" in self.status else _AT_LEISURE
        return Limits(**{**usual, **self.limits})


class Arena(Protocol):
    """One node with one slot per language and role, so that the next task gets the slot of the last one."""

    def run(
        self,
        language: str,
        files: Mapping[str, str],
        *,
        limits: Limits,
        stdin: str = "",
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Ended: ...

    def unwell(self) -> str:
        """What is wrong with the node; empty: nothing."""
        ...


def assert_harmless(arena: Arena, attack: Attack) -> Ended:
    """Runs the attack and demands status, containment, a healthy node and a clean next task."""
    ended = arena.run(
        attack.language,
        attack.files,
        limits=attack.asked,
        stdin=attack.stdin,
        args=attack.args,
        env=attack.env,
        options=attack.options,
    )
    said = "".join((ended.stdout, ended.stderr, ended.compile_output))
    assert ESCAPED not in said, said[said.index(ESCAPED) :][:2000]
    for secret in attack.never:
        assert secret not in said
    assert ended.status in attack.status, ended
    assert attack.prints in ended.stdout, ended
    assert not attack.hits or attack.hits in ended.limits_hit, ended
    attack.check(ended)
    assert not arena.unwell()
    assert_clean(arena, attack.language)
    return ended


def assert_clean(arena: Arena, language: str) -> None:
    """The next task of that language finds nothing of the one before it."""
    (probe,) = (PROGRAMS / language).glob("[Pp]robe.*")
    name = f"Main{probe.suffix}" if language == "java" else f"main{probe.suffix}"
    after = arena.run(language, {name: probe.read_text()}, limits=Limits(**_AT_LEISURE))
    assert after.status == "SUCCEEDED", after
    assert after.stdout == "clean\n", after
