"""From a submission to the draft of a task, or to everything that is wrong with it, in Judge0's words."""

from __future__ import annotations

import binascii
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from broker_gateway.application.catalog_service import LanguageDTO
from broker_gateway.application.commands import Invalid
from broker_gateway.domain.callback_url import JUDGE0
from broker_gateway.domain.code import SourceRules
from broker_gateway.domain.draft import DraftCase, DraftCounts, TaskDraft
from broker_gateway.domain.resource_limit import LimitRules
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.http.judge0.additional import (
    RUN,
    AdditionalFilesError,
    additional_files,
    as_project,
    beside,
)
from broker_gateway.interfaces.http.judge0.bodies import SubmissionBody
from broker_gateway.interfaces.http.judge0.languages import BY_ID, MULTI_FILE, Languages
from broker_gateway.interfaces.http.judge0.measures import asked_limits, number_of
from schemas.content import Content, bytes_of, content_of
from schemas.task import SourceFile

LANGUAGE_LABEL = "judge0_language_id"
"""The label that keeps which of Judge0's languages was asked for: several are one of ours."""
REDIRECT = "redirect_stderr_to_stdout"
REDIRECT_LABEL = f"judge0_{REDIRECT}"
"""The label that keeps that standard error went to standard output: what is read of a task does not say it."""
MAX_WORDS_CHARS = 512
"""Of compiler options, and of arguments."""
_BLANK = "can't be blank"
_SHELL = re.compile(r"[$&;<>|`]")
"""What Judge0 takes out before a shell reads the rest."""
_CANNOT_BE = "this option cannot be enabled"
_NOT_HERE = {
    "enable_per_process_and_thread_time_limit": _CANNOT_BE,
    "enable_per_process_and_thread_memory_limit": _CANNOT_BE,
    "enable_network": "enabling network is not allowed",
}
"""Its words for what is switched off."""
_OFF = frozenset((None, False, 0, "", "0", "f", "F", "false", "FALSE", "off", "OFF"))


@dataclass(frozen=True, slots=True)
class Drafting:
    """What submissions are judged by."""

    languages: Languages
    limits: LimitRules
    counts: DraftCounts
    source: SourceRules

    def drafts(self, bodies: list[SubmissionBody], *, base64: bool) -> list[TaskDraft | Invalid]:
        """Of each submission its draft, or what is wrong with it; ``base64``: its texts are sent so."""
        served = self.languages.served()
        return [self._draft(body, served, base64=base64) for body in bodies]

    def _draft(self, body: SubmissionBody, served: dict[int, LanguageDTO], *, base64: bool) -> TaskDraft | Invalid:
        wrong: list[Violation] = []
        draft = TaskDraft()
        number = _language_id(body.language_id)
        expected = self._take_texts(draft, body, number, wrong, base64=base64)
        wrong += _language_violations(body.language_id, number, served)
        draft.limits = asked_limits(body, self.limits, wrong)
        self._take_words(draft, body, wrong)
        self._take_files(draft, body, number, wrong)
        draft.callback_url = _callback_url(body.callback_url, wrong)
        language = served.get(number)
        if draft.compile_options and language is not None and not language.compiled:
            words = "setting compiler options is only allowed for compiled languages"
            wrong.append(Violation("compiler_options", words))
        wrong += [Violation(name, words) for name, words in _NOT_HERE.items() if _is_on(getattr(body, name))]
        draft.redirect_stderr = _is_on(body.redirect_stderr_to_stdout)
        if wrong or language is None:
            return Invalid(wrong)
        draft.language = language.name
        draft.labels = {LANGUAGE_LABEL: str(number)} | ({REDIRECT_LABEL: "true"} if draft.redirect_stderr else {})
        return draft if expected is None else _judged(draft, expected)

    def _take_texts(
        self, draft: TaskDraft, body: SubmissionBody, number: int, wrong: list[Violation], *, base64: bool
    ) -> str | None:
        """Takes source and standard input over; what is expected of the output, where anything is."""
        source = _content(body, "source_code", wrong, base64=base64)
        if number != MULTI_FILE and not bytes_of(source or "").strip() and not wrong:
            wrong.append(Violation("source_code", _BLANK))
        draft.files = [SourceFile.of("", source or "")]
        draft.stdin = _content(body, "stdin", wrong, base64=base64) or ""
        expected = _content(body, "expected_output", wrong, base64=base64)
        if isinstance(expected, bytes):
            wrong.append(Violation("expected_output", "must be UTF-8"))
            return None
        return expected

    def _take_files(self, draft: TaskDraft, body: SubmissionBody, number: int, wrong: list[Violation]) -> None:
        """Puts the additional files beside the source, which then has the name that it has with Judge0."""
        if not _is_on(body.additional_files):
            if number == MULTI_FILE:
                wrong.append(Violation("additional_files", _BLANK))
            return
        if wrong:
            return  # nothing is unpacked in vain
        try:
            files = additional_files(body.additional_files, self.source)
            if number == MULTI_FILE:
                draft.files, draft.entry_point = as_project(files), RUN
                return
        except AdditionalFilesError as error:
            wrong.append(Violation("additional_files", str(error)))
            return
        draft.entry_point = BY_ID[number].source_file or ""
        draft.files = beside(msgspec.structs.replace(draft.files[0], name=draft.entry_point), files)

    def _take_words(self, draft: TaskDraft, body: SubmissionBody, wrong: list[Violation]) -> None:
        draft.compile_options = _words(body, "compiler_options", wrong)[: self.counts.compile_options]
        draft.args = _words(body, "command_line_arguments", wrong)[: self.counts.args]


