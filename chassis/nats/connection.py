"""One connection to NATS that is there again whenever NATS is."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client, Server
from nats.aio.msg import Msg

from broker_gateway.application.ports import BusUnavailableError
from chassis.backoff import Backoff
from chassis.nats.requests import ConnectionLostError, Replies

log = structlog.get_logger(__name__)

Hook = Callable[[], Awaitable[None]]

POST_AFTER_S = 0.005
_MOST_POSTED = 65_536
_BUFFER_BYTES = 16 << 20
"""Written by us and not yet by the socket: a burst of submissions must not be refused by the client library."""


@dataclass(frozen=True, slots=True)
class BusSettings:
    urls: Sequence[str]
    user: str = ""
    password: str = ""
    name: str = "coderunner-gateway"
    inbox_prefix: str = "_INBOX"
    timeout_s: float = 5.0
    """How long one call may take, a reconnection included."""
    reconnect_base_s: float = 0.1
    reconnect_max_s: float = 5.0
    reconnect_tries: int = 0
    """In a row, before it is given up; 0: for ever."""


class NobodyListensError(BusUnavailableError):
    """No subscriber, or no JetStream leader, for this subject."""


class PayloadTooLargeError(ValueError):
    """The server takes no message of this size."""

    def __init__(self, size_bytes: int, most_bytes: int) -> None:
        super().__init__(f"{size_bytes} bytes are more than the bus takes in one message ({most_bytes})")


class BusConnection:
    """Connects in the background, for ever. Calls made meanwhile wait up to their time-out."""

    def __init__(self, settings: BusSettings) -> None:
        self.settings = settings
        self._backoff = Backoff(settings.reconnect_base_s, settings.reconnect_max_s, settings.reconnect_tries)
        self._client = Client()
        self._replies = Replies()
        self._up = asyncio.Event()
        self._gone = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._hooks: list[Hook] = []
        self._posted: deque[tuple[str, bytes]] = deque(maxlen=_MOST_POSTED)
        self._posting: asyncio.Task[None] | None = None
        self._dialled = False
        """This client may have a socket; the library cannot close one that never had."""
        self._joined = False
        """This client was connected before: the library calls ``_choose`` before each further try."""

    def connected(self) -> bool:
        """Implements ``BusState``."""
        return self._up.is_set()

    def on_connect(self, hook: Hook) -> None:
        """Awaited after each connection and reconnection. It must not wait for the bus itself."""
        self._hooks.append(hook)

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name="bus connection")

    async def given_up(self) -> None:
        """Never returns. Raises GaveUpError."""
        await self._backoff.exhausted("the bus")

    async def close(self) -> None:
        """Sends what is buffered, closes, ends the background work."""
        while self._keeper is not None and not self._keeper.done():
            self._keeper.cancel()  # again and again: the library swallows a cancellation that meets it while it closes
            await asyncio.wait([self._keeper], timeout=0.1)
        if self._posting is not None:
            await asyncio.wait([self._posting], timeout=1)
        self._up.clear()
        with contextlib.suppress(nats.errors.Error, OSError, asyncio.TimeoutError):
            if self._client.is_connected:
                await self._client.flush(timeout=2)
        if self._dialled:
            with contextlib.suppress(nats.errors.Error, OSError):
                await self._client.close()

    async def client(self) -> Client:
        """The connected client. Raises BusUnavailableError if there is none within the time-out."""
        if not self._up.is_set():
            try:
                async with asyncio.timeout(self.settings.timeout_s):
                    await self._up.wait()
            except TimeoutError:
                raise BusUnavailableError("the bus is not connected") from None
        return self._client

    async def settle(self, client: Client) -> None:
        """Returns once the server has done everything that was sent through ``client`` before. Twice, because nats-py's
        ping overtakes commands that are still in its buffer: the first flush empties it, the second one asks."""
        for _ in range(2):
            await client.flush(timeout=max(1, int(self.settings.timeout_s)))

    async def request(
        self,
        subject: str,
        payload: bytes,
        *,
        timeout_s: float = 0,
        headers: Mapping[str, str] | None = None,
        repeat: bool = False,
    ) -> Msg:
        """One request, one reply. ``repeat``: asked once more where the connection broke meanwhile, for what may be
        done twice. Raises NobodyListensError, PayloadTooLargeError, BusUnavailableError."""
        client = self._client if self._up.is_set() else await self.client()
        most_s = timeout_s or self.settings.timeout_s
        try:
            return await self._replies.ask(client, subject, payload, most_s, dict(headers) if headers else None)
        except nats.errors.NoRespondersError:
            raise NobodyListensError(f"nobody listens on {subject}") from None
        except nats.errors.MaxPayloadError:
            raise PayloadTooLargeError(len(payload), client.max_payload) from None
        except (TimeoutError, nats.errors.Error, OSError) as error:
            if not (repeat and isinstance(error, ConnectionLostError)):
                raise BusUnavailableError(f"no answer on {subject}: {error!r}") from error
        return await self.request(subject, payload, timeout_s=timeout_s, headers=headers)

    def post(self, subject: str, payload: bytes) -> None:
        """Fire and forget, for what nobody waits for; lost while not connected. What is posted within POST_AFTER_S
        leaves in one write."""
        self._posted.append((subject, payload))
        if self._posting is None:
            self._posting = asyncio.create_task(self._send_posted(), name="bus posts")

    async def _send_posted(self) -> None:
        await asyncio.sleep(POST_AFTER_S)
        while self._posted:
            subject, payload = self._posted.popleft()
            if not self._up.is_set():
                continue
            try:
                await self._client.publish(subject, payload)
            except (nats.errors.Error, OSError) as error:
                log.warning("not announced", subject=subject, error=str(error) or repr(error))
        self._posting = None

    async def _keep(self) -> None:
        """nats-py reconnects by itself, but closes for good on some errors that pass (a user that is not there yet)."""
        while True:
            self._gone.clear()
            self._joined = False
            self._client = Client()
            self._dialled = True
            try:
                await self._client.connect(**self._options())
                await self._replies.open(self._client)
            except (TimeoutError, nats.errors.Error, OSError) as error:
                await self._on_error(error)
                continue
            await self._on_connected()
            await self._gone.wait()

    def _options(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "servers": list(settings.urls),
            "user": settings.user or None,
            "password": settings.password or None,
            "name": settings.name,
            "inbox_prefix": settings.inbox_prefix,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": 0,  # the waits are ours: see _on_error and _choose
            "reconnect_to_server_handler": self._choose,
            "connect_timeout": 2,
            "ping_interval": 5,
            "max_outstanding_pings": 2,
            "pending_size": _BUFFER_BYTES,
            "flush_timeout": settings.timeout_s,  # where that buffer is full
            "skip_subject_validation": True,  # schemas.names makes them, and checks what goes into them
            "error_cb": self._on_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_connected,
            "closed_cb": self._on_closed,
        }

    def _choose(self, servers: Sequence[Server], _info: Mapping[str, Any]) -> tuple[Server, float]:
        return random.choice(servers), self._backoff.next_s()  # noqa: S311  # spreads load, keeps no secret

    async def _on_error(self, error: Exception) -> None:
        log.warning("bus error", error=str(error) or repr(error))
        if not self._joined:
            await asyncio.sleep(self._backoff.next_s())  # the library's first connection loop waits for this

    async def _on_connected(self) -> None:
        self._backoff.reset()
        self._joined = True
        self._up.set()
        url = self._client.connected_url
        log.info("bus connected", server=url.netloc.rpartition("@")[2] if url else "")
        for hook in self._hooks:
            await hook()

    async def _on_disconnected(self) -> None:
        if self._up.is_set():
            log.warning("bus disconnected")
        self._up.clear()
        self._replies.fail()

    async def _on_closed(self) -> None:
        self._up.clear()
        self._replies.fail()
        self._gone.set()
