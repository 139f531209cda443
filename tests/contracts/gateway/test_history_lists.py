"""What a list of the history shows: pages, filters, and nobody else's tasks."""

from __future__ import annotations

from collections.abc import Sequence

from broker_gateway.application.history_ports import Cursor, HistoryStore
from broker_gateway.application.ports import Place, TaskFilter
from schemas.status import Status
from tests.contracts.gateway.histories import cursor_after, ended, ids, past, queued, running


async def test_pages_are_complete_and_without_doubles_while_tasks_are_added(history: HistoryStore) -> None:
    before = [f"t{number:02}" for number in range(40)]
    for number, task_id in enumerate(before):
        await history.record(past(task_id, 1 + number // 3, client="blog"))
    seen: list[str] = []
    page = await history.page(TaskFilter(client="blog"), None, 7)
    while page:
        seen += [task.execution.id for task in page]
        await history.record(past(f"new{len(seen)}", 100 + len(seen)))
        page = await history.page(TaskFilter(client="blog"), cursor_after(page), 7)
    assert seen == before[::-1]


async def test_a_list_goes_by_the_place_of_submission_and_then_by_id(history: HistoryStore) -> None:
    await history.record([queued("b", 1, era=2), queued("A", 9), queued("a", 9), ended("Z"), queued("_", 10)])
    assert await ids(history) == ["b", "_", "a", "A", "Z"]
    places = [(Place(1, 9), "a", ["A", "Z"]), (Place(1, 9), "", ["Z"]), (Place(2, 1), "", ["_", "a", "A", "Z"])]
    for place, task_id, expected in places:
        page = await history.page(TaskFilter(), Cursor(place, task_id), 10)
        assert [task.execution.id for task in page] == expected


async def test_a_cursor_of_any_numbers_and_text_is_answered(history: HistoryStore) -> None:
    await history.record([queued("t", 1)])
    beyond = Cursor(Place(1 << 90, 1 << 90), "\0\ud800")
    assert [task.execution.id for task in await history.page(TaskFilter(), beyond, 10)] == ["t"]
    assert await history.page(TaskFilter(), Cursor(Place(-(1 << 90), 0)), 10) == []


async def test_each_filter_shows_what_matches_and_counts_it(history: HistoryStore) -> None:
    await history.record(
        [
            *past("ok", 1, submitted_at_ms=100),
            *past("cpp", 2, language="cpp", submitted_at_ms=200, status=Status.FAILED, error="exit code 1"),
            *past("else", 3, node_id="n2", submitted_at_ms=300, labels={"post": "8", "user": "7"}),
            queued("waits", 4, submitted_at_ms=400),
            running("runs", submitted_at_ms=500, labels={}),
        ]
    )
    expected: Sequence[tuple[TaskFilter, set[str]]] = [
        (TaskFilter(), {"ok", "cpp", "else", "waits", "runs"}),
        (TaskFilter(statuses=frozenset({Status.QUEUED, Status.FAILED})), {"cpp", "waits"}),
        (TaskFilter(language="cpp"), {"cpp"}),
        (TaskFilter(node_id="n2"), {"else"}),
        (TaskFilter(labels={"post": "8"}), {"else"}),
        (TaskFilter(labels={"post": "8", "user": "7"}), {"else"}),
        (TaskFilter(labels={"post": "8", "user": "8"}), set()),
        (TaskFilter(since_ms=200, until_ms=400), {"cpp", "else"}),
        (TaskFilter(since_ms=-(1 << 80), until_ms=1 << 80), {"ok", "cpp", "else", "waits", "runs"}),
        (TaskFilter(error_text="EXIT Code"), {"cpp"}),
        (TaskFilter(language="python", statuses=frozenset({Status.SUCCEEDED}), since_ms=101), {"else"}),
        (TaskFilter(language="'; DROP TABLE tasks; --", client="\0"), set()),
    ]
    for wanted, task_ids in expected:
        assert set(await ids(history, wanted)) == task_ids, wanted
        assert await history.count(wanted) == len(task_ids), wanted


async def test_the_text_of_an_error_is_found_letter_for_letter(history: HistoryStore) -> None:
    errors = {
        "percent": "100%",
        "under": "a_b",
        "neither": "100,axb",
        "slash": "\\n",
        "umlaut": "Ärger in der STRASSE",
        "smile": "oh \U0001f600",
        "nul": "a\0b",
    }
    expected = {
        "100%": {"percent"},
        "a_b": {"under"},
        "\\n": {"slash"},
        "%": {"percent"},
        "_": {"under"},
        "\\": {"slash"},
        "ÄRGER": {"umlaut"},
        "straße": {"umlaut"},
        "\U0001f600": {"smile"},
        "' OR 1=1 --": set(),
        "\0": {"nul"},
        "x" * 100_000: set(),
        " ": {"smile", "umlaut"},
    }
    await history.record([ended(task_id, Status.FAILED, error=error) for task_id, error in errors.items()])
    found = {text: set(await ids(history, TaskFilter(error_text=text))) for text in expected}
    assert found == expected


async def test_another_clients_tasks_are_never_shown(history: HistoryStore) -> None:
    names = ["blog", "Blog", "blog ", " blog", "blög", "blo", "", "b" * 300, "b" * 301, "blog\0", "bl%", "b_og"]
    await history.record([record for name in names for record in past(f"of-{names.index(name)}", 1, client=name)])
    for number, name in enumerate(names):
        assert await ids(history, TaskFilter(client=name)) == [f"of-{number}"], name
        assert await history.count(TaskFilter(client=name)) == 1
    assert await history.count(TaskFilter(client="nobody")) == 0


async def test_a_task_whose_node_names_another_client_is_its_submitters(history: HistoryStore) -> None:
    await history.record([ended("t", client="thief"), queued("t", 1, client="blog"), running("t", client="thief")])
    assert await ids(history, TaskFilter(client="blog")) == ["t"]
    assert await ids(history, TaskFilter(client="thief")) == []


async def test_the_labels_of_a_task_stay_findable_where_its_end_could_not_be_read(history: HistoryStore) -> None:
    await history.record([queued("t", 1)])
    await history.record([ended("t", Status.INTERNAL_ERROR, labels={})])
    assert await ids(history, TaskFilter(labels={"post": "7"})) == ["t"]
