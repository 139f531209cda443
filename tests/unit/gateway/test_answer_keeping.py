"""What becomes of kept answers when results come again, or come from where none was to be made."""

from __future__ import annotations

from broker_gateway.application.answer_keeping import AnswerKeeping
from schemas.execution import ResultMessage
from tests.builders import an_execution
from tests.unit.gateway.test_answering import DIGEST, run, serving
from tests.unit.gateway.test_following import led


async def test_what_twice_settles_changes_nothing() -> None:
    """The relay gets a result again."""
    gateway = serving()
    leader, _ = await led(gateway, 0)
    result = await run(gateway, leader)
    before = dict(gateway.answers.kept)
    await AnswerKeeping(gateway.answers).settle(result)
    assert gateway.answers.kept == before


async def test_a_result_of_a_task_that_was_to_make_no_answer_changes_none() -> None:
    """Its key may be any: what is kept under it is another task's to make."""
    gateway = serving()
    leader, _ = await led(gateway, 0)
    (key,) = gateway.answers.kept
    forged = ResultMessage(execution=an_execution("t9"), callback=None, client="", answer=key, digest=DIGEST)
    await AnswerKeeping(gateway.answers).settle(forged)
    (found,) = gateway.answers.kept.values()
    assert (found.kept.task_id, found.kept.execution) == (leader, None)
