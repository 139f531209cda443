"""Output that is no text: its bytes beside its text, cut as one."""

from __future__ import annotations

import hashlib
import random

import pytest

from node.domain.captured import Captured
from node.domain.output_budget import OutputBudget
from node.domain.sandbox import OutputFile
from node.domain.shrink import output_size, shrink_outputs
from node.domain.verdict import stage_of
from tests.builders import a_stage, an_execution, an_outcome

MIB = 1 << 20


def captured(data: bytes) -> Captured:
    return Captured(data.decode(errors="replace"), data)


def of_chance(seed: int) -> bytes:
    """Runs of bytes that cost much, little, and in between."""
    choose = random.Random(seed)
    kinds = (b"\xff", b"\0", b"a", "é".encode(), b"\xe2\x82")
    return b"".join(choose.choice(kinds) * choose.randrange(500) for _ in range(20)) + b"\xff"


def test_what_is_text_has_no_bytes_beside_it() -> None:
    stage = stage_of(an_outcome(stdout="é\n".encode(), stderr=b"\xff\n"))
    assert (stage.stdout, stage.stdout_data, stage.stdout_invalid_utf8) == ("é\n", None, False)
    assert (stage.stderr, stage.stderr_data, stage.stderr_invalid_utf8) == ("\ufffd\n", b"\xff\n", True)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 1.0])
def test_a_cut_fits_and_its_text_is_that_of_its_bytes(seed: int, share: float) -> None:
    whole = captured(of_chance(seed))
    assert whole.data is not None
    for size, cut in ((Captured.utf8_bytes, whole.cut_to_utf8), (Captured.json_bytes, whole.cut_to_json)):
        room = int(size(whole) * share)
        left = cut(room)
        assert left.data is not None
        assert size(left) <= room
        assert whole.data.startswith(left.data)
        assert left.text == left.data.decode(errors="replace")
        assert share < 1 or left == whole
        assert len(left.data) * 16 >= min(room, len(whole.data)) - 64, "a cut leaves no more than it must"


def test_a_result_of_nothing_but_such_bytes_fits_with_them_and_says_that_it_was_cut() -> None:
    budget = OutputBudget(stages=1, message_bytes=MIB, large=False)
    data = b"\xff" * MIB
    whole = a_stage(data.decode(errors="replace"), stdout_data=data, stdout_invalid_utf8=True)
    stage = budget.stage(whole)
    assert stage is not None
    assert stage.stdout_truncated
    assert stage.stdout_data
    assert stage.stdout == stage.stdout_data.decode(errors="replace")
    assert captured(stage.stdout_data).json_bytes() <= MIB
    assert len(budget.words()) == 1


def test_such_output_that_has_room_is_kept_as_it_is() -> None:
    stage = a_stage("\ufffd", stdout_data=b"\xff", stdout_invalid_utf8=True)
    assert OutputBudget(stages=1, message_bytes=MIB, large=False).stage(stage) is stage


def test_the_last_cut_counts_bytes_where_there_is_no_text() -> None:
    stage = a_stage("\ufffd" * 1000, stdout_data=b"\xff" * 1000, stderr="é" * 10)
    execution = an_execution(run=stage)
    assert output_size(execution) == 2010
    run = shrink_outputs(execution, 100).run
    assert run is not None
    assert (run.stdout_data, run.stdout, run.stdout_truncated) == (b"\xff" * 100, "\ufffd" * 100, True)
    assert (run.stderr, run.stderr_truncated) == ("é" * 10, False)


def a_file(name: str, content: bytes | None, size: int = 0) -> OutputFile:
    return OutputFile(name, size if content is None else len(content), content)


def test_files_are_told_with_type_and_digest_as_far_as_there_is_room_behind_the_output() -> None:
    budget = OutputBudget(stages=1, message_bytes=MIB, large=False)
    budget.stage(a_stage("x" * (MIB // 2)))
    small, large = a_file("a.PNG", b"\x89PNG"), a_file("b", b"y" * (MIB // 2))
    first, second, third = budget.files([small, large, a_file("c.csv", None, 7 * MIB)], MIB)
    assert (first.media_type, first.data) == ("image/png", b"\x89PNG")
    assert first.digest == "sha256:" + hashlib.sha256(b"\x89PNG").hexdigest()
    assert (second.size, second.data, second.digest) == (MIB // 2, None, "")
    assert (third.size, third.data, third.media_type) == (7 * MIB, None, "text/csv")
    assert budget.words() == ["2 files were too large to be brought back"]


def test_where_there_is_no_room_for_a_name_the_file_is_counted() -> None:
    budget = OutputBudget(stages=1, message_bytes=4_000, large=False)
    budget.stage(a_stage("x" * 10_000))
    assert budget.files([a_file("a" * 512, b"1")], MIB) == []
    assert budget.words()[1] == "one file was too large to be brought back"


def test_the_last_cut_leaves_no_more_of_files_than_their_names() -> None:
    (file,) = OutputBudget(stages=1, message_bytes=MIB, large=False).files([a_file("a", b"1" * 100)], MIB)
    execution = an_execution(run=a_stage(""), files=[file])
    assert output_size(execution) == 100
    assert [(one.name, one.size, one.data) for one in shrink_outputs(execution, 0).files] == [("a", 100, None)]


def test_files_that_are_not_told_of_at_all_are_said_to_be() -> None:
    budget = OutputBudget(stages=1, message_bytes=MIB, large=False)
    budget.files([a_file("a", b"1")], MIB, are_all=False)
    assert budget.words() == ["it left more files than are told of: at most 64, of the first 1000 names"]


def test_files_that_are_stored_beside_the_result_keep_their_digests_and_are_not_said_to_be_lost() -> None:
    budget = OutputBudget(stages=1, message_bytes=MIB, large=False)
    files = [a_file("a", b"1" * 60), a_file("b", b"2" * 60), a_file("c", b"3" * 40), a_file("d", None, MIB)]
    first, second, third, fourth = budget.files(files, 100, others_are_stored=True)
    assert (first.data, second.data, third.data) == (b"1" * 60, None, b"3" * 40)
    assert second.digest == "sha256:" + hashlib.sha256(b"2" * 60).hexdigest()
    assert fourth.digest == ""
    assert budget.words() == ["one file was too large to be brought back"]
