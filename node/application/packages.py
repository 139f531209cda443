"""The packages of tasks (ADR 0040): installed once for all that ask for the same, kept, and lent to each."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, nullcontext
from functools import partial
from typing import Any

import structlog

from chassis.background import Background
from node.application.attempt import Attempt
from node.application.installations import PackagesBusyError, Turns, UnderWay
from node.application.layer_book import LayerBook
from node.application.live_output import LiveOutput
from node.application.off_loop import off_loop
from node.application.package_ports import IndexOutOfReachError, LayerStore
from node.application.ports import Announcer
from node.domain.language import Language
from node.domain.layers import Installation, Layer, Order
from node.domain.sandbox import SandboxLostError
from node.domain.verdict import stage_of
from schemas.execution import COMPILE_STAGE

_FAILED_FOR_S = 60.0
"""A set of packages that cannot be installed is not tried again within this: its tasks end as the first one did."""
_MAX_FAILED = 256
_FILL_AGAIN_S = 30.0
_UNREACHED_FOR_S = 30.0
"""A set for which the index was out of reach twice in a row is not tried again within this: its tasks come again."""
_AGAIN_AFTER_S = 120.0
"""A set that could not be looked up again is not before this: what was installed serves on."""

_log = structlog.get_logger(__name__)


class Packages:
    """Lends each task the layer of its packages."""

    def __init__(
        self,
        store: LayerStore,
        announcer: Announcer,
        book: LayerBook,
        *,
        installations: int,
        waiting: int,
        refresh_s: float,
        clock: Callable[[], float],
    ) -> None:
        """``installations``: the most at once, of one client one; ``waiting``: the most tasks that wait for one, of all
        that the node may run; ``refresh_s``: after so long it is looked whether the index has newer versions;
        ``clock``: Unix seconds."""
        self.book = book
        self.installed = self.found = 0
        """Installations that were made, and tasks that found their packages installed."""
        self._store = store
        self._announcer = announcer
        self._turns = Turns(installations, waiting, clock)
        self._refresh_s = refresh_s
        self._clock = clock
        self._background = Background()
        self._failed: OrderedDict[str, tuple[float, Installation]] = OrderedDict()
        self._unreached: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """By the orders' keys, when the index was out of reach last, and how often one soon after the other."""
        self._fill_again_s = float("inf")
        """When it is looked again for what an earlier life has kept."""
        self._removing: set[str] = set()
        self._removal = asyncio.Lock()

    @property
    def put_off(self) -> int:
        """Tasks that were handed back, as this node installed for others."""
        return self._turns.put_off

    def kind_of(self, language: Language) -> str:
        """The kind of packages that tasks in this language may name here now; empty: none."""
        kind = self._store.kind_of(language)
        if kind and self._clock() >= self._fill_again_s:
            self._fill_again_s = float("inf")
            self._background.spawn(self._fill())
        return kind

    async def start(self, languages: Sequence[Language]) -> None:
        """Makes ready what installs the packages of these, and finds what an earlier life of this node has kept. Where
        that fails, it is looked for again once there is an installer."""
        await self._store.start(languages)
        await self._fill()

    async def _fill(self) -> None:
        try:
            self.book.fill(await self._store.kept())
        except SandboxLostError as error:
            self._fill_again_s = self._clock() + _FILL_AGAIN_S
            _log.warning("layers_not_listed", error=str(error))
        await self._tidy()

    async def close(self) -> None:
        """Ends what is being installed."""
        await self._background.close()
        await self._store.close()

    @asynccontextmanager
    async def lent(
        self, attempt: Attempt, language: Language, digest: str
    ) -> AsyncIterator[Layer | Installation | None]:
        """The layer with the attempt's packages, for as long as the block lasts: installed first where it is not kept.
        An Installation where that failed, None where the attempt was cancelled meanwhile. Raises SandboxLostError,
        IndexOutOfReachError, PackagesBusyError."""
        order = Order.of(language, attempt.task.packages, digest, self._store.source_of(language))
        with ExitStack() as holds:
            layer = self._fresh(order, attempt.task.client)
            if layer is not None:
                self.found += 1
                holds.enter_context(self.book.held(layer))
                yield layer
            else:
                ended = await self._waited(attempt, order, holds)
                yield ended.layer or ended if ended is not None else None
        self._background.spawn(self._tidy())

    def _fresh(self, order: Order, client: str) -> Layer | None:
        now_s = self._clock()
        kept = self.book.find(order.key, client, now_s)
        if kept is None:
            return None
        is_fresh = now_s - kept.made_at_s <= self._refresh_s or now_s < kept.not_before_s
        return kept.layer if order.is_pinned or is_fresh else None

    async def _waited(self, attempt: Attempt, order: Order, holds: ExitStack) -> Installation | None:
        """How the installation ended, ours or one that was under way; its layer is held."""
        failed_at_s, ended = self._failed.get(order.key, (float("-inf"), None))
        if self._clock() - failed_at_s >= _FAILED_FOR_S:
            self._refuse_unreached(order.key)
            try:
                under_way = self._joined(attempt.task.client, order)
            except PackagesBusyError as error:
                return self._of_before(order, attempt.task.client, error, holds)
            attempt.begin()
            ended = await self._await(attempt, under_way, holds)
        else:
            attempt.begin()
        outcome = ended.outcome if ended is not None else None
        if outcome is not None:
            attempt.installation = await off_loop(outcome.output_bytes, partial(stage_of, outcome))
        return ended

    async def _await(self, attempt: Attempt, under_way: UnderWay, holds: ExitStack) -> Installation | None:
        live = LiveOutput(self._announcer, attempt, COMPILE_STAGE)
        under_way.listen(live)
        cancelled = asyncio.create_task(attempt.cancelling.wait())
        futures: set[asyncio.Future[Any]] = {under_way.ended, cancelled}
        try:
            with self._turns.waiting(attempt.task.client):
                await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            if attempt.cancelled:
                return None
            ended = under_way.ended.result()
            if ended.layer is not None:
                holds.enter_context(self.book.held(ended.layer))
            return ended
        finally:
            under_way.leave(live)
            live.close()
            cancelled.cancel()

    def _joined(self, client: str, order: Order) -> UnderWay:
        under_way, is_new = self._turns.joined(client, order.key, in_need=order.key not in self.book)
        if is_new:
            self._background.spawn(self._install(order, under_way))
        return under_way

    def _of_before(self, order: Order, client: str, error: Exception, holds: ExitStack) -> Installation:
        """What was installed before, held, where the set cannot be looked up again now. Raises the error where nothing
        was."""
        now_s = self._clock()
        kept = self.book.find(order.key, client, now_s)
        if kept is None:
            raise error
        self.book.leave_until(order.key, now_s + _AGAIN_AFTER_S)
        _log.warning("packages_not_refreshed", packages=order.packages, error=str(error))
        holds.enter_context(self.book.held(kept.layer))
        return Installation(None, kept.layer, order.limits())

    async def _install(self, order: Order, under_way: UnderWay) -> None:
        try:
            ended = await self._installed(order, under_way)
        except (SandboxLostError, IndexOutOfReachError) as error:
            under_way.fail(error)
            return
        except Exception as error:
            under_way.fail(SandboxLostError(f"{type(error).__name__}: {error}"))
            raise
        except asyncio.CancelledError:
            under_way.fail(SandboxLostError("the node is shutting down"))
            raise
        finally:
            self._turns.end(order.key)
        with self.book.held(ended.layer) if ended.layer is not None else nullcontext():
            under_way.finish(ended)
            await under_way.left()  # each holds it for itself by then
        await self._tidy()

    async def _installed(self, order: Order, under_way: UnderWay) -> Installation:
        install = partial(self._store.install, order, under_way.say, under_way.abandoned)
        try:
            ended = await install()
            if ended.layer is not None and ended.layer.name in self._removing:
                async with self._removal:  # it was found there, and goes: it is made again
                    pass
                ended = await install()
        except (SandboxLostError, IndexOutOfReachError) as error:
            if isinstance(error, IndexOutOfReachError):
                self._note_unreached(order.key)
            with ExitStack() as holds:
                return self._of_before(order, under_way.client, error, holds)
        self._unreached.pop(order.key, None)
        if ended.layer is not None:
            self.installed += 1
            self.book.keep(order.key, ended.layer, self._clock(), under_way.client)
        elif not under_way.abandoned.is_set():
            self._failed[order.key] = (self._clock(), ended)
            while len(self._failed) > _MAX_FAILED:
                self._failed.popitem(last=False)
        return ended

    def _note_unreached(self, key: str) -> None:
        at_s, times = self._unreached.pop(key, (float("-inf"), 0))
        now_s = self._clock()
        self._unreached[key] = (now_s, times + 1 if now_s - at_s <= 2 * _UNREACHED_FOR_S else 1)
        while len(self._unreached) > _MAX_FAILED:
            self._unreached.popitem(last=False)

    def _refuse_unreached(self, key: str) -> None:
        """Raises IndexOutOfReachError where that is to be expected: the task is not begun, and no slot is made."""
        at_s, times = self._unreached.get(key, (float("-inf"), 0))
        if times > 1 and self._clock() - at_s < _UNREACHED_FOR_S and key not in self.book:
            raise IndexOutOfReachError("the index could not be read for the same packages a moment ago")

    async def _tidy(self) -> None:
        layers, keys = self.book.let_go()
        if not (layers or keys):
            return
        self._removing.update(layers)
        try:
            async with self._removal:
                await self._store.remove(layers, keys)
        except SandboxLostError as error:  # the next start of this node finds them
            _log.warning("layers_not_removed", layers=len(layers), error=str(error))
        finally:
            self._removing -= set(layers)
