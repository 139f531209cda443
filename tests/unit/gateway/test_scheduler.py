"""Which pool a task goes to."""

from __future__ import annotations

import pytest

from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.domain import scheduler
from broker_gateway.domain.client_node import ClientNode
from broker_gateway.domain.scheduler import Need, NobodyServes, Placement, TaskScheduler
from schemas.node import NodeRecord
from schemas.status import NodeState
from schemas.versions import version_matches
from tests.builders import a_language_record, a_node_record
from tests.fakes.live_nodes import MemoryNodeDirectory

PYTHON = a_language_record("python", "3.13.5", "py", "python3")
JAVA = a_language_record("java", "21.0.4", compiled=True)


def place(nodes: list[NodeRecord], *needs: tuple[str, str]) -> Placement | NobodyServes:
    return TaskScheduler([ClientNode(one) for one in nodes]).place(tuple(Need(*need) for need in needs))


def pools(nodes: list[NodeRecord], *needs: tuple[str, str]) -> list[str]:
    placement = place(nodes, *needs)
    assert isinstance(placement, Placement)
    return [choice.pool for choice in placement.pools]


def refusal(nodes: list[NodeRecord], *needs: tuple[str, str]) -> str:
    answer = place(nodes, *needs)
    assert isinstance(answer, NobodyServes)
    return answer.message


@pytest.mark.parametrize("name", ["python", "py", "python3", "Python", "PY"])
def test_a_language_is_found_by_name_or_alias_and_goes_on_by_its_name(name: str) -> None:
    placement = place([a_node_record("a", PYTHON)], (name, ""))
    assert isinstance(placement, Placement)
    assert placement.languages == ("python",)


def test_a_name_wins_over_another_languages_alias() -> None:
    nodes = [a_node_record("a", a_language_record("c++", "14.2", "c"), a_language_record("c", "14.2"))]
    placement = place(nodes, ("c", ""))
    assert isinstance(placement, Placement)
    assert placement.languages == ("c",)


@pytest.mark.parametrize(
    ("wanted", "version", "matches"),
    [
        ("", "3.13.5", True),
        ("3", "3.13.5", True),
        ("3.13", "3.13.5", True),
        ("3.13.5", "3.13.5", True),
        ("3.1", "3.13.5", False),
        ("3.13.50", "3.13.5", False),
        ("13", "3.13.5", False),
        ("14.2.0", "14.2.0-19", True),
        ("3.13", "3.13rc1", False),
    ],
)
def test_a_version_is_asked_for_by_its_first_components(wanted: str, version: str, matches: bool) -> None:
    assert version_matches(wanted, version) is matches


def test_an_unknown_language_is_refused_with_what_is_served() -> None:
    message = refusal([a_node_record("a", PYTHON, JAVA)], ("cobol", ""))
    assert "'cobol'" in message
    assert "java, python" in message


def test_an_unknown_version_is_refused_with_the_versions_served() -> None:
    assert "3.13.5" in refusal([a_node_record("a", PYTHON)], ("py", "2"))


def test_of_an_unknown_version_s_language_and_of_no_other_the_versions_are_told() -> None:
    others = [a_language_record("go", "1.24.4"), a_language_record("ruby", "3.3")]
    nodes = [a_node_record("a", PYTHON, *others), a_node_record("b", a_language_record("python", "3.11.2"))]
    assert refusal(nodes, ("py", "2")) == "no live node serves python '2'; versions served now: 3.11.2, 3.13.5"


def test_without_nodes_nothing_is_served() -> None:
    assert "none at all" in refusal([], ("python", ""))


def test_a_draining_node_serves_nothing_new_and_an_overloaded_one_does() -> None:
    assert refusal([a_node_record("a", PYTHON, state=NodeState.DRAINING)], ("python", ""))
    assert pools([a_node_record("a", PYTHON, state=NodeState.OVERLOADED)], ("python", "")) == ["default"]


