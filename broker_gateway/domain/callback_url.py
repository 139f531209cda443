"""The rules for callbacks. Which addresses the relay then connects to is the transport's rule.

A URL's scheme says how its endpoint is told (docs/adr/0036): a way that came later (``judge0+http``) passes through
nodes, and is bound by seals, of versions that do not know it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from broker_gateway.domain.violation import Violation
from schemas.task import CallbackEvent

JUDGE0 = "judge0+"
"""What comes before ``http`` or ``https`` where the endpoint is told as Judge0 tells its own: by PUT."""
_JUDGE0_SCHEMES = (f"{JUDGE0}http", f"{JUDGE0}https")
SCHEMES = ("http", "https", "grpc", "grpcs", *_JUDGE0_SCHEMES)
_GRPC_SCHEMES = ("grpc", "grpcs")
_PORTS = {"http": 80, "https": 443, "judge0+http": 80, "judge0+https": 443}

_MAX_CHARS = 2048
_EVENTS = frozenset(CallbackEvent)
MAX_EVENTS = len(_EVENTS)
_URL_CHARACTERS = re.compile(r"[!-~]+")
_FORBIDDEN = re.compile(r"[\\<>\"^`{|}]")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?")
_HOST_CHARS = 253


def callback_violations(url: str, path: str) -> Iterator[Violation]:
    """What is wrong with the URL: at most one violation, the first that is found."""
    fault = _fault(url)
    if fault is not None:
        yield Violation(path, fault)


def event_violations(events: Sequence[str], url: str | None, path: str) -> Iterator[Violation]:
    """What is wrong with the events that a callback to ``url`` asks for: at most one violation."""
    if len(events) > MAX_EVENTS or len(set(events)) < len(events) or not _EVENTS.issuperset(events):
        yield Violation(path, f"must be of {', '.join(CallbackEvent)}, none of them twice")
    elif (url or "").lower().startswith(JUDGE0) and set(events) - {CallbackEvent.FINISHED}:
        yield Violation(path, "must be FINISHED alone where an endpoint is told as Judge0 tells its own")


class Origin(NamedTuple):
    """What of a URL may be told to others: the rest (user-info, path, query) may hold a secret of the client's."""

    scheme: str
    host: str
    port: int | None
    """None: the one that is usual for its scheme."""

    def __str__(self) -> str:
        """Empty where it leads nowhere."""
        if not self.host:
            return ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")


NOWHERE = Origin("", "", None)


def origin_of(url: str) -> Origin:
    """Where a URL leads to; ``NOWHERE`` for what is none."""
    try:
        parts = urlsplit(url)
        return Origin(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:
        return NOWHERE


def endpoint_of(url: str) -> str:
    """The host and port that a URL leads to, in one spelling; those of ``NOWHERE`` where it has none."""
    origin = origin_of(url)
    return f"{origin.host.rstrip('.')}:{origin.port or _PORTS.get(origin.scheme, 0)}"


def _fault(url: str) -> str | None:
    if not url:
        return "is empty"
    if len(url) > _MAX_CHARS:
        return f"must have at most {_MAX_CHARS} characters"
    if not _URL_CHARACTERS.fullmatch(url) or _FORBIDDEN.search(url):
        return "must be printable ASCII with no spaces; encode other characters"
    if "#" in url:
        return "must not have a fragment"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "must be a well-formed URL with a valid port"
    return _parts_fault(parts, port) or (_grpc_fault(parts, port) if parts.scheme in _GRPC_SCHEMES else None)


def _parts_fault(parts: SplitResult, port: int | None) -> str | None:
    if parts.scheme not in SCHEMES:
        return "must start with http://, https://, grpc:// or grpcs://"
    if "@" in parts.netloc:
        return "must not contain credentials"
    if not _is_host(parts.hostname or "", bracketed="[" in parts.netloc):
        return "must name a host"
    if port == 0 or parts.netloc.endswith(":"):
        return "must have a port between 1 and 65535, or none"
    return None


def _grpc_fault(parts: SplitResult, port: int | None) -> str | None:
    if port is None:
        return f"must have the form {parts.scheme}://host:port"
    if parts.path not in ("", "/") or parts.query:
        return f"must have the form {parts.scheme}://host:port, with no path"
    return None


def _is_host(host: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return len(host) <= _HOST_CHARS and _HOST.fullmatch(host) is not None
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False
