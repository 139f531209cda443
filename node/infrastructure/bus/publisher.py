"""Everything that leaves for the bus goes through here, in order."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

import msgspec
import stamina
import structlog
from nats import errors

from node.infrastructure.bus.connection import Bus
from node.infrastructure.bus.replies import Replies

ANSWER_S = 2.0
"""A stream that has not confirmed by then is asked again."""
STORE_FOR_S = 60.0
"""For so long is a store tried; after that the task comes again from its queue."""


class BusAwayError(ConnectionError):
    """Our buffer for a bus that is away is full, or it does not answer."""


class RefusedError(Exception):
    """The stream answered and did not take it."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{description} ({code})")
        self.code = code


class _Refusal(msgspec.Struct):
    err_code: int = 0
    description: str = ""


class _Stored(msgspec.Struct):
    """What a stream answers to a message, as far as it is looked at."""

    error: _Refusal | None = None


_stored = msgspec.json.Decoder(_Stored)


class Publisher:
    def __init__(self, bus: Bus) -> None:
        self._client = bus.client
        self._replies = Replies(bus.client)
        self._posted: deque[tuple[str, bytes]] = deque()
        self._settling: set[asyncio.Future[None]] = set()
        self._log = structlog.get_logger("node.bus")

    @property
    def most_bytes(self) -> int:
        """The largest payload that the bus takes."""
        return int(self._client.max_payload)

    def post(self, subject: str, payload: bytes) -> None:
        """Fire and forget; leaves before anything that is sent or stored later."""
        self._posted.append((subject, payload))
        if len(self._posted) == 1:
            asyncio.get_running_loop().call_soon(self._settle_soon)

    async def send(self, subject: str, payload: bytes) -> None:
        """Into the client's buffer, after all that was posted. A bus that is away for too long loses it, which is
        logged: every message sent this way may be lost."""
        self._posted.append((subject, payload))
        await self.settle()

    async def settle(self) -> None:
        """Hands over what was posted."""
        while self._posted:
            subject, payload = self._posted.popleft()
            try:
                await self._client.publish(subject, payload)
            except (errors.Error, OSError) as error:
                self._log.warning("not sent", subject=subject, error=f"{type(error).__name__}: {error}")

    def _settle_soon(self) -> None:
        if self._posted:
            task = asyncio.ensure_future(self.settle())
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def ask(self, subject: str, payload: bytes, headers: dict[str, str] | None = None) -> bytes:
        """One try. The answer as it came. Raises BusAwayError, TimeoutError."""
        await self.settle()
        try:
            message = await self._replies.ask(subject, payload, ANSWER_S, headers)
        except TimeoutError:
            raise
        except (errors.Error, OSError) as error:
            raise BusAwayError(f"{type(error).__name__} on {subject}") from error
        return message.data

    async def request(self, subject: str, payload: bytes, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """One try. The decoded answer. Raises BusAwayError, TimeoutError, RefusedError."""
        answer: dict[str, Any] = json.loads(await self.ask(subject, payload, headers))
        if "error" in answer:
            raise RefusedError(int(answer["error"].get("err_code", 0)), str(answer["error"].get("description")))
        return answer

    async def store(self, subject: str, payload: bytes, headers: dict[str, str] | None = None) -> None:
        """Returns once a stream has it; tries again for STORE_FOR_S while none answers. Raises as ``request``."""
        try:
            await self._store_once(subject, payload, headers)
        except (TimeoutError, BusAwayError):
            async for attempt in stamina.retry_context(
                on=(TimeoutError, BusAwayError), attempts=None, timeout=STORE_FOR_S, wait_initial=0.1, wait_max=5.0
            ):
                with attempt:
                    await self._store_once(subject, payload, headers)

    async def _store_once(self, subject: str, payload: bytes, headers: dict[str, str] | None) -> None:
        error = _stored.decode(await self.ask(subject, payload, headers)).error
        if error is not None:
            raise RefusedError(error.err_code, error.description)
