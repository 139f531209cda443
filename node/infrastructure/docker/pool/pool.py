"""The port ``SandboxPool`` on Docker: warm slots for every language, each handed to one task at a time.

A compiled language has compile slots beside its run slots (ADR 0004).
"""

from __future__ import annotations

import asyncio
import json
import platform
from collections.abc import AsyncIterator, Mapping, Sequence, Set
from contextlib import asynccontextmanager, suppress

import structlog

from chassis.background import Background
from node.application.ports import Sandbox
from node.domain.language import Language
from node.domain.preamble import Preamble
from node.domain.sandbox import Role, SandboxLostError
from node.infrastructure.docker.engine.client import Engine, EngineError, FoundContainer
from node.infrastructure.docker.engine.oci_runtimes import traits_of
from node.infrastructure.docker.layers.store import DockerLayers
from node.infrastructure.docker.pool.baseline_probe import measure
from node.infrastructure.docker.pool.group import SlotGroup
from node.infrastructure.docker.pool.groups import Groups
from node.infrastructure.docker.pool.lease import slot_of
from node.infrastructure.docker.pool.policy import policy_for
from node.infrastructure.docker.pool.precompiler import Precompiler, volume_of
from node.infrastructure.docker.pool.served_languages import ServedLanguages
from node.infrastructure.docker.pool.version_probe import probe, probe_limits
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.agent_image import (
    agent_files,
    build_agent_image,
    outcome_digest,
    remove_unused_agent_images,
)
from node.infrastructure.docker.slot.factory import SlotFactory
from node.infrastructure.docker.slot.labels import SlotLabels, slot_filter
from node.infrastructure.docker.slot.template import SlotTemplate, usual_size
from node.infrastructure.docker.slot.uids import Uids
from node.infrastructure.slot_figures import SlotFigures
from schemas.task import Limits

_log = structlog.get_logger(__name__)
_STOP_PATIENCE_S = 2
_CLOSE_PATIENCE_S = 8.0


