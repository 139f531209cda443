"""Whose packages are installed next: no client stands in another's way for long."""

from __future__ import annotations

import pytest

from node.application.installations import PackagesBusyError, Turns, UnderWay
from tests.unit.node.packages_on_fakes import Node


class TurnsOfANode:
    """Turns of a node, and its clock."""

    def __init__(self, *, installations: int = 1, waiting: int = 4) -> None:
        self.now_s = 1_000.0
        self.turns = Turns(installations, waiting, lambda: self.now_s)

    def installs(self, client: str, key: str) -> bool:
        """Whether the client has it installed: at once, and within a second."""
        if not self.begins(client, key):
            return False
        self.now_s += 1
        self.turns.end(key)
        return True

    def begins(self, client: str, key: str) -> bool:
        try:
            return self.turns.joined(client, key)[1]
        except PackagesBusyError:
            return False


async def test_a_client_with_set_after_set_lets_one_that_was_put_off_go_first() -> None:
    node = TurnsOfANode()
    assert node.begins("a", "1")
    assert not node.begins("b", "other")
    node.turns.end("1")
    assert not node.installs("a", "2")
    node.now_s += 20  # b comes again as late as it may
    assert not node.installs("a", "3")
    assert node.installs("b", "other")
    assert node.installs("a", "4")
    assert node.turns.put_off == 3


async def test_two_clients_with_many_sets_take_turns() -> None:
    node = TurnsOfANode()
    had = ""
    assert node.begins("a", "first")
    assert not node.begins("b", "waits")
    node.turns.end("first")
    for number in range(6):
        for client in "ab":
            had += client if node.installs(client, f"{client}{number}") else ""
    assert had.startswith("bab")
    assert abs(had.count("a") - had.count("b")) <= 1


async def test_who_does_not_come_again_holds_nobody_up_for_long() -> None:
    node = TurnsOfANode()
    assert node.begins("a", "1")
    assert not node.begins("gone", "x")
    node.turns.end("1")
    node.now_s += 26
    assert node.installs("a", "2")


async def test_where_there_is_room_for_both_nobody_is_held_up() -> None:
    node = TurnsOfANode(installations=2)
    assert node.begins("a", "1")
    assert node.begins("b", "2")
    assert not node.begins("c", "3")
    node.turns.end("1")
    node.turns.end("2")
    assert node.installs("a", "4")
    assert node.installs("c", "3")


async def test_a_client_has_all_waiting_places_only_while_nobody_else_wants_one() -> None:
    turns = Turns(9, 4, lambda: 0.0)
    with turns.waiting("a"), turns.waiting("a"), turns.waiting("a"):
        assert turns.joined("a", "1")[1]
        with turns.waiting("b"):
            with pytest.raises(PackagesBusyError):
                turns.joined("a", "1")
            with pytest.raises(PackagesBusyError):
                turns.joined("c", "2")  # all have gone
        assert turns.joined("c", "2")[1]


async def test_what_is_remembered_of_clients_is_bounded() -> None:
    node = TurnsOfANode()
    assert node.begins("a", "1")
    for number in range(1_000):
        assert not node.begins(f"c{number}", "x")
    node.turns.end("1")
    for number in range(1_000):
        node.now_s += 60
        assert node.installs(f"d{number}", "x")
    assert len(node.turns._put_off) <= 256
    assert len(node.turns._served) <= 256


async def test_a_stream_of_new_sets_that_are_cancelled_does_not_starve_others() -> None:
    node = Node(waiting=4)
    node.layers.may_end.clear()
    for number in range(3):
        node.layers.begun.clear()
        node.layers.ended.clear()
        _, handling = node.begin(f"a{number}", f"set{number}", client="a")
        await node.layers.begun.wait()
        if number == 2:
            waits, put_off = node.begin("b1", "b", client="b")
            await put_off
            assert waits.said == ["retry_in 0.5"]
        await node.on.cancel(f"a{number}")
        await handling
        await node.layers.ended.wait()
    held, again = node.begin("a9", "set9", client="a")
    await again
    assert held.said == ["retry_in 0.5"]
    node.layers.may_end.set()
    await node.run("b1", "b", client="b")
    assert node.layers.orders[-1].packages == ("b",)


async def test_who_comes_later_is_told_what_was_said_in_few_pieces() -> None:
    """Each byte that an installer writes by itself was a call for each task that waits."""
    under_way = UnderWay("blog")
    for number in range(100_000):
        under_way.say("stderr", b"%d" % (number % 10))
    under_way.say("stdout", b"x")
    told: list[tuple[str, bytes]] = []
    under_way.listen(lambda stream, data: told.append((stream, data)))
    under_way.say("stderr", b"last")
    said = b"".join(data for stream, data in told if stream == "stderr")
    assert said == b"0123456789" * 10_000 + b"last"
    assert len(told) < 10
    assert [stream for stream, _ in told][-2:] == ["stdout", "stderr"]
