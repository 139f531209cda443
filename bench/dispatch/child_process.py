"""A child process of the measurement: it takes one JSON line at a time and answers each with one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from dev.paths import REPOSITORY
from dev.service import clean_environment

Answer = dict[str, Any]
Orders = Callable[[Answer], Awaitable[Answer]]
_LONGEST_S = 1800.0


class Child:
    """A process ``python -m MODULE ARGUMENT``, seen from its parent. It ends when its standard input does, so also when
    this process dies."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, name: str, module: str, argument: object, directory: Path) -> Child:
        """Its standard error goes to a log in ``directory``."""
        log = directory / f"{name}.log"
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, json.dumps(argument)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=file,
                cwd=REPOSITORY,
                env=clean_environment(),
            )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, **order: Any) -> Answer:
        """Raises RuntimeError with the end of its log where it ends instead of answering."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), _LONGEST_S)
        if not line:
            raise RuntimeError(f"{self.name} ended: {self._log.read_text(errors='replace')[-2000:]}")
        answer: Answer = json.loads(line)
        return answer

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


async def obey(orders: Orders) -> None:
    """The child's side: answers orders until its standard input ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        print(json.dumps(await orders(json.loads(line))), flush=True)
