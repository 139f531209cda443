"""Which version is asked for, with versions as real toolchains print them."""

from __future__ import annotations

import pytest

from broker_gateway.domain.client_node import ClientNode
from node.application.workbench import UnservedLanguageError, Workbench
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.status import Status
from schemas.versions import version_matches
from tests.builders import PYTHON, a_language_record, a_node_record, a_task
from tests.fakes.node import FakeDelivery, RecordingAnnouncer, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes

PRINTED = {
    "21.0.9+10": (["21", "21.0", "21.0.9", "21.0.9+10"], ["2", "21.0.90", "21.0.9+1", "21.1", "1.0.9"]),
    "8.0.100-preview.1": (
        ["8", "8.0", "8.0.100", "8.0.100-preview", "8.0.100-preview.1"],
        ["8.0.10", "80", "8.0.100-p"],
    ),
    "3.13.5": (["3", "3.13", "3.13.5"], ["3.1", "3.13.50", "13", "3.13.5.1"]),
    "1.24.4": (["1", "1.24"], ["1.2", "24"]),
    "v20.19.2": (["20", "20.19", "v20", "v20.19.2", "20.19.2"], ["2", "v2", "v", "19"]),
    "14.2.0-19": (["14", "14.2.0", "14.2.0-19"], ["14.2.0-1", "4.2"]),
    "5.2.37(1)-release": (["5", "5.2.37", "5.2.37(1)-release"], ["5.2.3", "5.2.37(1)-r"]),
    "3.13.0rc1": (["3", "3.13", "3.13.0rc1"], ["3.13.0", "3.13.0r"]),
}
MATCHES = [(wanted, found) for found, (wanted_ones, _) in PRINTED.items() for wanted in ["", *wanted_ones]]
MISSES = [(wanted, found) for found, (_, others) in PRINTED.items() for wanted in [*others, f"{found}0", "next"]]


@pytest.mark.parametrize(("wanted", "found"), MATCHES)
def test_a_version_matches_by_its_first_components(wanted: str, found: str) -> None:
    assert version_matches(wanted, found)


@pytest.mark.parametrize(("wanted", "found"), MISSES)
def test_a_part_of_a_component_is_no_match(wanted: str, found: str) -> None:
    assert not version_matches(wanted, found)


@pytest.mark.parametrize("wanted", ["20", "v20", "v20.19.2"])
def test_a_version_that_is_asked_for_with_a_v_is_the_same_without(wanted: str) -> None:
    assert version_matches(wanted, "20.19.2")
    assert not version_matches("very", "very20")


def runs(wanted: str, found: str) -> bool:
    pool = ScriptedPool(languages=[PYTHON])
    pool.served = [(PYTHON, found)]
    try:
        Workbench(pool, MemoryArtefactStore(), RecordingAnnouncer()).language("python", wanted)
    except UnservedLanguageError:
        return False
    return True


@pytest.mark.parametrize(("wanted", "found"), MATCHES + MISSES)
def test_a_node_runs_exactly_what_the_gateway_admits(wanted: str, found: str) -> None:
    admits = ClientNode(a_node_record("a", a_language_record("python", found))).serves("python", wanted)
    assert admits is runs(wanted, found)


@pytest.mark.parametrize(("wanted", "found"), [("21.0.9", "21.0.9+10"), ("8.0.100", "8.0.100-preview.1")])
async def test_a_version_that_the_gateway_admits_is_not_handed_back_until_it_ends_as_an_internal_error(
    wanted: str, found: str
) -> None:
    """The rule was written twice: the gateway admitted 21.0.9 where 21.0.9+10 was found, and every node refused it."""
    assert ClientNode(a_node_record("a", a_language_record("python", found))).serves("python", wanted)
    pool = ScriptedPool()
    pool.served = [(PYTHON, found)]
    delivery = FakeDelivery(a_task(language_version=wanted))
    execution = await RunnerOnFakes(pool).handle(delivery)
    assert (execution.status, execution.language_version) == (Status.SUCCEEDED, found)
    assert delivery.said == ["done"]
