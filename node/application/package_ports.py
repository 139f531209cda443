"""What the packages of tasks need from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from node.application.ports import OnOutput
from node.domain.language import Language
from node.domain.layers import Installation, KeptLayer, Order


class IndexOutOfReachError(Exception):
    """The index of packages cannot be read; later it may."""


class LayerStore(Protocol):
    """Installs packages, and keeps what was installed."""

    async def start(self, languages: Sequence[Language]) -> None:
        """Makes ready what installs the packages of these languages. Raises nothing."""
        ...

    async def close(self) -> None:
        """Ends what is being installed."""
        ...

    def kind_of(self, language: Language) -> str:
        """The kind of packages that can be installed for the language now; empty where none can."""
        ...

    def source_of(self, language: Language) -> Sequence[str]:
        """What packages of the language are installed with, and from where: other words where that may give others."""
        ...

    async def kept(self) -> Mapping[str, KeptLayer]:
        """All that is kept, by the orders' keys. Raises SandboxLostError."""
        ...

    async def install(self, order: Order, on_output: OnOutput, abandoned: asyncio.Event) -> Installation:
        """Installs what is ordered. Once ``abandoned`` is set the installer is ended, and its outcome says so; what is
        installed by then is kept. Raises SandboxLostError, IndexOutOfReachError."""
        ...

    async def remove(self, layers: Collection[str], keys: Collection[str]) -> None:
        """Removes layers by their names, which nobody uses any more, and the orders' keys that lead to them. Raises
        SandboxLostError."""
        ...
