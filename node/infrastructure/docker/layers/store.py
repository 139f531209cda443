"""The port ``LayerStore`` on Docker: an installer has a slot of its own, and what it leaves becomes a layer.

The slot is like any other: no network, a read-only root, a uid of its own, limits. Its standard input and output are
the line to the node, which reads the index for it (``node/infrastructure/package_index``).
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import structlog

from chassis.background import Background
from node.application.package_ports import IndexOutOfReachError
from node.application.ports import OnOutput
from node.domain.language import Language
from node.domain.layers import WORDS_BYTES, Installation, KeptLayer, Layer, Order, as_told, listing_fault
from node.domain.sandbox import Ending, Launch, Outcome, Role, SandboxLostError, Talking
from node.domain.verdict import compile_status
from node.infrastructure.docker.engine.client import Engine, EngineError
from node.infrastructure.docker.layers.keeper import LayerKeeper
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.agent_image import AgentImage, build_agent_image
from node.infrastructure.docker.slot.factory import SlotFactory
from node.infrastructure.docker.slot.mounts import SCRATCH_LABEL, Scratch
from node.infrastructure.docker.slot.slot import Slot
from node.infrastructure.docker.slot.template import SlotSize, SlotTemplate
from node.infrastructure.package_index.places import Places
from node.infrastructure.package_index.reader import IndexReader
from node.infrastructure.package_index.session import IndexSession
from schemas.interaction import Interaction

_log = structlog.get_logger(__name__)
_LOOK_AGAIN_S = 30.0
_WORK_BYTES = 32 << 20
"""Of the installer's own work directory: what it installs is elsewhere."""
_DOWNLOADS = 2
"""So much of the disk may be downloaded: pages are not kept."""
_AT_ONCE = 500
"""Names in one order to the keeper, which is one argument of a program: 128 KiB at the most."""
_CLOSE_PATIENCE_S = 4.0
_REMOVE_AGAIN_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSettings:
    """What an operator decides about packages."""

    places: Mapping[str, Places]
    """By the kind of packages; a kind without any cannot be installed."""
    tls: ssl.SSLContext
    """Whom the node believes to be an index."""
    installations: int
    secret: bytes
    """Makes the names of layers, which nobody can guess who does not know it."""


