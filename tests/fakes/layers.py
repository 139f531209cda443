"""A ``LayerStore`` that installs what a test says, when it says so."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from node.application.ports import OnOutput
from node.domain.language import Language
from node.domain.layers import Installation, KeptLayer, Layer, Order
from tests.builders import an_outcome


class ScriptedLayers:
    """Each order gets a layer of its own, once it may: ``may_end`` is set unless a test holds it back."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun = asyncio.Event()
        self.error: Exception | None = None
        self.fault = ""
        self.exit_code = 0
        self.said = b"Collecting\n"
        self.removed: list[str] = []
        self.before: dict[str, KeptLayer] = {}
        self.size = 10

    async def start(self, languages: Sequence[Language]) -> None:
        del languages

    async def close(self) -> None:
        self.may_end.set()

    def kind_of(self, language: Language) -> str:
        return language.packages.kind if language.packages else ""

    async def kept(self) -> Mapping[str, KeptLayer]:
        return self.before

    async def install(self, order: Order, on_output: OnOutput) -> Installation:
        self.orders.append(order)
        self.begun.set()
        on_output("stderr", self.said)
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        outcome = an_outcome(exit_code=self.exit_code, stderr=self.said)
        if self.exit_code or self.fault:
            return Installation(outcome, None, order.limits(), self.fault)
        layer = Layer(f"layer{len(self.orders)}", self.size, tuple(f"{name}==1" for name in order.packages))
        return Installation(outcome, layer, order.limits())

    async def remove(self, layers: Collection[str], keys: Collection[str]) -> None:
        del keys
        self.removed += layers
