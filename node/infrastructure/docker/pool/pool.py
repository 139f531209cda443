"""Warm slots for every language, handed to one task at a time."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog

from chassis.background import Background
from node.application.ports import Sandbox
from node.domain.language import Language
from node.domain.sandbox import Role, SandboxLostError
from node.infrastructure.docker.engine.client import Engine, EngineError, FoundContainer
from node.infrastructure.docker.engine.oci_runtimes import traits_of
from node.infrastructure.docker.pool.group import GroupPolicy
from node.infrastructure.docker.pool.lease import Lease, SlotSource
from node.infrastructure.docker.pool.served_languages import ServedLanguages
from node.infrastructure.docker.pool.shelf import Shelf
from node.infrastructure.docker.pool.sources import MadeToMeasure
from node.infrastructure.docker.pool.version_probe import probe, probe_limits
from node.infrastructure.docker.settings import DockerSettings, Isolation
from node.infrastructure.docker.slot.agent_image import agent_files, dress, undress
from node.infrastructure.docker.slot.factory import Recipe, SlotFactory
from node.infrastructure.docker.slot.specification import Shape, usual_shape
from node.infrastructure.docker.slot.uids import Uids
from schemas.task import Limits

_log = structlog.get_logger(__name__)
_STOP_PATIENCE_S = 2
_CLOSE_PATIENCE_S = 8.0


class DockerSandboxPool:
    """A ``SandboxPool`` of long-lived containers. ``start`` before use, ``close`` after."""

    def __init__(
        self, *, languages: Sequence[Language], settings: DockerSettings, agent: Mapping[str, bytes] | None = None
    ) -> None:
        """``agent``: the program that becomes PID 1, by file name; the one of this distribution where None."""
        self._languages = tuple(languages)
        self._settings = settings
        self._agent = agent_files() if agent is None else agent
        self._engine = Engine(settings.socket)
        self._uids = Uids(settings.uid_base)
        self._background = Background()
        self._removals = Background()
        self._factory: SlotFactory | None = None
        self._shelves: dict[tuple[str, Role], Shelf] = {}
        self._closed = False
        self._serving = ServedLanguages(languages, self._bring)

    async def start(self) -> None:
        """Returns when at least one slot of each role of every language is ready that can be served now. Others (the
        image is missing, the toolchain does not run) are tried again in the background, and join in. Raises EngineError
        where none can be served or no engine answers, OSError and ValueError for a seccomp profile that cannot be read;
        it may be called again then."""
        if self._factory is None:
            self._factory = await self._take_over()
        await self._serving.try_each()
        if not self._serving.served:
            raise EngineError("no language can be served; the log lines before this one say why")
        for work in self._serving.further_tries():
            self._background.spawn(work)
        self._background.spawn(self._shrink_now_and_then())
        keep = {shelf.recipe.image for shelf in self._shelves.values()}
        self._background.spawn(undress(self._engine, prefix=self._settings.prefix, keep=keep))

    async def close(self) -> None:
        """Stops the containers and keeps them for the next start. Bounded in time; raises nothing; once is enough."""
        if self._closed:
            return
        self._closed = True
        await self._background.close()
        shelves = self._shelves.values()
        await asyncio.gather(*(shelf.close() for shelf in shelves))
        slots = [slot for shelf in shelves for slot in shelf.group.members]
        for slot in slots:
            slot.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_PATIENCE_S):
                await asyncio.gather(*(self._stop(slot.container_id) for slot in slots))
                await self._removals.drain()
        await self._removals.close()
        await self._engine.close()

    def languages(self) -> Sequence[tuple[Language, str]]:
        """What is served, with the probed version of each."""
        return self._serving.served

    @asynccontextmanager
    async def slot(self, language: Language, role: Role, limits: Limits) -> AsyncIterator[Sandbox]:
        """A slot that is verified clean, whose container grants ``limits`` memory, processes and disk. Raises
        SandboxLostError."""
        shelf = self._shelves.get((language.name, role))
        if shelf is None or self._factory is None:
            raise SandboxLostError(f"no {role} slots for {language.name} on this node")
        lease = Lease(partial(_source, shelf, self._factory, limits), self._factory.resize)
        try:
            await lease.acquire(limits.memory_bytes)
            yield lease
        finally:
            lease.release()

    def slots(self) -> int:
        """Containers that exist for this pool now, busy and free."""
        return sum(len(shelf.group.members) for shelf in self._shelves.values())

    async def _take_over(self) -> SlotFactory:
        """Connects, and adopts what an earlier life of this node left behind."""
        seccomp = json.dumps(json.loads(self._settings.seccomp_path.read_bytes()))
        await self._engine.connect()
        found = await self._engine.containers(f"{self._settings.prefix}.uid")
        for container in found:
            self._mark_uid(container)
        factory = SlotFactory(
            engine=self._engine,
            settings=self._settings,
            traits=traits_of(self._settings.oci_runtime, await self._engine.runtimes()),
            seccomp=seccomp,
            uids=self._uids,
            removals=self._removals,
        )
        shelved = [self._shelve(language, factory) for language in self._languages]
        await asyncio.gather(*shelved, return_exceptions=True)  # what fails here is tried again, and told then
        await self._adopt_all(found, factory)
        return factory

    async def _shelve(self, language: Language, factory: SlotFactory) -> None:
        """Shelves for its roles, of its image as it is now. Raises EngineError, LookupError."""
        settings = self._settings
        image = await dress(
            self._engine, prefix=settings.prefix, language=language.name, image=language.image, agent=self._agent
        )
        for role in (Role.RUN, Role.COMPILE) if language.compile else (Role.RUN,):
            old = self._shelves.get((language.name, role))
            if old is not None and old.recipe.image == image:
                continue
            recipe = Recipe(language, role, image, usual_shape(language, role, settings))
            self._shelves[language.name, role] = Shelf(recipe, factory, self._policy(language, role))
            if old is not None:
                await old.dissolve()

    async def _adopt_all(self, found: Sequence[FoundContainer], factory: SlotFactory) -> None:
        mine = [one for one in found if self._label(one, "node") == self._settings.node_id]
        await asyncio.gather(*(self._adopt(one, factory) for one in mine))

    async def _adopt(self, found: FoundContainer, factory: SlotFactory) -> None:
        key = (self._label(found, "language"), self._label(found, "role"))
        shelf = next((shelf for (name, role), shelf in self._shelves.items() if (name, role.value) == key), None)
        slot = None
        if shelf is None or not factory.knows(shelf.recipe, found):
            _log.info("slot of another specification destroyed", container=found.id[:12], language=key[0])
            factory.destroy(found.id, int(self._label(found, "uid") or 0))
        else:
            slot = await factory.adopt(shelf.recipe, found)
        if shelf is not None and slot is not None:
            shelf.group.adopt(slot)

    async def _bring(self, language: Language) -> str:
        """Its version, once its slots are warm. Raises what ``ServedLanguages`` tries again after."""
        if self._factory is None:
            raise EngineError("not connected")
        await self._shelve(language, self._factory)
        shelves = [shelf for (name, _), shelf in self._shelves.items() if name == language.name]
        await asyncio.gather(*(shelf.group.filled() for shelf in shelves))
        limits = probe_limits(self._settings)
        async with self.slot(language, Role.RUN, limits) as sandbox:
            return await probe(sandbox, language, limits)

    def _policy(self, language: Language, role: Role) -> GroupPolicy:
        settings = self._settings
        warm = language.warm_for(role)
        return GroupPolicy(
            most=settings.compile_slots if role is Role.COMPILE else settings.concurrency,
            spare=max(1, settings.spare),
            single_use=settings.isolation is Isolation.SINGLE_USE,
            retire_after=settings.retire_after,
            rested_first=warm is not None and warm.kind == "prestart",
        )

    async def _shrink_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._settings.idle_shrink_s)
            for shelf in self._shelves.values():
                shelf.group.shrink()

    async def _stop(self, container_id: str) -> None:
        try:
            await self._engine.stop(container_id, _STOP_PATIENCE_S)
        except EngineError as error:
            _log.warning("slot not stopped", container=container_id[:12], reason=str(error))

    def _mark_uid(self, container: FoundContainer) -> None:
        uid = self._label(container, "uid")
        if uid.isdigit():
            self._uids.mark_taken(int(uid))

    def _label(self, container: FoundContainer, key: str) -> str:
        return container.labels.get(f"{self._settings.prefix}.{key}", "")


def _source(shelf: Shelf, factory: SlotFactory, limits: Limits, memory_bytes: int) -> SlotSource:
    """The slots that wait, where they can grant ``limits`` with that much memory; otherwise one that is made for it."""
    usual = shelf.recipe.shape
    fits = limits.disk_bytes <= usual.disk_bytes and limits.processes <= usual.processes
    if fits and (factory.traits.resizes or memory_bytes == usual.memory_bytes):
        return shelf.group
    shape = Shape(memory_bytes, max(limits.disk_bytes, usual.disk_bytes), max(limits.processes, usual.processes))
    return MadeToMeasure(factory, dataclasses.replace(shelf.recipe, shape=shape), shelf.room_for_extra)