class DockerSandboxPool:
    """A ``SandboxPool`` of long-lived containers. ``start`` before use, ``close`` after."""

    def __init__(
        self,
        *,
        languages: Sequence[Language],
        settings: DockerSettings,
        agent: Mapping[str, bytes] | None = None,
        layers: DockerLayers | None = None,
    ) -> None:
        """``agent``: the program that becomes PID 1, by file name; the one of this distribution where None.
        ``layers``: where packages are installed that tasks name; None: nowhere."""
        self.layers = layers
        self._settings = settings
        self._agent = agent_files() if agent is None else agent
        self._engine = Engine(settings.socket)
        self._uids = Uids(settings.uid_base)
        self._background = Background()
        self._removals = Background()
        self._factory: SlotFactory | None = None
        self._precompiler: Precompiler | None = None
        self._images: dict[str, str] = {}
        """Ids of the images for which headers are precompiled, by language."""
        self._digests: dict[str, str] = {}
        self._surroundings = ""
        """What decides what a program does here, beside its language and image."""
        self._all_groups = Groups(self._background)
        self._groups = self._all_groups.in_use
        self._started = False
        self._closed = False
        self._served = ServedLanguages(
            languages, self._prepare, lambda one: self._background.spawn(self.dismiss(frozenset({one})))
        )

    async def start(self) -> None:
        """Starts slots, and returns when at least one of each role is ready for every language that can be served now.
        Others (the image is missing, the toolchain does not run) are tried again in the background. Raises EngineError
        where none can be served or no engine answers, OSError and ValueError for a seccomp profile that cannot be read;
        it may be called again then."""
        if self._factory is None:
            self._factory = await self._connect()
        await self._served.try_each()
        if not self._served.served:
            raise EngineError("no language can be served; the log lines before this one say why")
        self._started = True
        self._try_missing()
        self._background.spawn(self._shrink_at_intervals())
        if self._precompiler is not None:
            self._background.spawn(self._precompiler.clear_away(set(self._images.values())))
        keep = {group.template.image for group in self._groups.values()}
        self._background.spawn(remove_unused_agent_images(self._engine, prefix=self._settings.prefix, keep=keep))

    def serve(self, languages: Sequence[Language], renewed: Set[str] = frozenset()) -> Set[str]:
        """Serves these from now on, and no others; does not wait. What is new is served once it is ready; what is
        ``renewed`` (ids: another image), or has another definition, is served as it was until then. Returns the ids of
        those that it no longer serves: their slots stay until ``dismiss``."""
        gone = self._served.want(languages, renewed)
        self._try_missing()
        return gone

    async def dismiss(self, languages: Set[str]) -> None:
        """Destroys the slots of these (ids), each once nobody holds it, but for those that are to be served again."""
        for one in [one for one in languages if not self._served.wants(one)]:
            self._all_groups.use(one, {})
            self._digests.pop(one, None)
            self._images.pop(one, None)

    async def close(self) -> None:
        """Stops the containers and keeps them for the next start. Bounded in time; raises nothing; once is enough."""
        if self._closed:
            return
        self._closed = True
        await self._background.close()
        groups = self._all_groups.every()
        await asyncio.gather(*(group.close() for group in groups))
        slots = [slot for group in groups for slot in group.members]
        for slot in slots:
            slot.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_PATIENCE_S):
                await asyncio.gather(*(self._stop(slot.container_id) for slot in slots))
                await self._removals.drain()
        await self._removals.close()
        await self._engine.close()

    def languages(self) -> Sequence[tuple[Language, str]]:
        """The languages that are served, with the probed version of each."""
        return self._served.served

    def baseline_memory_bytes(self, language: str) -> int:
        """What the interpreter of that language (its id) takes for itself; 0 where there is none."""
        group = self._groups.get((language, Role.RUN))
        return group.baseline_bytes if group is not None else 0

    def digest(self, language: str) -> str:
        """Hash of all that decides what a program of that language (its id) does here; empty where it is not
        served."""
        return self._digests.get(language, "")

    @asynccontextmanager
    async def slot(self, language: Language, role: Role, limits: Limits) -> AsyncIterator[Sandbox]:
        """A slot that is verified clean, whose container grants ``limits`` memory, processes and disk. Raises
        SandboxLostError."""
        group = self._groups.get((language.id, role))
        if group is None:
            raise SandboxLostError(f"no {role} slots for {language.id} on this node")
        async with slot_of(group, limits) as sandbox:
            yield sandbox

    def precompile(self, language: Language, preamble: Preamble, client: str) -> None:
        """Says that a program of this client begins so: the next that does may find it precompiled. Does not wait."""
        image = self._images.get(language.id)
        rule = language.compile.preamble if language.compile else None
        if rule is not None and image is not None and self._precompiler is not None:
            self._precompiler.ask(image, rule, preamble, client)

    def slots(self) -> int:
        """The number of containers that exist for this pool now, busy and free."""
        return sum(len(group.members) for group in self._groups.values())

    def trouble(self) -> str:
        """Why no program can be run now; empty where one can."""
        if self.slots():
            return ""
        said = (group.trouble for group in self._groups.values())
        return next(filter(None, said), "no slot is left; new ones are being made")

    def slot_figures(self) -> Sequence[SlotFigures]:
        """The slots of each language and role."""
        groups = self._groups.items()
        return [SlotFigures(name, role.value, group.states(), group.counts) for (name, role), group in groups]

    def unserved(self) -> Mapping[str, str]:
        """The configured languages that are not served yet, with the reason."""
        return self._served.unserved()

    async def _connect(self) -> SlotFactory:
        """Connects to the engine, and adopts the containers that an earlier life of this node left behind."""
        settings = self._settings
        seccomp = json.dumps(json.loads(settings.seccomp_path.read_bytes()))
        self._surroundings = f"{settings.oci_runtime} {platform.machine()} {seccomp}"
        await self._engine.connect()
        found = await self._engine.containers(slot_filter(settings.prefix))
        labelled = [(container, SlotLabels.read(container.labels, settings.prefix)) for container in found]
        for _, labels in labelled:
            if labels.uid is not None:
                self._uids.mark_taken(labels.uid)
        factory = SlotFactory(
            engine=self._engine,
            settings=settings,
            traits=traits_of(settings.oci_runtime, await self._engine.runtimes()),
            seccomp=seccomp,
            uids=self._uids,
            removals=self._removals,
        )
        if self.layers is not None:
            self.layers.connect(self._engine, factory, settings, seccomp)
        if settings.precompiled_bytes:
            self._precompiler = Precompiler(self._engine, settings, seccomp, self._background)
        opened = [self._open_groups(language, factory) for language in self._served.wanted]
        await asyncio.gather(*opened, return_exceptions=True)  # what fails here is tried again, and told then
        mine = [(container, labels) for container, labels in labelled if labels.node_id == settings.node_id]
        await asyncio.gather(*(self._adopt(container, labels, factory) for container, labels in mine))
        return factory

    async def _open_groups(self, language: Language, factory: SlotFactory) -> tuple[Mapping[Role, SlotGroup], str]:
        """A group for each role of the language, of its image as it is now (those in use, or new ones, which tasks get
        slots from where nothing else serves it), and their digest. Raises EngineError, LookupError."""
        settings = self._settings
        image = await build_agent_image(
            self._engine, prefix=settings.prefix, language=language.id, image=language.image, agent=self._agent
        )
        volume = await self._precompiled_volume(language)
        opened = {}
        for role in (Role.RUN, Role.COMPILE) if language.compile else (Role.RUN,):
            old = self._groups.get((language.id, role))
            if old is not None and (old.template.image, old.template.language) == (image.id, language):
                opened[role] = old
                continue
            template = SlotTemplate(
                language, role, image.id, usual_size(language, role, settings), volume if role is Role.COMPILE else ""
            )
            policy = policy_for(language, role, settings)
            opened[role] = SlotGroup(template, factory, policy, old.counts if old is not None else None)
        if self._served.serves(language.id):
            self._all_groups.try_out(opened.values())
        else:
            self._all_groups.use(language.id, opened)
        return opened, outcome_digest(language, image.digest, self._surroundings)

    def _try_missing(self) -> None:
        for work in self._served.further_tries() if self._started else ():
            self._background.spawn(work)

    async def _precompiled_volume(self, language: Language) -> str:
        """The name of the volume with the language's precompiled headers; empty where it has none."""
        if self._precompiler is None or language.compile is None or language.compile.preamble is None:
            return ""
        self._images[language.id] = str((await self._engine.image(language.image))["Id"])
        return volume_of(self._images[language.id])

    async def _adopt(self, found: FoundContainer, labels: SlotLabels, factory: SlotFactory) -> None:
        key = (labels.language, labels.role)
        group = next((group for (name, role), group in self._groups.items() if (name, role.value) == key), None)
        if group is None or not factory.would_make(group.template, found):
            _log.info("outdated_slot_destroyed", container=found.id[:12], language=labels.language)
            factory.remove_container(found.id, labels.uid)
            return
        slot = await factory.adopt(group.template, found)
        if slot is not None:
            group.adopt(slot)

    async def _prepare(self, language: Language) -> str:
        """Fills the language's groups, measures its interpreter, returns its version. Raises one of
        ``served_languages.NOT_YET``."""
        if self._factory is None:
            raise EngineError("not connected")
        opened, digest = await self._open_groups(language, self._factory)
        try:
            version = await self._try_out(language, opened)
        except BaseException:
            self._all_groups.let_go(opened.values())
            raise
        self._all_groups.use(language.id, opened)
        self._digests[language.id] = digest
        return version

    async def _try_out(self, language: Language, opened: Mapping[Role, SlotGroup]) -> str:
        """Fills the groups and measures the interpreter; the language's version."""
        await asyncio.gather(*(group.wait_until_free() for group in opened.values()))
        limits = probe_limits(self._settings)
        async with slot_of(opened[Role.RUN], limits) as sandbox:
            version = await probe(sandbox, language, limits)
            opened[Role.RUN].baseline_bytes = await measure(sandbox, language, limits)
            return version

    async def _shrink_at_intervals(self) -> None:
        while True:
            await asyncio.sleep(self._settings.idle_shrink_s)
            for group in self._groups.values():
                group.shrink()

    async def _stop(self, container_id: str) -> None:
        try:
            await self._engine.stop(container_id, _STOP_PATIENCE_S)
        except EngineError as error:
            _log.warning("slot_not_stopped", container=container_id[:12], reason=str(error))
