"""A reply inbox for pull requests that wait. What nobody listens for any more, the server forgets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chassis.nats.connection import CurrentClient


class Inbox:
    """A reply inbox: a subscription that is opened under a new name each time. What was on its way when it was shut is
    still heard. nats-py has no public way: its subscriptions end for good, and to lose nothing they take a round
    trip."""

    def __init__(self, current: CurrentClient, on_message: Callable[[Msg], Awaitable[None]]) -> None:
        self._current = current
        self._client: Client | None = None
        """Whose subscription it is."""
        self._on_message = on_message
        self._subscription: Subscription | None = None
        self.name = ""
        """Answers to ``<name>.<one token>`` arrive. Empty while it is shut."""

    @property
    def is_open(self) -> bool:
        """False also where another client took the place of the one that listened."""
        return bool(self.name) and self._client is self._current()

    async def open(self) -> None:
        """Listens under a new name. It must not be open."""
        client = self._current()
        name = client.new_inbox()
        if self._subscription is None or client is not self._client:
            self._client = client
            self._subscription = await client.subscribe(f"{name}.*", cb=self._on_message)
        else:
            self._subscription._subject = f"{name}.*"
            await client._send_unsubscribe(self._subscription._id)  # a reconnection may have renewed it
            await client._send_subscribe(self._subscription)
        self.name = name

    async def shut(self) -> None:
        """Ends what waits; the server drops a request whose inbox nobody listens to."""
        if self.name and self._subscription is not None and self._client is not None:
            self.name = ""
            await self._client._send_unsubscribe(self._subscription._id)

    async def close(self) -> None:
        """Closes it for good; returns when nothing can arrive any more."""
        await self.shut()
        subscription, self._subscription = self._subscription, None
        if subscription is None or self._client is None:
            return
        try:
            if self._client.is_connected:
                await self._client.flush()  # a ping overtakes what is in the buffer: that of the drain finds it empty
                await subscription.drain()  # type: ignore[no-untyped-call] # nats-py left it without annotations
            else:
                await subscription.unsubscribe()
        except (errors.Error, OSError):
            return  # the connection went away meanwhile, and every request on it
