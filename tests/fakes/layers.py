"""A ``LayerStore`` that installs what a test says, when it says so."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from node.application.ports import OnOutput
from node.domain.language import Language
from node.domain.layers import Installation, KeptLayer, Layer, Order
from node.domain.sandbox import Ending, SandboxLostError
from tests.builders import an_outcome


class ScriptedLayers:
    """Each order gets a layer of its own, once it may: ``may_end`` is set unless a test holds it back."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.given_up = 0
        """Installations that were ended, as nobody waited for them."""
        self.error: Exception | None = None
        self.fault = ""
        self.exit_code = 0
        self.said = b"Collecting\n"
        self.removed: list[str] = []
        self.before: dict[str, KeptLayer] = {}
        self.size = 10
        self.is_away = False
        self.source = ("installer", "https://index.example/simple/")

    async def start(self, languages: Sequence[Language]) -> None:
        del languages

    async def close(self) -> None:
        self.may_end.set()

    def kind_of(self, language: Language) -> str:
        return language.packages.kind if language.packages and not self.is_away else ""

    def source_of(self, language: Language) -> Sequence[str]:
        del language
        return self.source

    async def kept(self) -> Mapping[str, KeptLayer]:
        if self.is_away:
            raise SandboxLostError("no installer's image is there")
        return self.before

    async def install(self, order: Order, on_output: OnOutput, abandoned: asyncio.Event) -> Installation:
        self.orders.append(order)
        self.begun.set()
        on_output("stderr", self.said)
        if not await self._may_end(abandoned):
            self.given_up += 1
            asyncio.get_running_loop().call_soon(self.ended.set)
            return Installation(an_outcome(ending=Ending.CANCELLED, exit_code=None), None, order.limits())
        if self.error is not None:
            raise self.error
        outcome = an_outcome(exit_code=self.exit_code, stderr=self.said)
        if self.exit_code or self.fault:
            return Installation(outcome, None, order.limits(), self.fault)
        layer = Layer(f"layer{len(self.orders)}", self.size, tuple(f"{name}==1" for name in order.packages))
        return Installation(outcome, layer, order.limits())

    async def _may_end(self, abandoned: asyncio.Event) -> bool:
        if self.may_end.is_set():
            return True
        ends = [asyncio.create_task(event.wait()) for event in (self.may_end, abandoned)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for one in ends:
            one.cancel()
        return self.may_end.is_set()

    async def remove(self, layers: Collection[str], keys: Collection[str]) -> None:
        del keys
        self.removed += layers