class DockerLayers:
    """Implements ``LayerStore``, once it is ``connect``ed to the engine of the node's slots."""

    def __init__(self, settings: LayerSettings, agent: Mapping[str, bytes]) -> None:
        """``agent``: the program that becomes PID 1, by file name."""
        self._settings = settings
        self._agent = agent
        self._threads = ThreadPoolExecutor(2 * settings.installations, thread_name_prefix="package-index")
        self._background = Background()
        self._images: dict[str, AgentImage] = {}
        self._looked_at: dict[str, float] = {}

    def connect(self, engine: Engine, factory: SlotFactory, settings: DockerSettings, seccomp: str) -> None:
        """Is given the engine. ``seccomp``: the profile, as JSON."""
        self._engine, self._factory, self._docker = engine, factory, settings
        self._keeper = LayerKeeper(engine, settings, seccomp)

    def kind_of(self, language: Language) -> str:
        """See the port. Where the installer's image is not there it is looked for again, now and then."""
        rule = language.packages
        if rule is None or rule.kind not in self._settings.places:
            return ""
        if rule.image in self._images:
            return rule.kind
        if time.monotonic() - self._looked_at.get(rule.image, float("-inf")) > _LOOK_AGAIN_S:
            self._background.spawn(self.look_for(language))
        return ""

    def source_of(self, language: Language) -> Sequence[str]:
        """See the port."""
        rule = language.packages
        image = self._images.get(rule.image) if rule else None
        places = self._settings.places.get(rule.kind) if rule else None
        return (image.digest if image else "", *(places.urls if places else ()))

    async def look_for(self, language: Language) -> None:
        """Makes the image of a language's installer ready, where there is one."""
        rule = language.packages
        if rule is None or rule.kind not in self._settings.places:
            return
        self._looked_at[rule.image] = time.monotonic()
        try:
            self._images[rule.image] = await build_agent_image(
                self._engine, prefix=self._docker.prefix, language=language.id, image=rule.image, agent=self._agent
            )
        except (EngineError, LookupError) as error:
            _log.error("packages_not_served", language=language.id, image=rule.image, reason=str(error))

    async def start(self, languages: Sequence[Language]) -> None:
        """Makes ready what installs the packages of these, and clears away what an earlier life of this node left."""
        await asyncio.gather(*map(self.look_for, languages))
        with suppress(EngineError):
            await self._keeper.clear_away()
            for volume in await self._engine.volumes(f"{SCRATCH_LABEL}={self._docker.node_id}"):
                self._background.spawn(self._remove_scratch(volume))

    async def close(self) -> None:
        """Ends what is being installed, and removes what it leaves, as far as that is quickly done."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_PATIENCE_S):
                await self._background.drain()
        await self._background.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def kept(self) -> Mapping[str, KeptLayer]:
        """See the port."""
        kept: dict[str, KeptLayer] = {}
        layers: dict[Layer, Layer] = {}
        more = True
        try:
            while more:
                answer = await self._keeper.ask(self._any_image(), "list", {"after": max(kept, default="")})
                for key, one in answer["kept"].items():
                    layer = Layer(one["layer"], int(one["bytes"]), tuple(one["packages"]))
                    kept[key] = KeptLayer(layers.setdefault(layer, layer), float(one["made_at_s"]))
                more = answer["more"]
        except (EngineError, KeyError, TypeError, ValueError) as error:
            await self._forget_missing()
            raise SandboxLostError(f"{type(error).__name__}: {error}") from error
        return kept

    async def remove(self, layers: Collection[str], keys: Collection[str]) -> None:
        """See the port."""
        gone = {"keys": sorted(keys), "layers": sorted(layers)}
        try:
            for first in range(0, max(map(len, gone.values())), _AT_ONCE):
                some = {kind: names[first : first + _AT_ONCE] for kind, names in gone.items()}
                await self._keeper.ask(self._any_image(), "remove", some)
        except EngineError as error:
            await self._forget_missing()
            raise SandboxLostError(str(error)) from error

    async def install(self, order: Order, on_output: OnOutput, abandoned: asyncio.Event) -> Installation:
        """See the port."""
        rule = order.rule
        scratch = Scratch(
            f"{self._docker.prefix}-installing-{secrets.token_hex(8)}",
            self._docker.node_id,
            rule.disk_bytes,
            rule.files,
        )
        image = self._images.get(rule.image)
        if image is None:
            raise SandboxLostError(f"no image {rule.image}")
        size = SlotSize(rule.memory_bytes, _WORK_BYTES, rule.processes)
        template = SlotTemplate(_installer_of(order.language), Role.COMPILE, image.id, size, scratch=scratch)
        try:
            slot = await self._factory.make(template)
        except EngineError as error:
            self._background.spawn(self._remove_scratch(scratch.volume))  # the engine makes it before the slot
            await self._forget_missing()
            raise SandboxLostError(f"no slot for the installer: {error}") from error
        try:
            ran = await self._run(slot, order, on_output, abandoned)
            return await self._stored(slot, order, scratch, ran)
        except EngineError as error:
            await self._forget_missing()
            raise SandboxLostError(str(error)) from error
        finally:
            self._factory.destroy(slot)
            self._background.spawn(self._remove_scratch(scratch.volume))

    async def _stored(
        self, slot: Slot, order: Order, scratch: Scratch, ran: tuple[Outcome, IndexSession]
    ) -> Installation:
        outcome, session = ran
        if session.fault:
            return Installation(outcome, None, order.limits(), session.fault)
        if session.out_of_reach:  # npm leaves out what is optional and cannot be had, and ends well
            raise IndexOutOfReachError(session.out_of_reach)
        if compile_status(outcome) is not None:
            if session.is_reading and outcome.ending in (Ending.WALL, Ending.CPU):
                raise IndexOutOfReachError("the index was still being read when the installation's time was up")
            kept_back = session.kept_back if outcome.ending is Ending.EXITED else ""
            return Installation(outcome, None, order.limits(), kept_back)
        fault = session.kept_back or listing_fault(session.packages)
        if fault:
            return Installation(outcome, None, order.limits(), fault)
        wanted = {
            "key": order.key,
            "secret": self._settings.secret.hex(),
            "max_bytes": order.rule.disk_bytes,
            "max_files": order.rule.files,
            "about": {"packages": session.packages, "made_at_s": time.time()},
        }
        image = self._any_image()
        async with self._keeper.holding(image, scratch):
            slot.close()
            await self._engine.remove(slot.container_id)  # nothing runs any more that could change what is looked at
            answer = await self._keeper.ask(image, "store", wanted, scratch)
        if "fault" in answer:
            return Installation(outcome, None, order.limits(), f"what was installed {answer['fault']}")
        layer = Layer(answer["layer"], int(answer["bytes"]), session.packages)
        return Installation(outcome, layer, order.limits())

    async def _run(
        self, slot: Slot, order: Order, on_output: OnOutput, abandoned: asyncio.Event
    ) -> tuple[Outcome, IndexSession]:
        """Runs the installer, and reads the index for it. Its standard output is the line to us, and nobody's news."""
        rule = order.rule
        places = self._settings.places[rule.kind]
        reader = IndexReader(places, self._settings.tls, _DOWNLOADS * rule.disk_bytes, rule.requests)
        session = IndexSession(reader, self._threads, on_nonsense=slot.kill)
        talk = Interaction(terminal=None, session_ms=rule.wall_ms, grace_ms=rule.wall_ms, clock_stands=False)
        launch = Launch(
            files={},
            command=order.command(places.urls),
            limits=order.limits(),
            warm=False,
            talking=Talking(talk, session.begin),
        )

        words_left = WORDS_BYTES

        def listen(stream: str, data: bytes) -> None:
            nonlocal words_left
            if stream == "stdout":
                session.take(data)
            elif stream == "stderr" and words_left:
                told = data[:words_left]
                words_left -= len(told)
                on_output(stream, told)

        serving = asyncio.create_task(session.serve())
        ending = asyncio.create_task(_kill_once(abandoned, slot))
        try:
            outcome = await slot.run(launch, listen)
        finally:
            session.close()
            serving.cancel()
            ending.cancel()
        return as_told(outcome), session

    def _any_image(self) -> str:
        """Of an installer; the keeper runs in each. Raises EngineError."""
        for image in self._images.values():
            return image.id
        raise EngineError("no installer's image is there")

    async def _forget_missing(self) -> None:
        """Where the engine has failed: languages whose installer has no image any more are announced no longer."""
        for name, image in list(self._images.items()):
            with suppress(EngineError):
                if await self._engine.image_id(image.id) is None:
                    _log.error("packages_not_served", image=name, reason="its image is gone")
                    self._images.pop(name, None)

    async def _remove_scratch(self, volume: str) -> None:
        """Once its slot is gone: until then the engine refuses."""
        for pause_s in _REMOVE_AGAIN_S:
            await asyncio.sleep(pause_s)
            with suppress(EngineError):
                await self._engine.remove_volume(volume)
                return
        _log.warning("scratch_not_removed", volume=volume)  # the next start of this node finds it


async def _kill_once(abandoned: asyncio.Event, slot: Slot) -> None:
    await abandoned.wait()
    slot.kill()


def _installer_of(language: Language) -> Language:
    """What the slot of an installer is made of, as if it were a language: nothing waits in it."""
    return Language(
        name=f"{language.id}-packages",
        image=language.packages.image if language.packages else "",
        source_name="",
        run_command=(),
        version_command=(),
        version_pattern="",
    )
