"""A process that was large for a moment does not stay so."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio
from chassis import memory_return
from chassis.memory_return import MemoryReturn, resident_bytes

async def main():
    memory_return.EVERY_S = 0.05
    task = asyncio.create_task(MemoryReturn().run())
    await asyncio.sleep(0.2)  # some looks: nothing tells of one
    before = resident_bytes()
    blocks = [bytes([1]) * 5_000 for _ in range(60_000)]
    kept = blocks[::50]
    grown = resident_bytes()
    del blocks
    while resident_bytes() > before + (grown - before) // 3:
        await asyncio.sleep(0.05)  # the kernel tells nobody
    task.cancel()
    print(grown - before > 250_000_000, len(kept))

asyncio.run(asyncio.wait_for(main(), 30))
"""


def test_memory_is_returned_though_some_of_it_is_still_held() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "True 1200\n", done.stderr
