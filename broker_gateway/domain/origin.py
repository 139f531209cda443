"""The origins of pages, as browsers write them in ``Origin``: https://html.spec.whatwg.org/multipage/browsers.html#origin"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

MAX_ORIGINS = 16
MAX_ORIGIN_CHARS = 268
"""A scheme, a name of 253 characters, a port."""
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([1-9]\d{0,4}))?", re.ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_USUAL_PORTS = {"https": "443", "http": "80"}
_MAX_PORT = 65_535
_MAX_LABEL_CHARS = 63


def origin_fault(text: str) -> str:
    """Why no browser would name a page's origin so; empty where one would. Such a text can be compared with what a
    browser sends as it is."""
    match = _ORIGIN.fullmatch(text) if len(text) <= MAX_ORIGIN_CHARS else None
    if match is None:
        return (
            "must be an origin as browsers write it, such as https://blog.example: lower case, xn-- for other letters"
        )
    scheme, host, port = match.groups()
    if port is not None and (port == _USUAL_PORTS[scheme] or int(port) > _MAX_PORT):
        return "must have no port where it is the scheme's own, and none beyond 65535"
    if not _is_host(host):
        return "must name a host as browsers write it"
    return ""


def _is_host(text: str) -> bool:
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1])) == text[1:-1]
        except ValueError:
            return False
    labels = text.split(".")
    if not all(0 < len(label) <= _MAX_LABEL_CHARS for label in labels):
        return False
    if _NUMBER.fullmatch(labels[-1]) is None:
        return True
    try:
        return str(IPv4Address(text)) == text
    except ValueError:
        return False
