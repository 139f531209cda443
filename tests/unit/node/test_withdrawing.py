"""A node that goes down takes its entry back, and goes down also where that fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chassis.etcd import EtcdSettings
from node.infrastructure.directory import EtcdNodeDirectory


class Client:
    """Of etcd: its calls end as a test says."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def revoke_lease(self, lease: int) -> None:
        del lease
        raise self.error

    async def close(self) -> None:
        pass


def a_directory(error: BaseException) -> EtcdNodeDirectory:
    directory = EtcdNodeDirectory(EtcdSettings(endpoints=["127.0.0.1:1"]), "n1")
    client: Any = Client(error)
    directory._client, directory._lease = client, 1
    return directory


@pytest.mark.parametrize("error", [asyncio.CancelledError(), OSError("gone")])
async def test_a_call_that_fails_or_is_cancelled_by_its_channel_ends_nothing(error: BaseException) -> None:
    await a_directory(error).withdraw()


async def test_who_is_cancelled_while_it_withdraws_is_cancelled() -> None:
    directory = a_directory(asyncio.CancelledError())
    withdrawing = asyncio.create_task(directory.withdraw())
    asyncio.get_running_loop().call_soon(withdrawing.cancel)
    directory._client.revoke_lease = lambda _lease: asyncio.sleep(60)  # type: ignore[union-attr]
    with pytest.raises(asyncio.CancelledError):
        await withdrawing
