"""The port of tracing: the spans of what a service does for a task (ADR 0026).

A span is known by its ``traceparent`` (W3C Trace Context), a text that goes along with the work, in a call's metadata
or in a message on the bus: what is done further on names it as its parent. Only what is sampled is told here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

Value = str | int | float | bool
Attributes = Mapping[str, Value]
"""By OpenTelemetry's names, where it has one. Never anything that was submitted, or that a program wrote."""


class Kind(StrEnum):
    """What a span is to the others of its trace, as OpenTelemetry has it."""

    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    INTERNAL = "internal"


class Span(Protocol):
    """One piece of work, from now until ``end``."""

    @property
    def traceparent(self) -> str:
        """What names this span as a parent."""
        ...

    def tell(self, attributes: Attributes) -> None:
        """Adds what became known since it began."""
        ...

    def fail(self, error_type: str) -> None:
        """Says that it failed; ``error_type`` is one of few words, such as a class's name."""
        ...

    def end(self) -> None:
        """Ends it, once."""
        ...


class Tracer(Protocol):
    """What spans are told to. Nothing here waits for anybody, or fails."""

    def span(self, name: str, kind: Kind, parent: str, attributes: Attributes) -> Span:
        """A span that begins now; ``parent`` is a traceparent, empty where the span begins a trace."""
        ...

    def past(self, name: str, kind: Kind, parent: str, attributes: Attributes, seconds: float) -> None:
        """Tells of a span that ends now and began ``seconds`` ago."""
        ...


@contextmanager
def within(tracer: Tracer, name: str, kind: Kind, parent: str, attributes: Attributes) -> Iterator[Span]:
    """The span of what is done inside; an exception makes it a failed one."""
    span = tracer.span(name, kind, parent, attributes)
    try:
        yield span
    except BaseException as error:
        span.fail(type(error).__name__)
        raise
    finally:
        span.end()
