"""``--long`` picks the long fault tests in place of the short one, ``--upgrade-from`` the upgrades from another
version; either way the run ends with the sum of it all."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from broker_gateway.infrastructure.history.store import SqlHistoryStore
from tests.chaos.engine import PrivateEngine
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.receiver import Receiver
from tests.chaos.storm import Report, StartStorm, Storm
from tests.servers.stack import Checkout, Stack

HERE = Path(__file__).parent
REPORT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the long fault tests")
    parser.addoption("--upgrade-from", type=Path, metavar="FOLDER", help="the upgrades from the version that is there")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = Report()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if HERE in item.path.parents]
    off = {item for item in ours if _kind(item) != _wanted(config)}
    if off:
        config.hook.pytest_deselected(items=[item for item in items if item in off])
        items[:] = [item for item in items if item not in off]


def _kind(item: pytest.Item) -> str:
    return next((kind for kind in ("long", "upgrade") if item.get_closest_marker(kind) is not None), "short")


def _wanted(config: pytest.Config) -> str:
    if config.getoption("upgrade_from", default=None) is not None:
        return "upgrade"
    return "long" if config.getoption("long", default=False) else "short"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """The last line of all."""
    yield
    report = session.config.stash[REPORT]
    if report.faults:
        print("\n".join(["", *report.lines, str(report)]))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    return request.config.stash[REPORT]


@pytest.fixture
def other_version(request: pytest.FixtureRequest) -> Checkout:
    """The one that ``--upgrade-from`` names, with an environment of its own."""
    root = request.config.getoption("upgrade_from").resolve()
    found = Checkout(root, root / ".venv" / "bin" / "python")
    assert found.file_of("node.main") == root / "node" / "main.py"
    return found


@pytest.fixture
def private_engine() -> Iterator[PrivateEngine]:
    """A Docker engine of the test's own, with the Python image in it."""
    engine = PrivateEngine()
    try:
        engine.start()
        engine.copy_image("coderunner/python")
        yield engine
    finally:
        engine.remove()


@pytest_asyncio.fixture
async def start_storm(report: Report) -> AsyncIterator[StartStorm]:
    """``start_storm(stack)``: load through all gateways of the stack that serve the API, and a ledger of it. What it
    came to is added to the report at the end, whatever the test thought of it."""
    async with AsyncExitStack() as resources:

        async def start(stack: Stack, callback_to: Receiver, history_url: str, settle_s: float = 45) -> Storm:
            await callback_to.start()
            resources.push_async_callback(callback_to.close)
            serving = [one.target for one in stack.gateways if one.serves_api]
            load = await resources.enter_async_context(Load(serving, callback_to.url))
            bus = await stack.nats.connect(max_reconnect_attempts=-1, reconnect_time_wait=0.2, error_cb=_expected)
            resources.push_async_callback(bus.close)
            history = SqlHistoryStore(history_url) if history_url else None
            if history is not None:
                resources.push_async_callback(history.close)
            ledger = Ledger(bus, load, callback_to, history)
            storm = Storm(stack, load, ledger, callback_to, report, settle_s)
            resources.callback(lambda: report.add(storm.balance))
            return storm

        async def with_receiver(stack: Stack, history_url: str = "") -> Storm:
            return await start(stack, Receiver(), history_url)

        yield with_receiver
    gc.collect()  # what LEAKS speaks of is found now and not in somebody else's test


async def _expected(_error: Exception) -> None:
    """The bus is being broken."""
