"""Calls with a publishable key: whether the page may show it, and on behalf of which reader it calls
(docs/adr/0030-publishable-keys.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import grpc
from starlette.requests import HTTPConnection

from broker_gateway.application.commands import Visitor
from broker_gateway.domain.api_key import PageTerms
from broker_gateway.domain.reader_address import TrustedProxies
from broker_gateway.interfaces.authentication import Refused
from broker_gateway.interfaces.callers import VISITOR, note_page

_DENIED = grpc.StatusCode.PERMISSION_DENIED
_NO_ORIGIN = (_DENIED, "a publishable key is for pages: this request says in no Origin which page it comes from")
_OTHER_ORIGIN = (_DENIED, "this publishable key is for pages of other origins")
_OF_READER = b"reader"


class Visits:
    """Judges calls with publishable keys."""

    def __init__(self, proxies: TrustedProxies, secret: Callable[[], bytes]) -> None:
        """``secret``: the same on all gateways. Raises BusAwayError while it is not known."""
        self._proxies = proxies
        self._secret = secret

    def refusal(self, request: HTTPConnection, page: PageTerms) -> Refused | None:
        """Why the call is refused; None where it is not, and then the context says who the reader is."""
        origins = _origins(request)
        note_page(page.key_id, origins[0] if origins else "")
        if not origins:
            return _NO_ORIGIN
        if page.origins.isdisjoint(origins):
            return _OTHER_ORIGIN
        VISITOR.set(Visitor(self._reader(request, page.key_id), page.reader_rate))
        return None

    def _reader(self, request: HTTPConnection, key_id: str) -> str:
        """A name for the address, by which nobody without the secret can tell the address, or the same reader with
        another key."""
        peer = request.client.host if request.client is not None else ""
        address = self._proxies.reader(peer, request.headers.getlist(self._proxies.header))
        told = f"{key_id} {address}".encode()
        return hashlib.blake2b(told, digest_size=16, key=self._secret(), person=_OF_READER).hexdigest()


def _origins(request: HTTPConnection) -> Sequence[str]:
    """The origin that the browser says, in either scheme where only its host can be told: a page of the gateway's own
    origin reads without an ``Origin``, and the browser says instead that it is of the same one."""
    said = request.headers.getlist("origin")
    if said:
        return said if len(said) == 1 else ()
    hosts = request.headers.getlist("host")
    if request.headers.getlist("sec-fetch-site") != ["same-origin"] or len(hosts) != 1:
        return ()
    return f"https://{hosts[0]}", f"http://{hosts[0]}"
