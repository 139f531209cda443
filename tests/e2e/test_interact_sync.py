"""Programs that are talked to without an event loop, through a real gateway, a real node and Docker."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from coderunner import Execution, Output, Status, SyncClient, SyncProgram, Terminal, Waits
from coderunner.task import Interaction
from tests.servers.stack import Stack

ASKS = "name = input('name? ')\nage = input('age? ')\nprint(f'{name} is {age}')"


@pytest.fixture
def client(judging_stack: Stack) -> Iterator[SyncClient]:
    with SyncClient(judging_stack.gateways[0].target) as client:
        yield client


def heard_until(program: SyncProgram, kind: type[object] = Waits) -> str:
    """All that it prints until it waits, or ends."""
    text = ""
    for event in program:
        if isinstance(event, Output):
            text += event.text
        if isinstance(event, kind) and not (isinstance(event, Execution) and not event.status.is_final):
            return text
    raise AssertionError(f"it ended: {text}")


def test_a_program_is_asked_and_answers(client: SyncClient) -> None:
    with client.interact("python", ASKS) as program:
        assert heard_until(program) == "name? "
        program.write("Ada\n")
        assert heard_until(program) == "age? "
        program.write(b"36\n")
        program.close_input()
        assert heard_until(program, Execution) == "Ada is 36\n"
        assert program.result().status is Status.SUCCEEDED


def test_one_thread_listens_while_another_speaks(client: SyncClient) -> None:
    asked = threading.Event()
    with client.interact("python", ASKS, terminal=Terminal(10, 50)) as program:

        def speak() -> None:
            asked.wait(60)
            program.resize(20, 100)
            program.write("Ada\r36\r")

        speaker = threading.Thread(target=speak)
        speaker.start()
        text = ""
        for event in program:
            if isinstance(event, Output):
                text += event.text
            if isinstance(event, Waits):
                asked.set()
        speaker.join()
    assert "Ada is 36" in text


def test_a_task_that_was_submitted_is_talked_to_and_a_signal_is_sent(client: SyncClient) -> None:
    source = "try:\n    input('? ')\nexcept KeyboardInterrupt:\n    print('stopped')"
    with client.talk_to(client.submit("python", source, interaction=Interaction())) as program:
        heard_until(program)
        program.signal("INT")
        assert "stopped\n" in heard_until(program, Execution)


def test_who_leaves_ends_the_program(client: SyncClient) -> None:
    with client.interact("python", ASKS) as program:
        heard_until(program)
    assert client.get(program.id).status is Status.CANCELLED
