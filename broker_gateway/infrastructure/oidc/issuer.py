"""The issuer: where its keys are, and a copy of them for the time that it is away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import aiohttp
import structlog
from yarl import URL

from broker_gateway.infrastructure.oidc.key_set import KeySet, SigningKey, key_set

MAX_DOCUMENT_BYTES = 256 << 10
TIMEOUT_S = 5.0
MAX_WAITING = 200
"""Calls that wait for the issuer at a time."""
_log = structlog.get_logger(__name__)


class IssuerAwayError(Exception):
    """The issuer's keys are not known, and it does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSettings:
    """Who the issuer is, and how long what it said is believed."""

    issuer: str
    jwks_url: str = ""
    """Where its keys are; empty: as its discovery document says."""
    refresh_every_s: float = 300.0
    """A key that it has taken back is refused after so long."""
    ask_again_s: float = 10.0
    """At most so often it is asked for a key that is not known: tokens name keys, and anybody makes tokens."""
    kept_s: float = 86_400.0
    """Its keys are believed for so long while it is away."""


def issuer_fault(url: str) -> str:
    """Why what this address says cannot be trusted; empty where it can."""
    try:
        parts = URL(url)
        host = parts.host or ""
    except ValueError:
        return "is not a URL"
    if not host or parts.scheme not in ("https", "http"):
        return "must be https://…"
    if parts.raw_user is not None or parts.raw_password is not None:
        return "must not contain credentials"
    return "" if parts.scheme == "https" or _is_loopback(host) else "must be https://… (http to loopback alone)"


class Issuer:
    """The keys of one issuer. ``run`` reads them again and again."""

    def __init__(self, settings: IssuerSettings, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic_s = monotonic_s
        self._keys: KeySet = {}
        self._read_at_s = self._asked_at_s = float("-inf")
        self._is_away = False
        self._reading = asyncio.Lock()
        self._waiting = 0
        self._session: aiohttp.ClientSession | None = None
        self.changes = 0
        """How often the keys have changed."""

    @property
    def is_believed(self) -> bool:
        """Whether it was heard of within ``kept_s``."""
        return self._monotonic_s() - self._read_at_s <= self._settings.kept_s

    async def keys(self, key_id: str | None) -> Sequence[SigningKey]:
        """The keys of this id, or all where a token names none; none: the issuer has no such key. Raises
        IssuerAwayError."""
        if not self._has(key_id):
            await self._read_unless_just_asked()
        if not self.is_believed or (self._is_away and not self._has(key_id)):
            raise IssuerAwayError(f"the issuer {self._settings.issuer} does not answer")
        if key_id is None:
            return [key for keys in self._keys.values() for key in keys]
        return self._keys.get(key_id, ())

    async def run(self) -> None:
        """Keeps the keys in step with the issuer, for ever."""
        while True:
            await self.read()
            await asyncio.sleep(self._settings.ask_again_s if self._is_away else self._settings.refresh_every_s)

    async def read(self) -> None:
        """Asks the issuer; where it does not answer, what was known stays."""
        async with self._reading:
            await self._read()

    async def _read(self) -> None:
        try:
            found = key_set(await self._document(await self._keys_url()))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError) as error:
            if not self._is_away:
                _log.warning("issuer_not_read", issuer=self._settings.issuer, error=_words(error))
            self._is_away = True
            return
        finally:
            self._asked_at_s = self._monotonic_s()
        self._read_at_s = self._asked_at_s
        if self._is_away or found != self._keys:
            _log.info("issuer_read", issuer=self._settings.issuer, keys=sorted(found))
            self.changes += 1
        self._keys, self._is_away = found, False

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    def _has(self, key_id: str | None) -> bool:
        return self.is_believed and bool(self._keys if key_id is None else key_id in self._keys)

    async def _read_unless_just_asked(self) -> None:
        if self._waiting >= MAX_WAITING:
            raise IssuerAwayError(f"too many wait for the issuer {self._settings.issuer}")
        self._waiting += 1
        try:
            async with self._reading:
                if self._monotonic_s() - self._asked_at_s >= self._settings.ask_again_s:
                    await self._read()
        finally:
            self._waiting -= 1

    async def _keys_url(self) -> str:
        if self._settings.jwks_url:
            return self._settings.jwks_url
        told = await self._document(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not isinstance(told, dict) or told.get("issuer") != self._settings.issuer:
            raise ValueError("its discovery document is another issuer's")
        url = told.get("jwks_uri")
        if not isinstance(url, str) or issuer_fault(url):
            raise ValueError("its discovery document does not say where its keys are")
        return url

    async def _document(self, url: str) -> Any:
        """Redirections are not followed: whoever answers must be who was asked."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        async with self._session.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"it answered {answer.status}")
            body = await answer.content.read(MAX_DOCUMENT_BYTES + 1)
            while len(body) <= MAX_DOCUMENT_BYTES and (more := await answer.content.read(MAX_DOCUMENT_BYTES)):
                body += more
        if len(body) > MAX_DOCUMENT_BYTES:
            raise ValueError(f"it answered more than {MAX_DOCUMENT_BYTES} bytes")
        return json.loads(body)


def _words(error: Exception) -> str:
    """What was wrong. The HTTP client quotes the address, and that of the keys may hold a secret."""
    is_quoting = isinstance(error, aiohttp.ClientError) and not isinstance(error, OSError)
    return type(error).__name__ if is_quoting else f"{type(error).__name__}: {error}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
