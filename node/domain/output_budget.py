"""The budget of what a task's result may hold of its output: spent stage by stage, as they end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from node.domain.captured import Captured, streams_of, with_streams
from node.domain.output_files import apart, told, without_digest
from node.domain.reported_tests import Reported
from node.domain.sandbox import OutputFile as LeftFile
from node.domain.sizes import MAX_OUTPUT_FILES, MAX_TESTS, OUTPUT_NAMES
from schemas.execution import CaseResult, Stage
from schemas.output_file import OutputFile
from schemas.sizes import ENVELOPE_BYTES, EXECUTION_BYTES, json_bytes, utf8_bytes
from schemas.test_result import TestResult

ENCODED_BYTES = 6 << 20
"""Of one result as JSON, where its task does not ask for a large one: encoding so much takes up to 40 ms."""
_FILE_WORDS_BYTES = 320
"""Of a file's entry, beside its name and what it holds."""
_TEST_WORDS_BYTES = 160
"""Of a test's entry, beside its texts."""
LIVE_BYTES = 4 << 20
"""Of one task's live output as JSON. What comes later is in the result, as far as that has room."""


class OutputBudget:
    """The bytes of output that are left for one task's result, as JSON on the bus and as protobuf to its client. Half
    of them are the stages' in equal shares, the other half is for those that come first and need more."""

    def __init__(self, *, stages: int, message_bytes: int, large: bool) -> None:
        """``stages``: how many there will be; ``message_bytes``: the most that the bus takes in one message; ``large``:
        the result may be as large as that, and larger than a gRPC client takes by default."""
        envelope = min(ENVELOPE_BYTES, message_bytes // 4)
        self._most = message_bytes if large else min(message_bytes, EXECUTION_BYTES)
        self._json = (message_bytes if large else min(message_bytes, ENCODED_BYTES)) - envelope
        self._utf8 = self._most - envelope
        self._stages = stages
        self._json_share, self._utf8_share = self._json // (2 * stages), self._utf8 // (2 * stages)
        self._cut = 0
        self._files_left = 0
        self._are_all_files = True
        self._are_all_tests = True
        self.live_bytes = LIVE_BYTES
        """What is left for live output."""

    def stage(self, stage: Stage | None) -> Stage | None:
        """The stage as it fits. To be called once for each, in the order in which they end; None: there was none."""
        if stage is None:
            self._take([])
            return None
        return _with(stage, *self._take(streams_of(stage)))

    def case(self, case: CaseResult) -> CaseResult:
        """The case as it fits; it counts as a stage."""
        if case.stage is None:
            (words,) = self._take([Captured(case.checker_output)])
            return msgspec.structs.replace(case, checker_output=words.text)
        stdout, stderr, words = self._take([*streams_of(case.stage), Captured(case.checker_output)])
        return msgspec.structs.replace(case, stage=_with(case.stage, stdout, stderr), checker_output=words.text)

    def files(
        self, files: Sequence[LeftFile], inline_bytes: int, *, are_all: bool = True, others_are_stored: bool = False
    ) -> list[OutputFile]:
        """The files as far as there is room behind the stages, and ``inline_bytes`` of what they hold: those that come
        later may be told of without it, or not at all. ``are_all``: there are no others. ``others_are_stored``: what
        has no room has its digest all the same."""
        found: list[OutputFile] = []
        for file in map(told, files):
            smaller = apart(file) if others_are_stored else without_digest(file)
            choices = (file, smaller) if len(file.data or b"") <= inline_bytes else (smaller,)
            kept = next((one for one in choices if self._takes_file(one)), None)
            if kept is not None:
                found.append(kept)
                inline_bytes -= len(kept.data or b"")
        self._are_all_files = are_all
        self._files_left += sum(not file.digest for file in found) + len(files) - len(found)
        return found

    def tests(self, found: Reported) -> Reported:
        """What was reported, as far as half of the room that is left takes it; to be called before the last stage."""
        utf8, json = self._utf8 // 2, self._json // 2
        kept: list[TestResult] = []
        for test in found.tests:
            texts = (test.name, test.suite, test.message, test.file)
            utf8_cost = _TEST_WORDS_BYTES + sum(map(utf8_bytes, texts))
            json_cost = _TEST_WORDS_BYTES + sum(map(json_bytes, texts))
            utf8, json = utf8 - utf8_cost, json - json_cost
            if utf8 < 0 or json < 0:
                break
            kept.append(test)
            self._utf8 -= utf8_cost
            self._json -= json_cost
        self._are_all_tests = found.are_all and len(kept) == len(found.tests)
        return Reported(tuple(kept), self._are_all_tests)

    def _takes_file(self, file: OutputFile) -> bool:
        words = _FILE_WORDS_BYTES + json_bytes(file.name)
        utf8, json = words + len(file.data or b""), words + (len(file.data or b"") + 2) // 3 * 4
        if utf8 > self._utf8 or json > self._json:
            return False
        self._utf8 -= utf8
        self._json -= json
        return True

    def words(self) -> list[str]:
        """What is to be said of it: nothing where all output was kept."""
        said = []
        if self._cut:
            stages = "one stage" if self._cut == 1 else f"{self._cut} stages"
            said.append(f"the output of {stages} was cut: a result may have {self._most} bytes")
        if self._files_left:
            files = "one file was" if self._files_left == 1 else f"{self._files_left} files were"
            said.append(f"{files} too large to be brought back")
        if not self._are_all_files:
            said.append(
                f"it left more files than are told of: at most {MAX_OUTPUT_FILES}, of the first {OUTPUT_NAMES} names"
            )
        if not self._are_all_tests:
            said.append(f"more tests ran than are told of: at most {MAX_TESTS}, as far as the result has room")
        return said

    def _take(self, streams: Sequence[Captured]) -> list[Captured]:
        self._stages = max(0, self._stages - 1)
        room = self._utf8 - self._stages * self._utf8_share
        kept = _fitted(streams, room, Captured.utf8_bytes, Captured.cut_to_utf8)
        kept = _fitted(kept, self._json - self._stages * self._json_share, Captured.json_bytes, Captured.cut_to_json)
        self._json -= sum(one.json_bytes() for one in kept)
        self._utf8 -= sum(one.utf8_bytes() for one in kept)
        self._cut += any(left.is_less_than(whole) for left, whole in zip(kept, streams, strict=True))
        return kept


def _fitted(
    streams: Sequence[Captured],
    room: int,
    size: Callable[[Captured], int],
    cut: Callable[[Captured, int], Captured],
) -> list[Captured]:
    """Those that are smaller than an equal share leave the rest of theirs to the others."""
    sizes = [size(one) for one in streams]
    if sum(sizes) <= room:
        return list(streams)
    kept = list(streams)
    left = len(streams)
    for index in sorted(range(len(streams)), key=sizes.__getitem__):
        kept[index] = cut(streams[index], max(0, room // left))
        room -= min(sizes[index], room // left)
        left -= 1
    return kept


def _with(stage: Stage, stdout: Captured, stderr: Captured) -> Stage:
    out, err = streams_of(stage)
    if not (stdout.is_less_than(out) or stderr.is_less_than(err)):
        return stage
    return with_streams(stage, stdout, stderr)
