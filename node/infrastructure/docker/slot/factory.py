"""Makes slots, takes them over from an earlier life of this node, and unmakes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import stamina
import structlog

from chassis.background import Background
from node.domain.language import Language
from node.domain.sandbox import Role
from node.infrastructure.docker.agent_link.attachment import AttachError, Attachment
from node.infrastructure.docker.agent_link.frames import Ready
from node.infrastructure.docker.engine.client import Engine, EngineError, FoundContainer, NameTakenError
from node.infrastructure.docker.engine.oci_runtimes import RuntimeTraits
from node.infrastructure.docker.settings import DockerSettings, Isolation
from node.infrastructure.docker.slot.memory import open_account, open_held_memory, open_kill_counter
from node.infrastructure.docker.slot.slot import Slot
from node.infrastructure.docker.slot.specification import Shape, Specification
from node.infrastructure.docker.slot.uids import Uids

_log = structlog.get_logger(__name__)
_DEATH_PATIENCE_S = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What slots of one language and role are made from."""

    language: Language
    role: Role
    image: str
    """Id of the dressed image."""
    shape: Shape


class SlotFactory:
    def __init__(
        self,
        *,
        engine: Engine,
        settings: DockerSettings,
        traits: RuntimeTraits,
        seccomp: str,
        uids: Uids,
        removals: Background,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self.traits = traits
        self._seccomp = seccomp
        self._uids = uids
        self._removals = removals
        self._shortens = settings.direct and traits.has_host_sockets
        self._told_of_detour = False

    async def make(self, recipe: Recipe) -> Slot:
        """A new container, started, its agent ready. Raises EngineError, and leaves nothing behind then."""
        specification, container_id = await self._create(recipe)
        try:
            return await self._bring_up(container_id, specification, running=False)
        except BaseException:
            self.destroy(container_id, specification.uid)
            raise

    def knows(self, recipe: Recipe, found: FoundContainer) -> bool:
        """True if the container is exactly what this factory would make under its uid."""
        uid = self._label(found.labels, "uid")
        if not uid.isdigit():
            return False
        return self._specification(recipe, int(uid)).digest() == self._label(found.labels, "spec")

    async def adopt(self, recipe: Recipe, found: FoundContainer) -> Slot | None:
        """The slot of a container that ``knows``; None (and the container is destroyed) where its agent is not well."""
        uid = int(self._label(found.labels, "uid"))
        try:
            return await self._bring_up(found.id, self._specification(recipe, uid), running=found.running)
        except EngineError as error:
            _log.warning("slot not adopted", container=found.id[:12], reason=str(error))
            self.destroy(found.id, uid)
            return None
        except BaseException:
            self.destroy(found.id, uid)
            raise

    def unmake(self, slot: Slot) -> None:
        """Destroys the slot in the background; its uid is free for another once it is gone."""
        if slot.lost:
            _log.warning("slot lost", uid=slot.uid, container=slot.container_id[:12], reason=slot.lost)
        slot.close()
        self.destroy(slot.container_id, slot.uid)

    def destroy(self, container_id: str, uid: int) -> None:
        """Removes a container, however often the engine has to be asked."""
        self._removals.spawn(self._destroy(container_id, uid))

    async def resize(self, slot: Slot, memory_bytes: int) -> bool:
        """Grants a program that much memory. False where the runtime has no way to do that, and where the engine
        refuses, which loses the slot."""
        if not self.traits.resizes:
            return False
        try:
            await self._engine.set_memory(slot.container_id, memory_bytes + slot.overhead_bytes)
        except EngineError as error:
            slot.lose(f"memory could not be set: {error}")
            return False
        slot.memory_bytes = memory_bytes
        return True

    async def _create(self, recipe: Recipe) -> tuple[Specification, str]:
        while True:
            specification = self._specification(recipe, self._uids.take())
            try:
                return specification, await self._engine.create(specification.name, specification.payload())
            except NameTakenError:
                continue  # somebody else's slot: that uid stays taken
            except BaseException:
                self._uids.give_back(specification.uid)
                raise

    async def _bring_up(self, container_id: str, specification: Specification, *, running: bool) -> Slot:
        settings = self._settings
        patience_s = settings.patience_s if running else settings.start_patience_s
        try:
            line = await Attachment.open(self._engine.socket_path, container_id, settings.patience_s)
        except AttachError as error:
            raise EngineError(str(error)) from error
        try:
            if not running:
                await self._engine.start(container_id)
            _refuse_used(await line.hello(patience_s, shortens=self._shortens), settings.isolation)
            return await self._slot(container_id, specification, line)
        except AttachError as error:
            line.close()
            raise EngineError(str(error)) from error
        except BaseException:
            line.close()
            raise

    async def _slot(self, container_id: str, specification: Specification, line: Attachment) -> Slot:
        found = await self._engine.inspect(container_id)
        pid = int(found["State"]["Pid"])
        await self._shorten(line, pid)
        keeps = not self.traits.gives_back and specification.role is Role.RUN  # a resident compiler grows as it may
        return Slot(
            container_id=container_id,
            uid=specification.uid,
            memory_bytes=int(found["HostConfig"]["Memory"]) - specification.overhead_bytes,
            overhead_bytes=specification.overhead_bytes,
            overhead_processes=specification.language.processes_overhead,
            line=line,
            account=open_account(pid),
            kills=None if self.traits.tells_kills else open_kill_counter(pid),
            held=open_held_memory(pid, specification.overhead_bytes) if keeps else None,
            patience_s=self._settings.patience_s,
            out_of_memory=self._out_of_memory,
        )

    async def _shorten(self, line: Attachment, pid: int) -> None:
        """Where the node may not go there, or the engine is another host's, the engine's own way stays."""
        if not self._shortens:
            return
        try:
            await line.shorten(pid)
        except OSError as error:
            if not self._told_of_detour:
                _log.info("slots are spoken to through the engine", reason=str(error))
            self._told_of_detour = True

    async def _out_of_memory(self, container_id: str) -> bool:
        try:
            await self._engine.wait(container_id, _DEATH_PATIENCE_S)
            return bool((await self._engine.inspect(container_id))["State"]["OOMKilled"])
        except EngineError:
            return False

    async def _destroy(self, container_id: str, uid: int) -> None:
        async for attempt in stamina.retry_context(on=EngineError, attempts=None, timeout=None, wait_max=10.0):
            with attempt:
                await self._engine.remove(container_id)
        self._uids.give_back(uid)

    def _specification(self, recipe: Recipe, uid: int) -> Specification:
        return Specification(
            language=recipe.language,
            role=recipe.role,
            shape=recipe.shape,
            uid=uid,
            image=recipe.image,
            seccomp=self._seccomp,
            settings=self._settings,
            traits=self.traits,
        )

    def _label(self, labels: Mapping[str, str], key: str) -> str:
        return labels.get(f"{self._settings.prefix}.{key}", "")


def _refuse_used(ready: Ready, isolation: Isolation) -> None:
    if ready.runs and isolation is Isolation.SINGLE_USE:
        raise EngineError("a single-use slot that was used")
