"""The bounds of what a blog's readers may ask its backend for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from coderunner.task import Limits

READER_LIMITS = Limits(cpu_ms=5_000, wall_ms=10_000, memory_bytes=256 << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What readers may ask for. The rates are of one process of the backend; those of all together are the gateway's
    (``quota_reader_rate_per_s``), which is told who each reader is."""

    languages: Sequence[str] | None = None
    """By name; None: every language that the gateway serves."""
    limits: Limits = READER_LIMITS
    """Of each run. A page may ask for less, and not for more; nor for a limit that is not named here."""
    max_body_bytes: int = 256 << 10
    """Of a request with a program: its files and what it reads, spelled as JSON."""
    max_files: int = 32
    runs_per_minute: int = 60
    """Of one reader, and as many at once."""
    max_streams_per_reader: int = 20
    max_streams: int = 1_000
    """Of all readers together."""
    talk_ms: int = 600_000
    """How long a program may be talked to, waiting included; at most an hour. 0: no program is talked to."""
    queue_deadline_ms: int = 60_000
    """What no node has begun by then is not run: its reader has gone."""
    cache: str = ""
    """As ``Task.cache``: READ_WRITE where most readers run a sample as it stands."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of each task."""

    def allows(self, language: str) -> bool:
        """Whether readers may run programs in it."""
        return self.languages is None or language in self.languages

    def limits_for(self, asked: Mapping[str, int]) -> Limits:
        """The limits of a run whose page asked for these. Raises ValueError, with the name of the limit that it may not
        have."""
        for name, value in asked.items():
            most = getattr(self.limits, name)
            if most is None or not 0 < value <= most:
                raise ValueError(name)
        return dataclasses.replace(self.limits, **asked)
