"""What is passed on to a program for somebody who numbers and keeps it himself."""

from __future__ import annotations

import asyncio

from coderunner.spoken import PassedOn
from coderunner.v1 import execution_pb2 as pb


def thing(number: int, size: int = 1) -> pb.Said:
    return pb.Said(number=number, input=b"x" * size)


async def heard(passed: PassedOn, count: int) -> list[int]:
    """The numbers that a new call is told."""
    numbers: list[int] = []
    async with asyncio.timeout(5):
        async for said in passed.from_taken():
            numbers.append(said.number)
            if len(numbers) == count:
                break
    return numbers


async def test_what_is_not_taken_is_told_to_each_new_call() -> None:
    passed = PassedOn()
    for number in (1, 2, 3):
        await passed.say(thing(number))
    assert await heard(passed, 3) == [1, 2, 3]
    passed.taken(2, 1)
    assert await heard(passed, 1) == [3]


async def test_what_is_said_again_takes_the_place_of_what_was_held_from_there_on() -> None:
    passed = PassedOn()
    for number in (5, 6, 7, 5, 6):
        await passed.say(thing(number))
    assert await heard(passed, 2) == [5, 6]


async def test_a_number_that_does_not_follow_is_left_out_and_holds_nothing_up() -> None:
    passed = PassedOn()
    for number in (1, 3, (1 << 31) - 1, 2):
        await passed.say(thing(number))
    assert await heard(passed, 2) == [1, 2]


async def test_another_attempt_is_told_by_him_who_said_it() -> None:
    passed = PassedOn()
    for number in (1, 2):
        await passed.say(thing(number))
    passed.taken(1, 1)
    passed.taken(0, 2)
    await passed.say(thing(1))
    assert await heard(passed, 1) == [1]


async def test_who_says_more_than_is_taken_waits() -> None:
    passed = PassedOn()
    for number in range(1, 5):
        await passed.say(thing(number, 64 << 10))
    late = asyncio.ensure_future(passed.say(thing(5)))
    await asyncio.sleep(0)
    assert not late.done()
    passed.taken(1, 1)
    await asyncio.wait_for(late, 5)
    assert await heard(passed, 4) == [2, 3, 4, 5]
