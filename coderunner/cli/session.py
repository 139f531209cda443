"""The connection of a command to the gateway: its address, and a coroutine run with a client."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.operations import Operator

_CONNECT_S = 2.0  # somebody is waiting in front of a terminal
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Address:
    """The gateway's address and the token, from the command line; None takes the environment's."""

    gateway: str | None
    token: str | None


def against(address: Address, work: Callable[[Client], Awaitable[_Result]]) -> _Result:
    """Runs ``work`` with a client of the gateway. SIGTERM cancels it like Ctrl-C."""
    return as_operator(address, work)


def as_operator(address: Address, work: Callable[[Operator], Awaitable[_Result]]) -> _Result:
    """Runs ``work`` with an operator's client. SIGTERM cancels it like Ctrl-C."""

    async def session() -> _Result:
        from coderunner.operations import Operator  # noqa: PLC0415 - gRPC loads only when a gateway is asked

        this = asyncio.current_task()
        if this is not None:
            with suppress(NotImplementedError, ValueError, RuntimeError):
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
        async with Operator(address.gateway, address.token, connect_timeout_s=_CONNECT_S) as client:
            return await work(client)

    try:
        return asyncio.run(session())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
