"""A tracer that remembers its spans."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from chassis.tracing import Attributes, Kind, Value

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
"""The span of a caller who records his trace."""


@dataclass
class MemorySpan:
    """Implements ``Span``."""

    name: str
    kind: Kind
    parent: str
    traceparent: str
    attributes: dict[str, Value]
    error: str = ""
    ended: bool = False
    seconds: float = 0.0

    def tell(self, attributes: Attributes) -> None:
        assert not self.ended
        self.attributes.update(attributes)

    def fail(self, error_type: str) -> None:
        assert not self.ended
        self.error = error_type

    def end(self) -> None:
        assert not self.ended
        self.ended = True


@dataclass
class MemoryTracer:
    """Implements ``Tracer``: every span is of one trace, and sampled."""

    spans: list[MemorySpan] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def span(self, name: str, kind: Kind, parent: str, attributes: Attributes) -> MemorySpan:
        own = f"00-{TRACE_ID}-{next(self._numbers):016x}-01"
        made = MemorySpan(name, kind, parent, own, dict(attributes))
        self.spans.append(made)
        return made

    def past(self, name: str, kind: Kind, parent: str, attributes: Attributes, seconds: float) -> None:
        made = self.span(name, kind, parent, attributes)
        made.seconds = seconds
        made.end()

    def one(self, name: str) -> MemorySpan:
        """The span of that name, of which there is one."""
        (found,) = [span for span in self.spans if span.name == name]
        return found
