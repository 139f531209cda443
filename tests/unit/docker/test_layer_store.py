"""What is told to the keeper of layers, and what is made of how an installation ended. Without an engine."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from node.application.package_ports import IndexOutOfReachError
from node.application.ports import OnOutput
from node.domain.language import PackageRule
from node.domain.layers import WORDS_BYTES, Installation, Order
from node.domain.sandbox import Ending, Launch, Outcome, SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.layers import store as store_module
from node.infrastructure.docker.layers.store import DockerLayers, LayerSettings
from node.infrastructure.docker.slot.agent_image import AgentImage
from node.infrastructure.package_index.places import Places
from node.infrastructure.package_index.reader import IndexReader
from node.infrastructure.package_index.session import PIECE_BYTES, IndexSession
from tests.builders import PYTHON, an_outcome
from tests.fakes.node import nobody

RULE = PackageRule(kind="pypi", image="installer", command=("install",))
INDEXED = replace(PYTHON, packages=RULE)


class Keeper:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.kept: dict[str, dict[str, Any]] = {}

    async def ask(self, image: str, verb: str, order: dict[str, Any], scratch: object = None) -> dict[str, Any]:
        del image, scratch
        assert len(json.dumps(order)) < 128 << 10  # one argument of a program
        self.orders.append(order)
        return {"store": {"layer": "l", "bytes": 1}, "list": self._listed(order.get("after", ""))}.get(verb, {})

    def _listed(self, after: str) -> dict[str, Any]:
        """One key in each answer."""
        behind = sorted(key for key in self.kept if key > after)
        return {"kept": {key: self.kept[key] for key in behind[:1]}, "more": len(behind) > 1}

    @asynccontextmanager
    async def holding(self, *_: object) -> AsyncIterator[None]:
        yield


class Engine:
    def __init__(self) -> None:
        self.images = {"id"}
        self.removed: asyncio.Queue[str] = asyncio.Queue()

    async def image_id(self, name: str) -> str | None:
        return name if name in self.images else None

    async def remove(self, container: str) -> None:
        pass

    async def remove_volume(self, name: str) -> None:
        self.removed.put_nowait(name)


class Slot:
    """An installer that ends as a test says."""

    container_id = "c"

    launch: Launch

    def __init__(self, outcome: Outcome, said: bytes) -> None:
        self.outcome, self.said = outcome, said

    async def run(self, launch: Launch, listen: Any) -> Outcome:
        self.launch = launch
        listen("stdout", self.said)
        for begin in range(0, len(self.outcome.stderr), 65_536):
            listen("stderr", self.outcome.stderr[begin : begin + 65_536])
        await asyncio.sleep(0)
        return self.outcome

    def close(self) -> None:
        pass

    def kill(self) -> None:
        pass


class Factory:
    slot: Slot
    fault = ""

    async def make(self, template: object) -> Slot:
        if self.fault:
            raise EngineError(self.fault)
        return self.slot

    def destroy(self, slot: Slot) -> None:
        pass


class Store:
    """The store between these."""

    def __init__(self) -> None:
        self.keeper, self.factory = Keeper(), Factory()
        settings = LayerSettings(
            places={"pypi": Places(["https://index.example/simple/"])},
            tls=ssl.create_default_context(),
            installations=1,
            secret=b"s" * 32,
        )
        self.layers = DockerLayers(settings, {})
        docker: Any = SimpleNamespace(prefix="p", node_id="n", layers_volume="v")
        engine: Any = Engine()
        self.engine: Engine = engine
        factory: Any = self.factory
        keeper: Any = self.keeper
        self.layers.connect(engine, factory, docker, "{}")
        self.layers._keeper = keeper
        self.layers._images["installer"] = AgentImage("id", "digest")

    async def install(self, outcome: Outcome, said: bytes = b"", on_output: OnOutput = nobody) -> Installation:
        self.factory.slot = Slot(outcome, said)
        order = Order.of(INDEXED, ["six"], "d", ["s"])
        return await self.layers.install(order, on_output, asyncio.Event())


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    one = Store()
    yield one
    await one.layers._background.close()
    await one.layers.close()


async def test_what_is_removed_is_told_in_orders_that_fit_an_argument(store: Store) -> None:
    keys, layers = [f"{number:064x}" for number in range(10_001)], [f"{number:040x}" for number in range(1_200)]
    await store.layers.remove(layers, keys)
    assert [key for order in store.keeper.orders for key in order["keys"]] == keys
    assert [name for order in store.keeper.orders for name in order["layers"]] == layers
    store.keeper.orders.clear()
    await store.layers.remove(["a" * 40], [])
    assert store.keeper.orders == [{"keys": [], "layers": ["a" * 40]}]


async def test_all_that_is_kept_is_found_with_one_list_for_each_layer(store: Store) -> None:
    about = {"layer": "l", "bytes": 1, "made_at_s": 2.0}
    store.keeper.kept = {key: {**about, "packages": ["a==1", "b==2"]} for key in ("k3", "k1", "k2")}
    store.keeper.kept["k4"] = {**about, "packages": []}
    kept = await store.layers.kept()
    assert {key: one.layer.packages for key, one in kept.items()} == {
        "k1": ("a==1", "b==2"),
        "k2": ("a==1", "b==2"),
        "k3": ("a==1", "b==2"),
        "k4": (),
    }
    assert kept["k1"].layer is kept["k3"].layer
    store.keeper.kept = {}
    assert await store.layers.kept() == {}


@pytest.mark.parametrize(("count", "is_kept"), [(200, True), (1_999, False)])
async def test_a_list_of_what_was_installed_fits_an_argument_or_is_refused(
    store: Store, count: int, is_kept: bool
) -> None:
    listed = [f"{'n' * 195}{number:04}==1" for number in range(count)]
    ended = await store.install(an_outcome(), json.dumps({"packages": listed}).encode() + b"\n")
    assert (ended.layer is not None) is is_kept
    assert ("65536 may be in one set" in ended.fault) is not is_kept


@pytest.mark.parametrize(
    ("said", "ending", "words"),
    [
        (b"", Ending.EXITED, "has not told what it has installed"),
        (b'{"packages": []}\n', Ending.EXITED, "has not told what it has installed"),
        (b"nonsense\n", Ending.EXITED, "does not keep to its talk"),
        (b"nonsense\n", Ending.CANCELLED, "does not keep to its talk"),
    ],
)
async def test_an_installer_that_does_not_tell_what_it_has_installed_has_installed_nothing(
    store: Store, said: bytes, ending: Ending, words: str
) -> None:
    """Where it had ended before it could be killed its set was kept without names; else it "was cancelled"."""
    ended = await store.install(an_outcome(ending=ending), said)
    assert (ended.layer, store.keeper.orders) == (None, [])
    assert words in ended.fault


async def test_no_set_is_kept_from_which_something_was_kept_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(session: IndexSession) -> None:
        session.kept_back = "'https://other.example/x' cannot be had: not a place"

    monkeypatch.setattr(IndexSession, "close", close)
    for outcome in (an_outcome(), an_outcome(exit_code=1)):
        ended = await store.install(outcome, b'{"packages": ["six==1"]}\n')
        assert (ended.layer, store.keeper.orders) == (None, [])
        assert "other.example" in ended.fault


@pytest.mark.parametrize("ending", [Ending.WALL, Ending.CPU])
async def test_time_that_is_up_while_the_index_is_read_is_the_indexs_fault(
    store: Store, monkeypatch: pytest.MonkeyPatch, ending: Ending
) -> None:
    monkeypatch.setattr(IndexReader, "open", lambda *_: time.sleep(0.2))
    outcome = an_outcome(ending=ending, exit_code=None)
    with pytest.raises(IndexOutOfReachError, match="still being read"):
        await store.install(outcome, b'{"get": "https://index.example/simple/six/"}\n')
    ended = await store.install(outcome)
    assert (ended.layer, ended.outcome) == (None, outcome)


async def test_what_an_installer_does_without_is_not_kept_where_the_index_did_not_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """npm ends well without an optional dependency that it could not have."""
    monkeypatch.setattr(IndexSession, "out_of_reach", property(lambda _: "HTTP status 503"))
    with pytest.raises(IndexOutOfReachError, match="503"):
        await store.install(an_outcome(), b'{"packages": ["six==1"]}\n')
    assert store.keeper.orders == []


async def test_an_installer_has_room_to_ask_for_all_the_documents_that_it_may(store: Store) -> None:
    """Some thirteen hundred of Maven's filled what it may say, and the end was told as too much output."""
    await store.install(an_outcome())
    asked = {"get": f"https://repository.example/maven2/{'g/' * 40}artifact/1.0.0/artifact-1.0.0.jar.sha1"}
    asked["accept"] = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
    lines = [json.dumps(asked), *[json.dumps({"more": True})] * 3]
    said_bytes = sum(len(line) + 1 for line in lines) * RULE.requests
    pieces = 2 * RULE.disk_bytes // PIECE_BYTES
    assert said_bytes + pieces * len(lines[1]) < store.factory.slot.launch.limits.output_bytes


