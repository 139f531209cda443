"""Makes slots, adopts those that an earlier life of this node left behind, and destroys them.

A slot is spoken to past the engine where that is possible (ADR 0009).
"""

from __future__ import annotations

from contextlib import ExitStack

import structlog

from chassis.background import Background
from chassis.backoff import Backoff
from node.domain.sandbox import Role
from node.infrastructure.docker.agent_link.attachment import AttachError, Attachment
from node.infrastructure.docker.agent_link.frames import Ready
from node.infrastructure.docker.engine.client import Engine, EngineError, FoundContainer, NameTakenError
from node.infrastructure.docker.engine.oci_runtimes import RuntimeTraits
from node.infrastructure.docker.settings import DockerSettings, Isolation
from node.infrastructure.docker.slot.container_spec import ContainerSpec
from node.infrastructure.docker.slot.labels import SlotLabels
from node.infrastructure.docker.slot.memory import open_account, open_held_memory, open_kill_counter
from node.infrastructure.docker.slot.memory_watch import MemoryWatch
from node.infrastructure.docker.slot.processor import open_processor_account
from node.infrastructure.docker.slot.slot import Slot
from node.infrastructure.docker.slot.socket_memory import bound_socket_memory
from node.infrastructure.docker.slot.template import SlotTemplate
from node.infrastructure.docker.slot.uids import Uids

_log = structlog.get_logger(__name__)
_REMOVE_AGAIN = Backoff(base_s=0.1, max_s=10.0)
_DEATH_PATIENCE_S = 2


