"""The talk with one program (docs/adr/0033): what is said to it is passed on in order, each thing once, and kept until
it runs. Where nobody has talked to it for its grace period, it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from node.domain.printed import Printed
from node.domain.sandbox import Tell
from schemas.interaction import TALK_BYTES, TALK_ITEMS, Interaction, Said
from schemas.talk import TalkOrder

End = Callable[[], Awaitable[None]]


class Talk:
    """One attempt's talk. ``taken`` is the number of the last thing that it has; once something found no room it is
    ``full``."""

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction
        self.taken = 0
        self.full = False
        self.waits = False
        """The program waits for its input, and was told nothing since."""
        self.printed = Printed()
        self.words = ""
        """Why it was ended; empty while it was not."""
        self._held: list[Said] = []
        self._bytes = 0
        self._tell: Tell = self._held.append
        self._heard = asyncio.Event()
        self._began = asyncio.Event()

    def hear(self, order: TalkOrder) -> int:
        """Takes what is new of an order; returns ``taken``. More than a talk may have in all is not taken."""
        self._heard.set()
        for number, said in enumerate(order.said, order.first):
            if number <= self.taken:
                continue
            if number > self.taken + 1:
                break
            self.full = self.full or not self._has_room(said)
            if self.full:
                break
            self.taken = number
            self.waits = False
            self._bytes += len(said.data)
            self._tell(said)
        return self.taken

    def _has_room(self, said: Said) -> bool:
        return self.taken < TALK_ITEMS and self._bytes + len(said.data) <= TALK_BYTES

    def start(self) -> None:
        """The task's node has begun with it, and tells so: its client can talk to it from now on."""
        self._began.set()

    def begin(self, tell: Tell) -> None:
        """The program has been started: it gets what it was told so far, and then what comes."""
        for said in self._held:
            tell(said)
        self._held = []
        self._tell = tell

    async def watch(self, end: End) -> None:
        """Ends the task once its client has been gone for the grace period. For ever otherwise."""
        await self._began.wait()
        grace_s = self.interaction.grace_ms / 1e3
        with suppress(TimeoutError):
            while True:
                self._heard.clear()
                async with asyncio.timeout(grace_s):
                    await self._heard.wait()
        self.words = f"its client was gone for {grace_s:g} s"
        await end()
