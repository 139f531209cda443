"""Waiting until the bus has done what was sent to it."""

from __future__ import annotations

from nats.aio.client import Client


async def settled(client: Client) -> None:
    """Returns once the server has done everything that was sent through ``client`` before. Twice, because nats-py's
    ping overtakes commands that are still in its buffer: the first flush empties it, the second one asks."""
    for _ in range(2):
        await client.flush()
