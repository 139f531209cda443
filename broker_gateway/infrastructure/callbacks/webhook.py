"""The callback transport that sends an HTTP request: a POST, or what its form says."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import aiohttp.abc
import msgspec
from yarl import URL

from broker_gateway.application.ports import DeliveryError, Told
from broker_gateway.application.tracing import trace_headers
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard, ForbiddenAddressError
from broker_gateway.infrastructure.callbacks.answers import judge
from broker_gateway.infrastructure.callbacks.identification import Identifications
from broker_gateway.infrastructure.callbacks.name_lookups import CALLED_FOR
from schemas.execution import Execution

READ_BYTES = 4096
"""Of an answer's body, only so that the connection can be used again."""
_CONNECTIONS = 160
_PER_HOST = 20
"""More than the relays have turns, so that no result waits for what tells of progress."""
_encoder = msgspec.json.Encoder()

ToBody = Callable[[Told], Awaitable[bytes]]
"""The body that tells of it. Raises DeliveryError for what cannot be told so."""


async def _usual_body(told: Told) -> bytes:
    if isinstance(told, Execution):
        return _encoder.encode(told)
    at = datetime.fromtimestamp(told.at_ms / 1000, UTC)
    return _encoder.encode({"type": f"execution.{told.event.value.lower()}", "timestamp": at, "data": told})


@dataclass(frozen=True, slots=True)
class WebhookForm:
    """How an endpoint is told. Usually: the execution as JSON with the proto's field names; of progress an event in the
    form that Standard Webhooks recommends, with the progress as its data."""

    method: str = "POST"
    to_body: ToBody = _usual_body
    prefix: str = ""
    """What its URLs have before ``http`` or ``https``."""


USUAL = WebhookForm()


def _words(error: Exception) -> str:
    """What kept a result from the endpoint. The HTTP client quotes an answer that it does not understand, and an
    endpoint may answer with what it was sent: the client's headers. It quotes URLs as well."""
    if isinstance(error, OSError):
        return f"not reached: {error}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the endpoint hung up without an answer"
    return f"the endpoint's answer is not understood ({type(error).__name__})"


class WebhookTransport:
    """Implements ``CallbackTransport`` for ``http`` and ``https`` in one form."""

    def __init__(
        self,
        guard: AddressGuard,
        *,
        timeout_s: float,
        user_agent: str,
        identifications: Identifications | None = None,
        ca_file: str = "",
        form: WebhookForm = USUAL,
    ) -> None:
        """``ca_file``: PEM of the authorities that are trusted instead of the usual ones."""
        self._guard = guard
        self._timeout_s = timeout_s
        self._user_agent = user_agent
        self._identifications = identifications or Identifications()
        self._ca_file = ca_file
        self._form = form
        self._session: aiohttp.ClientSession | None = None

    async def deliver(
        self,
        url: str,
        told: Told,
        idempotency_key: str,
        *,
        client: str = "",
        headers: str = "",
        timeout_s: float | None = None,
    ) -> None:
        CALLED_FOR.set(client)
        body = await self._form.to_body(told)
        within_s = min(timeout_s or self._timeout_s, self._timeout_s)
        try:
            target = URL(url[len(self._form.prefix) :])
            self._guard.check(target.host or "")
            await self._send(target, body, self._headers(client, headers, idempotency_key, body), within_s)
        except ForbiddenAddressError as error:
            raise DeliveryError(str(error), permanent=True) from error
        except aiohttp.InvalidURL as error:
            raise DeliveryError("not a URL that can be called", permanent=True) from error
        except TimeoutError as error:
            raise DeliveryError(f"no answer within {within_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise DeliveryError(_words(error)) from error  # also a certificate's error, which is a ValueError
        except ValueError as error:
            raise DeliveryError("not a URL that can be called", permanent=True) from error

    async def close(self) -> None:
        """Closes all connections."""
        if self._session is not None:
            await self._session.close()

    async def _send(self, url: URL, body: bytes, headers: dict[str, str], timeout_s: float) -> None:
        if self._session is None:
            self._session = self._open()
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        async with self._session.request(
            self._form.method, url, data=body, headers=headers, allow_redirects=False, timeout=timeout
        ) as response:
            await response.content.read(READ_BYTES)
            if not response.content.at_eof():
                response.close()
            judge(response.status, response.headers.get("Retry-After", ""))

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=_CONNECTIONS,
            limit_per_host=_PER_HOST,
            resolver=_GuardedResolver(self._guard),
            socket_factory=self._socket,
            ssl=ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True,
        )
        return aiohttp.ClientSession(connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())

    def _socket(self, where: Any) -> socket.socket:
        """The last look, at the very address that is about to be connected to."""
        family, kind, protocol, _, address = where
        self._guard.check(str(address[0]))
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        return opened

    def _headers(self, client: str, named: str, idempotency_key: str, body: bytes) -> dict[str, str]:
        return {
            **trace_headers(),
            **self._identifications.headers(client, idempotency_key, body, named),
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
            "User-Agent": self._user_agent,
        }


class _GuardedResolver(aiohttp.abc.AbstractResolver):
    """The resolver of the HTTP client. What it returns is what is connected to: a name cannot change its mind in
    between."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[aiohttp.abc.ResolveResult]:
        found = await self._guard.resolve(host, port)
        return [
            aiohttp.abc.ResolveResult(
                hostname=host, host=address, port=port, family=of, proto=0, flags=socket.AI_NUMERICHOST
            )
            for of, address in found
            if family in (socket.AF_UNSPEC, of)
        ]

    async def close(self) -> None:
        await asyncio.sleep(0)