async def test_what_an_installer_says_to_people_is_bounded_apart(store: Store) -> None:
    told: list[bytes] = []
    ended = await store.install(an_outcome(stderr=b"x" * 700_000), on_output=lambda _, data: told.append(data))
    assert len(b"".join(told)) == WORDS_BYTES
    assert ended.outcome is not None
    assert (len(ended.outcome.stderr), ended.outcome.stderr_truncated) == (WORDS_BYTES, True)


@pytest.mark.parametrize("fault", ["", "the engine refused: no room"])
async def test_the_folder_of_an_installer_goes_though_its_slot_never_came(
    store: Store, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(store_module, "_REMOVE_AGAIN_S", (0.0,))
    store.factory.fault = fault
    with pytest.raises(SandboxLostError, match="no room") if fault else nullcontext():
        await store.install(an_outcome())
    async with asyncio.timeout(5):
        assert (await store.engine.removed.get()).startswith("p-installing-")


@pytest.mark.parametrize(("images", "kind"), [({"id"}, "pypi"), (set(), "")])
async def test_an_installer_whose_image_is_gone_is_announced_no_more(store: Store, images: set[str], kind: str) -> None:
    store.engine.images = images
    store.factory.fault = "the engine refused: no such image"
    store.layers._looked_at["installer"] = time.monotonic()  # it is looked for again after a while
    with pytest.raises(SandboxLostError):
        await store.install(an_outcome())
    assert store.layers.kind_of(INDEXED) == kind
    if not kind:
        for call in (store.layers.kept(), store.layers.remove(["a" * 40], []), store.install(an_outcome())):
            with pytest.raises(SandboxLostError, match="image"):
                await call
