"""One connection to NATS that is there again whenever NATS is."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import nats.errors
import nkeys
import structlog
from nats.aio.client import Client, Server
from nats.aio.msg import Msg
from nats.aio.transport import TcpTransport

from chassis.backoff import Failures
from chassis.errors import BusAwayError, BusUnavailableError
from chassis.nats.client import BusClient
from chassis.nats.posts import Posts
from chassis.nats.requests import ConnectionLostError, Requests
from chassis.nats.settings import BusSettings

log = structlog.get_logger(__name__)

Hook = Callable[[], Awaitable[None]]
CurrentClient = Callable[[], Client]
"""Gives the client in use: another one may take its place."""

_CONNECT_TIMEOUT_S = 2
_PING_INTERVAL_S = 5
_MAX_PINGS_UNANSWERED = 2
"""A peer that vanished without a word is noticed after so many pings."""
_LAST_S = 0.2
"""What an answer gets at least, where a call has spent its time on waiting for the connection."""
_FLUSH_TIMEOUT_S = 2
_CLOSE_TIMEOUT_S = 4.0
"""At the end: for the last flush, and for all that closing takes."""
_ABORT_TIMEOUT_S = 0.5
_BUFFER_BYTES = 16 << 20
"""Written by us and not yet by the socket: a burst, or what is said while the bus is away, must not be refused."""


class NobodyListensError(BusUnavailableError):
    """No subscriber, or no JetStream leader, for this subject."""


class PayloadTooLargeError(ValueError):
    """The server takes no message of this size."""

    def __init__(self, size_bytes: int, max_bytes: int) -> None:
        super().__init__(f"{size_bytes} bytes are more than the bus takes in one message ({max_bytes})")


class BusConnection:
    """A connection that is kept in the background, for ever. Calls made while it is away wait up to their time-out."""

    def __init__(self, settings: BusSettings) -> None:
        self.settings = settings
        self._failures = Failures(settings.backoff, settings.reconnect_tries, per_round=len(settings.urls))
        self._client: Client = BusClient(self.settings.trust)
        self._requests = Requests(settings.gather_s)
        self._posts = Posts(lambda: self._client, settings.post_after_s)
        self._up = asyncio.Event()
        self._gone = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._hooks: list[Hook] = []
        self._dialled = False
        """This client may have a socket; the library cannot close one that never had."""
        self._joined = False
        """This client was connected before: the library calls ``_choose`` before each further try."""
        self._closing = False
        self._last_error = "no try has ended yet"
        self.times_connected = 0
        """How often it was there again: what was published in between nobody here has heard."""

    @property
    def current(self) -> Client:
        """The client in use, connected or not. Another one takes its place where the library closed it for good."""
        return self._client

    @property
    def max_bytes(self) -> int:
        """The largest payload that the server takes."""
        return int(self._client.max_payload)

    def connected(self) -> bool:
        """True while the bus is there."""
        return self._up.is_set() and self._client.is_connected

    def words(self) -> str:
        """How it is with the connection, for people."""
        if not self.connected():
            return f"not connected: {self._last_error}"
        url = self._client.connected_url
        return f"connected to {url.netloc.rpartition('@')[2] if url else 'the bus'}"

    def on_connect(self, hook: Hook) -> None:
        """Has ``hook`` awaited after each connection and reconnection: the server has forgotten our pull requests by
        then. It must not wait for the bus itself."""
        self._hooks.append(hook)

    def start(self) -> None:
        """Begins to connect."""
        self._keeper = asyncio.create_task(self._keep(), name="bus connection")

    async def given_up(self) -> None:
        """Never returns. Raises GaveUpError, or what ended the background work."""
        spent = asyncio.ensure_future(self._failures.too_many("the bus"))
        watched = [spent, *([self._keeper] if self._keeper is not None else [])]
        try:
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        finally:
            spent.cancel()
        for task in done:
            task.result()

    async def close(self) -> None:
        """Sends what is buffered, closes, ends the background work."""
        self._closing = True
        while self._keeper is not None and not self._keeper.done():
            self._keeper.cancel()  # again and again: the library swallows a cancellation that meets it while it closes
            await asyncio.wait([self._keeper], timeout=0.1)
        if self._client.is_connected:
            await self._posts.close()
        self._up.clear()
        if self._dialled:
            await self._hang_up()

    async def _hang_up(self) -> None:
        """Bounded in time; raises nothing. Where the bus is away, or reads no more, the library may wait for ever, end
        with the reconnection that it cancels, or fail as uvloop does on a socket that is gone."""
        leaving = asyncio.ensure_future(self._flush_and_close())
        await asyncio.wait([leaving], timeout=_CLOSE_TIMEOUT_S)
        if not leaving.done():
            self._abort()
            await asyncio.wait([leaving], timeout=_ABORT_TIMEOUT_S)
        if not leaving.done():
            leaving.cancel()
        elif not leaving.cancelled() and (error := leaving.exception()) is not None:
            log.warning("bus_not_closed", error=str(error) or repr(error))

    def _abort(self) -> None:
        """Ends what waits for the socket. nats-py has no public way."""
        transport = self._client._transport
        if isinstance(transport, TcpTransport) and transport._io_writer is not None:
            transport._io_writer.transport.abort()

    async def _flush_and_close(self) -> None:
        with contextlib.suppress(nats.errors.Error, OSError):
            if self._client.is_connected:
                await self._client.flush(timeout=_FLUSH_TIMEOUT_S)
        await self._client.close()

    async def wait_connected(self) -> None:
        """Returns while connected, however long that takes."""
        await self._up.wait()

    async def client(self, within_s: float = 0) -> Client:
        """The connected client. Raises BusAwayError if there is none within ``within_s``, or the usual time-out."""
        if not self._up.is_set():
            try:
                async with asyncio.timeout(within_s or self.settings.timeout_s):
                    await self._up.wait()
            except TimeoutError:
                raise BusAwayError("the bus is not connected") from None
        return self._client

    async def settle(self, client: Client) -> None:
        """Waits until the server has done everything that was sent through ``client`` before. Twice, because nats-py's
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
        """Sends one request and returns its reply; what was posted before leaves before. ``repeat``: asked once more
        where the connection broke meanwhile, for what may be done twice. All of it takes ``timeout_s`` at most, or the
        usual time-out. Raises NobodyListensError, PayloadTooLargeError, BusAwayError, BusUnavailableError."""
        timeout_s = timeout_s or self.settings.timeout_s
        until = time.monotonic() + timeout_s
        if not self._up.is_set():
            await self.client(timeout_s)
            timeout_s = max(_LAST_S, until - time.monotonic())
        client = self._client
        if self._posts:
            await self._posts.hand_over()
        try:
            return await self._requests.ask(client, subject, payload, timeout_s, headers)
        except nats.errors.NoRespondersError:
            raise NobodyListensError(f"nobody listens on {subject}") from None
        except nats.errors.MaxPayloadError:
            raise PayloadTooLargeError(len(payload), client.max_payload) from None
        except (TimeoutError, nats.errors.Error, OSError) as error:
            if not (repeat and isinstance(error, ConnectionLostError)):
                raise BusUnavailableError(f"no answer on {subject}: {error!r}") from error
        left_s = max(_LAST_S, until - time.monotonic())
        return await self.request(subject, payload, timeout_s=left_s, headers=headers)

    def post(self, subject: str, payload: bytes, after_s: float | None = None) -> None:
        """Fire and forget, for what nobody waits for: it may be lost while the bus is away. ``after_s``: how long it
        may wait for others, where that is not the connection's usual time."""
        self._posts.add(subject, payload, after_s)

    async def send(self, subject: str, payload: bytes) -> None:
        """As ``post``, and in the client's buffer when it returns, with all that was posted before."""
        self._posts.add(subject, payload)
        await self._posts.hand_over()

    async def _keep(self) -> None:
        """nats-py reconnects by itself, but closes for good on some errors that pass (a user that is not there yet)."""
        while True:
            self._gone.clear()
            self._joined = False
            self._client = BusClient(self.settings.trust)
            self._dialled = True
            try:
                await self._client.connect(**self._options())
                await self._requests.open(self._client)
            except (TimeoutError, nkeys.NkeysError, nats.errors.Error, OSError) as error:
                await self._on_error(error)
                continue
            await self._on_connected()
            await self._gone.wait()

    def _options(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "servers": list(settings.urls),
            "user": None if settings.nkey else settings.user or None,
            "password": None if settings.nkey else settings.password or None,
            "nkeys_seed": settings.nkey or None,
            "token": (settings.user or None) if settings.nkey else None,  # who it says that it is, beside its key
            "user_credentials": settings.credentials or None,
            "name": settings.name,
            "inbox_prefix": settings.inbox_prefix,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": 0,  # the waits are ours: see _on_error and _choose
            "reconnect_to_server_handler": self._choose,
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "ping_interval": _PING_INTERVAL_S,
            "max_outstanding_pings": _MAX_PINGS_UNANSWERED,
            "pending_size": _BUFFER_BYTES,
            "flush_timeout": settings.timeout_s,  # where that buffer is full
            "skip_subject_validation": True,  # schemas.names makes them, and checks what goes into them
            "error_cb": self._on_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_connected,
            "closed_cb": self._on_closed,
        }

    def _choose(self, servers: Sequence[Server], _info: Mapping[str, Any]) -> tuple[Server, float]:
        """Round robin: where one server is left, it is found within a round."""
        return servers[self._failures.count % len(servers)], self._failures.next_s()

    async def _on_error(self, error: Exception) -> None:
        self._last_error = str(error) or repr(error)
        log.warning("bus_error", error=self._last_error)
        if not self._joined:
            await asyncio.sleep(self._failures.next_s())  # the library's first connection loop waits for this

    async def _on_connected(self) -> None:
        self._failures.reset()
        self._joined = True
        self.times_connected += 1
        self._up.set()
        url = self._client.connected_url
        log.info("bus_connected", server=url.netloc.rpartition("@")[2] if url else "")
        for hook in self._hooks:
            await hook()

    async def _on_disconnected(self) -> None:
        if self._up.is_set() and not self._closing:
            log.warning("bus_disconnected")
            self._last_error = "the connection was lost"
        self._up.clear()
        self._requests.fail()

    async def _on_closed(self) -> None:
        self._up.clear()
        self._requests.fail()
        self._gone.set()
