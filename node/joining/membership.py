"""What a gateway says to a machine that joins, looked at before any of it is kept.

The gateway has shown who it is, yet what it says ends in files that a service reads: only what could be right goes
there, and nothing that reads as something else in TOML, in a URL or on a terminal.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field

from coderunner.v1 import nodes_pb2
from node.joining.errors import JoinError
from schemas.names import is_token

MAX_ANSWER_BYTES = 256 << 10
MAX_SERVERS = 16
"""Of the bus, or of etcd."""
MAX_AUTHORITIES_CHARS = 64 << 10
_MAX_PASSWORD_CHARS = 256
_HOST = r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})"
_URL = re.compile(rf"(?:nats|tls)://{_HOST}")
_ENDPOINT = re.compile(_HOST)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Where a joined node finds bus and directory, and as whom."""

    nats_urls: tuple[str, ...]
    nats_user: str
    bus_authorities: str
    """Certificates (PEM) by one of which the bus is known; empty: by none of its own."""
    etcd_endpoints: tuple[str, ...]
    etcd_user: str
    """Empty where etcd asks nobody for a password."""
    etcd_password: str = field(repr=False)
    directory_authorities: str
    """As ``bus_authorities``."""


def membership(answer: nodes_pb2.JoinResponse) -> Membership:
    """The answer as it may be kept. Raises JoinError, with nothing of it in the words."""
    if not is_token(answer.nats_user) or (answer.etcd_user and not is_token(answer.etcd_user)):
        raise _unusable("a user's name")
    if not _is_password(answer.etcd_password) or bool(answer.etcd_password) is not bool(answer.etcd_user):
        raise _unusable("etcd_password")
    return Membership(
        nats_urls=_servers("nats_urls", answer.nats_urls, _URL),
        nats_user=answer.nats_user,
        bus_authorities=_certificates("nats_tls_authorities", answer.nats_tls_authorities),
        etcd_endpoints=_servers("etcd_endpoints", answer.etcd_endpoints, _ENDPOINT),
        etcd_user=answer.etcd_user,
        etcd_password=answer.etcd_password,
        directory_authorities=_certificates("etcd_tls_authorities", answer.etcd_tls_authorities),
    )


def _unusable(what: str) -> JoinError:
    return JoinError(f"the gateway's answer is of no use: {what} is not what it could be")


def _is_password(text: str) -> bool:
    return len(text) <= _MAX_PASSWORD_CHARS and text.isascii() and (not text or text.isprintable())


def _servers(what: str, given: Iterable[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    servers = tuple(given)
    if not 0 < len(servers) <= MAX_SERVERS:
        raise _unusable(what)
    found = [pattern.fullmatch(server) for server in servers]
    if not all(one is not None and 0 < int(one[1]) < 1 << 16 for one in found):
        raise _unusable(what)
    return servers


def _certificates(what: str, text: str) -> str:
    """The certificates alone, written anew: whatever stands around them is left out."""
    if not text:
        return ""
    if len(text) > MAX_AUTHORITIES_CHARS or not text.isascii():
        raise _unusable(what)
    try:
        kept = "".join(ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(one)) for one in _CERTIFICATE.findall(text))
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=kept)
    except (ssl.SSLError, ValueError):
        raise _unusable(what) from None
    return kept