def test_a_node_without_room_for_a_task_serves_nothing_and_one_with_room_for_one_does() -> None:
    for capacity in (0, -1):
        assert refusal([a_node_record("a", PYTHON, capacity=capacity)], ("python", ""))
    assert pools([a_node_record("a", PYTHON, capacity=1)], ("python", "")) == ["default"]


def test_a_pool_in_which_every_node_can_run_it_is_preferred() -> None:
    nodes = [a_node_record("a", PYTHON, pools=["mixed"], capacity=100), a_node_record("b", JAVA, pools=["mixed"])]
    assert pools(nodes, ("python", "")) == ["mixed"]
    nodes.append(a_node_record("c", PYTHON, pools=["pythons"], capacity=1))
    assert pools(nodes, ("python", "")) == ["pythons"]


def test_a_node_that_drains_does_not_spoil_its_pool() -> None:
    nodes = [a_node_record("a", PYTHON, pools=["p"]), a_node_record("b", JAVA, pools=["p"], state=NodeState.DRAINING)]
    placement = place(nodes, ("python", ""))
    assert isinstance(placement, Placement)
    assert placement.pools[0].all_nodes_can


def test_two_versions_in_one_pool_make_a_task_that_names_neither_at_home_there() -> None:
    nodes = [a_node_record("a", PYTHON), a_node_record("b", a_language_record("python", "3.11.2"))]
    whole, old = place(nodes, ("python", "3")), place(nodes, ("python", "3.11"))
    assert isinstance(whole, Placement)
    assert isinstance(old, Placement)
    assert whole.pools[0].all_nodes_can
    assert not old.pools[0].all_nodes_can


def test_the_checkers_language_must_be_served_by_the_same_node() -> None:
    nodes = [a_node_record("a", PYTHON, pools=["p"]), a_node_record("b", JAVA, pools=["j"])]
    assert "checker" in refusal(nodes, ("java", ""), ("python", ""))
    nodes.append(a_node_record("c", PYTHON, JAVA, pools=["both"]))
    assert pools(nodes, ("java", ""), ("python", "")) == ["both"]


def test_the_shortest_queue_for_its_capacity_takes_the_task() -> None:
    nodes = [
        a_node_record("a", PYTHON, pools=["large"], capacity=30),
        a_node_record("b", PYTHON, pools=["small"], capacity=10),
    ]
    placement = place(nodes, ("python", ""))
    assert isinstance(placement, Placement)
    assert placement.pool({}) == "large"
    assert placement.pool({"large": 3, "small": 0}) == "small"
    assert placement.pool({"large": 3, "small": 2}) == "large"


def test_of_queues_of_one_length_the_larger_pools_takes_the_task_and_then_the_first_by_name() -> None:
    capacities = {"a": 10, "b": 30, "c": 30}
    nodes = [a_node_record(pool, PYTHON, pools=[pool], capacity=tasks) for pool, tasks in capacities.items()]
    placement = place(nodes, ("python", ""))
    assert isinstance(placement, Placement)
    assert placement.pool({}) == "b"
    assert placement.pool({"a": 1, "b": 3, "c": 3}) == "b"


def test_so_many_placements_are_remembered_and_no_refusal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_MAX_REMEMBERED", 2)
    tasks = TaskScheduler([ClientNode(a_node_record("a", PYTHON))])

    def is_remembered(version: str) -> bool:
        needs = (Need("python", version),)
        return tasks.place(needs) is tasks.place(needs)

    assert [is_remembered(version) for version in ("2", "", "3", "3.13", "3")] == [False, True, True, False, True]


def test_a_change_of_load_alone_keeps_the_scheduler() -> None:
    directory = MemoryNodeDirectory(a_node_record("a", PYTHON))
    nodes = LiveNodes(directory=directory)
    before = nodes.scheduler()
    directory.records = [a_node_record("a", PYTHON, load_score=80.0)]
    assert nodes.live()[0].load_score == 80.0
    assert nodes.scheduler() is before