def _judged(draft: TaskDraft, expected: str) -> TaskDraft:
    case = DraftCase(stdin=draft.stdin, args=draft.args, expected_output=expected)
    return replace(draft, stdin="", args=(), cases=[case])


def _language_id(value: Any) -> int:
    number = number_of(value)
    return int(number) if number is not None and abs(number) < 1 << 31 else 0


def _language_violations(asked: Any, number: int, served: dict[int, LanguageDTO]) -> Iterator[Violation]:
    if asked is None or asked == "":
        yield Violation("language_id", _BLANK)
        yield Violation("language_id", "language with id  doesn't exist")
    elif number not in BY_ID:
        yield Violation("language_id", f"language with id {number} doesn't exist")
    elif number not in served:
        yield Violation("language_id", f"language with id {number} is archived and cannot be used anymore")


def _content(body: SubmissionBody, name: str, wrong: list[Violation], *, base64: bool) -> Content | None:
    value = getattr(body, name)
    if value is None:
        return None
    if not isinstance(value, str):
        wrong.append(Violation(name, "must be text"))
        return None
    if not base64:
        return value
    try:
        data = binascii.a2b_base64(value.encode("ascii", "ignore") + b"==")  # what is no base64 is left out, as there
        return content_of(data)
    except binascii.Error:
        wrong.append(Violation(name, "is not base64"))
    return None


def _words(body: SubmissionBody, name: str, wrong: list[Violation]) -> list[str]:
    value = getattr(body, name)
    if value is None:
        return []
    if not isinstance(value, str):
        wrong.append(Violation(name, "must be text"))
    elif len(value) > MAX_WORDS_CHARS:
        wrong.append(Violation(name, f"is too long (maximum is {MAX_WORDS_CHARS} characters)"))
    else:
        try:
            return shlex.split(_SHELL.sub("", value))
        except ValueError as error:
            wrong.append(Violation(name, f"cannot be split into words: {error}"))
    return []


def _callback_url(value: Any, wrong: list[Violation]) -> str | None:
    """The URL of a callback that is told as Judge0 tells its own."""
    if not _is_on(value):
        return None
    if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
        return JUDGE0 + value
    wrong.append(Violation("callback_url", "must start with http:// or https://"))
    return None


def _is_on(value: Any) -> bool:
    return not (isinstance(value, str | int | float | None) and (value in _OFF or str(value).isspace()))