class SlotFactory:
    """Turns a template into slots, and slots into nothing."""

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
        """``seccomp``: the profile, as JSON; ``removals``: where containers are removed, while nobody waits."""
        self._engine = engine
        self._settings = settings
        self._traits = traits
        self._seccomp = seccomp
        self._uids = uids
        self._removals = removals
        self._uses_direct_lines = settings.direct and traits.has_host_sockets
        self._logged_why_not_direct = False
        self._logged_unbounded_sockets = False

    @property
    def can_resize(self) -> bool:
        """Whether the memory of a running slot can be changed."""
        return self._traits.resizes

    async def make(self, template: SlotTemplate) -> Slot:
        """A slot in a new container, verified clean. Raises EngineError, and leaves nothing behind then."""
        spec, container_id = await self._create(template)
        with ExitStack() as undo:
            undo.callback(self.remove_container, container_id, spec.uid)
            slot = await self._bring_up(container_id, spec, running=False)
            undo.pop_all()
            return slot

    def would_make(self, template: SlotTemplate, found: FoundContainer) -> bool:
        """Whether the container is exactly what ``make`` would create under the container's uid."""
        labels = SlotLabels.read(found.labels, self._settings.prefix)
        return labels.uid is not None and self._spec(template, labels.uid).digest() == labels.spec

    async def adopt(self, template: SlotTemplate, found: FoundContainer) -> Slot | None:
        """The slot of a container that ``make`` would have created. None where its agent is not well: the container
        is removed then."""
        labels = SlotLabels.read(found.labels, self._settings.prefix)
        if labels.uid is None:
            raise ValueError(f"container {found.id[:12]} has no uid")
        with ExitStack() as undo:
            undo.callback(self.remove_container, found.id, labels.uid)
            try:
                slot = await self._bring_up(found.id, self._spec(template, labels.uid), running=found.running)
            except EngineError as error:
                _log.warning("slot_not_adopted", container=found.id[:12], reason=str(error))
                return None
            undo.pop_all()
            return slot

    def destroy(self, slot: Slot) -> None:
        """Hangs up and removes the slot's container in the background."""
        if slot.lost:
            _log.warning("slot_lost", uid=slot.uid, container=slot.container_id[:12], reason=slot.lost)
        slot.close()
        self.remove_container(slot.container_id, slot.uid)

    def remove_container(self, container_id: str, uid: int | None) -> None:
        """Removes a container in the background, however often the engine has to be asked. Its uid is free for another
        slot once it is gone."""
        self._removals.spawn(self._remove(container_id, uid))

    async def resize(self, slot: Slot, memory_bytes: int) -> bool:
        """Makes a slot grant that much memory. False where the OCI runtime cannot do that, and where the engine
        refuses, which loses the slot."""
        if not self._traits.resizes:
            return False
        try:
            await self._engine.set_memory(slot.container_id, memory_bytes + slot.overhead_bytes)
        except EngineError as error:
            slot.lose(f"memory could not be set: {error}")
            return False
        slot.resized(memory_bytes)
        return True

    async def _create(self, template: SlotTemplate) -> tuple[ContainerSpec, str]:
        while True:
            spec = self._spec(template, self._uids.take())
            try:
                return spec, await self._engine.create(spec.name, spec.payload())
            except NameTakenError:
                continue  # somebody else's slot: that uid stays taken
            except BaseException:  # a making that is cancelled must not keep it either
                self._uids.give_back(spec.uid)
                raise

    async def _bring_up(self, container_id: str, spec: ContainerSpec, *, running: bool) -> Slot:
        settings = self._settings
        patience_s = settings.patience_s if running else settings.start_patience_s
        try:
            line = await Attachment.open(self._engine.socket_path, container_id, settings.patience_s)
        except AttachError as error:
            raise EngineError(str(error)) from error
        with ExitStack() as undo:
            undo.callback(line.close)
            if not running:
                await self._engine.start(container_id)
            try:
                ready = await line.hello(patience_s, offer_direct_line=self._uses_direct_lines)
            except AttachError as error:
                raise EngineError(str(error)) from error
            _refuse_used(ready, settings.isolation)
            slot = await self._slot(container_id, spec, line)
            undo.pop_all()
            return slot

    async def _slot(self, container_id: str, spec: ContainerSpec, line: Attachment) -> Slot:
        found = await self._engine.inspect(container_id)
        pid = int(found["State"]["Pid"])
        self._bound_sockets(pid)
        await self._open_direct_line(line, pid)
        warm = spec.template.language.warm_for(spec.template.role)
        return Slot(
            container_id=container_id,
            uid=spec.uid,
            memory_bytes=int(found["HostConfig"]["Memory"]) - spec.overhead_bytes,
            overhead_bytes=spec.overhead_bytes,
            overhead_processes=spec.template.language.processes_overhead,
            overhead_file_bytes=spec.template.language.file_overhead_bytes,
            line=line,
            memory=self._memory_watch(pid, spec),
            processor=open_processor_account(pid, looks=not line.is_direct),
            patience_s=self._settings.patience_s,
            out_of_memory=self._out_of_memory,
            waits_for_any_memory=warm is not None and warm.kind == "zygote",
        )

    def _memory_watch(self, pid: int, spec: ContainerSpec) -> MemoryWatch:
        traits = self._traits
        # A resident compiler may keep memory: it grows as it needs.
        must_give_back = not traits.gives_back and spec.template.role is Role.RUN
        return MemoryWatch(
            account=open_account(pid),
            kills=None if traits.tells_kills else open_kill_counter(pid),
            held=open_held_memory(pid, spec.overhead_bytes) if must_give_back else None,
            agent_reads_it=traits.shares_accounts,
        )

    def _bound_sockets(self, pid: int) -> None:
        """Where the node may not write the host's files, the operator is told once, and programs run all the same."""
        reason = bound_socket_memory(pid)
        if reason and not self._logged_unbounded_sockets:
            _log.warning("socket_memory_unbounded", reason=reason)
            self._logged_unbounded_sockets = True

    async def _open_direct_line(self, line: Attachment, pid: int) -> None:
        """Where the node may not go there, or the engine is another host's, the engine's own way stays."""
        if not self._uses_direct_lines:
            return
        try:
            await line.open_direct_line(pid)
        except OSError as error:
            if not self._logged_why_not_direct:
                _log.info("direct_line_unavailable", reason=str(error))
            self._logged_why_not_direct = True

    async def _out_of_memory(self, container_id: str) -> bool:
        try:
            await self._engine.wait(container_id, _DEATH_PATIENCE_S)
            return bool((await self._engine.inspect(container_id))["State"]["OOMKilled"])
        except EngineError:
            return False

    async def _remove(self, container_id: str, uid: int | None) -> None:
        async for attempt in _REMOVE_AGAIN.retrying(on=EngineError):
            with attempt:
                await self._engine.remove(container_id)
        if uid is not None:
            self._uids.give_back(uid)

    def _spec(self, template: SlotTemplate, uid: int) -> ContainerSpec:
        return ContainerSpec(
            template=template, uid=uid, seccomp=self._seccomp, settings=self._settings, traits=self._traits
        )


def _refuse_used(ready: Ready, isolation: Isolation) -> None:
    if ready.runs and isolation is Isolation.SINGLE_USE:
        raise EngineError("a single-use slot that was used")