def test_a_node_that_comes_or_goes_is_seen_at_once() -> None:
    directory = MemoryNodeDirectory()
    nodes = LiveNodes(directory=directory)
    assert isinstance(nodes.scheduler().place((Need("python", ""),)), NobodyServes)
    directory.records.append(a_node_record("a", PYTHON))
    assert isinstance(nodes.scheduler().place((Need("python", ""),)), Placement)
    directory.records[0] = a_node_record("a", PYTHON, state=NodeState.DRAINING)
    assert isinstance(nodes.scheduler().place((Need("python", ""),)), NobodyServes)
    directory.records = [a_node_record("a", PYTHON), a_node_record("b", JAVA)]
    assert isinstance(nodes.scheduler().place((Need("java", ""),)), Placement)
    directory.records = directory.records[:1]
    assert isinstance(nodes.scheduler().place((Need("java", ""),)), NobodyServes)


def test_the_live_nodes_are_the_domains_repository() -> None:
    repository = LiveNodes(directory=MemoryNodeDirectory(a_node_record("a")))
    assert [one.id for one in repository.live()] == ["a"]


def test_what_clients_make_the_scheduler_remember_is_bounded() -> None:
    versions = [a_language_record("python", f"3.{minor}") for minor in range(40)]
    scheduler = TaskScheduler([ClientNode(a_node_record("a", *versions))])
    for first in range(40):
        for second in range(40):
            scheduler.place((Need("python", f"3.{first}"), Need("python", f"3.{second}")))
    assert len(scheduler._placements) <= 1024


def test_a_placement_is_worked_out_once_for_the_same_needs() -> None:
    scheduler = TaskScheduler([ClientNode(a_node_record("a", PYTHON))])
    assert scheduler.place((Need("py", "3"),)) is scheduler.place((Need("py", "3"),))


def test_a_refusal_is_not_remembered() -> None:
    scheduler = TaskScheduler([ClientNode(a_node_record("a", PYTHON))])
    for needs in ((Need("cobol", ""),), (Need("python", "2"),)):
        assert isinstance(scheduler.place(needs), NobodyServes)
    assert scheduler._placements == {}


def test_as_many_placements_are_remembered_as_may_be_and_no_more() -> None:
    versions = [a_language_record("python", f"3.{minor}") for minor in range(1030)]
    scheduler = TaskScheduler([ClientNode(a_node_record("a", *versions))])
    for minor in range(1030):
        assert isinstance(scheduler.place((Need("python", f"3.{minor}"),)), Placement)
    assert len(scheduler._placements) == 1024


def test_a_quiet_pool_is_chosen_only_where_there_is_no_other() -> None:
    nodes = [ClientNode(a_node_record("a", PYTHON, pools=["a"])), ClientNode(a_node_record("b", PYTHON, pools=["b"]))]
    placement = TaskScheduler(nodes, {"a"}).place((Need("python", ""),))
    assert isinstance(placement, Placement)
    assert [choice.pool for choice in placement.pools] == ["b"]
    placement = TaskScheduler(nodes[:1], {"a"}).place((Need("python", ""),))
    assert isinstance(placement, Placement)
    assert [choice.pool for choice in placement.pools] == ["a"]


def test_a_pool_takes_a_task_where_one_of_its_nodes_can_run_all_of_it() -> None:
    nodes = [
        ClientNode(a_node_record("a", PYTHON, JAVA, pools=["a", "b"])),
        ClientNode(a_node_record("c", pools=["c"])),
    ]
    scheduler = TaskScheduler(nodes, {"b"})
    both = (Need("python", "3"), Need("java", ""))
    assert scheduler.takes("a", both)
    assert scheduler.takes("a", both)
    assert not scheduler.takes("b", both)
    assert not scheduler.takes("c", both)
    assert not scheduler.takes("a", (Need("python", "2"),))
    assert not scheduler.takes("nowhere", both)
