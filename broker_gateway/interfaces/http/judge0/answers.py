"""From a task to the fields of a submission."""

from __future__ import annotations

import binascii
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from broker_gateway.interfaces.http.judge0.drafts import LANGUAGE_LABEL, REDIRECT, REDIRECT_LABEL
from broker_gateway.interfaces.http.judge0.fields import ASKED, ENCODED
from broker_gateway.interfaces.http.judge0.languages import MAIN_NAMES, language_of
from broker_gateway.interfaces.http.judge0.measures import FIXED, MEASURES
from broker_gateway.interfaces.http.judge0.outcomes import outcome_of, stderr_of, stdout_of
from broker_gateway.interfaces.http.judge0.tokens import token_of
from schemas.content import Content, bytes_of, content_in
from schemas.execution import Execution
from schemas.kept_source import KeptSource

_LINE_CHARS = 60
"""After so many Ruby's base64 has a line feed."""
_NEVER: Mapping[str, Any] = {
    "enable_per_process_and_thread_time_limit": False,
    "enable_per_process_and_thread_memory_limit": False,
    "enable_network": False,
    "callback_url": None,
    "additional_files": None,
    **{one.name: one.value for one in FIXED},
    "cpu_extra_time": "0.0",
}


class Known(NamedTuple):
    """What is known of a submission."""

    execution: Execution
    source: KeptSource | None = None
    """What was submitted, where that is kept and asked for."""

    @classmethod
    def of(cls, execution: Execution, source: KeptSource | None = None) -> Known:
        """Without the files that it left, which Judge0 knows nothing of: many submissions are held at once."""
        return cls(msgspec.structs.replace(execution, files=[]), source)

    @property
    def chars(self) -> int:
        """The characters of its texts, and the bytes of what is none."""
        cases = (case.stage for case in self.execution.cases)
        stages = [one for one in (self.execution.compile, self.execution.run, *cases) if one is not None]
        return sum(len(stdout_of(one)) + len(stderr_of(one)) for one in stages) + self._chars_sent

    @property
    def _chars_sent(self) -> int:
        if self.source is None:
            return 0
        cases = sum(len(one.input) + len(one.expected_output) for one in self.source.cases)
        return sum(len(one.held) for one in self.source.files) + len(_stdin(self.source)) + cases


class NotUtf8Error(Exception):
    """A text that is asked for as it is was no text."""


def submission(known: Known, wanted: Sequence[str], *, base64: bool) -> dict[str, Any]:
    """The fields that are ``wanted``. Raises NotUtf8Error."""
    execution = known.execution
    values = {**_NEVER, **_state(execution), **_outcome(execution), **_asked(known.source)}
    if not base64:
        return {name: _text(values[name]) if name in ENCODED else values[name] for name in wanted}
    return {name: encoded(values[name]) if name in ENCODED else values[name] for name in wanted}


def encoded(content: Content | None) -> str | None:
    """As Ruby's ``Base64.encode64`` writes it."""
    if content is None:
        return None
    whole = binascii.b2a_base64(bytes_of(content), newline=False).decode()
    return "".join(f"{whole[start : start + _LINE_CHARS]}\n" for start in range(0, len(whole), _LINE_CHARS))


def _state(execution: Execution) -> dict[str, Any]:
    language = language_of(execution.language, execution.labels.get(LANGUAGE_LABEL, ""))
    return {
        "token": token_of(execution.id),
        "language_id": language.id if language is not None else None,
        "language": {"id": language.id, "name": language.name} if language is not None else None,
        "created_at": _moment(execution.submitted_at_ms),
        "finished_at": _moment(execution.finished_at_ms),
    }


def _outcome(execution: Execution) -> dict[str, Any]:
    outcome = outcome_of(execution)
    run = outcome.run
    stdout, stderr = (stdout_of(run), stderr_of(run)) if run is not None else ("", "")
    return {
        "status_id": int(outcome.status),
        "status": outcome.status.told(),
        "message": outcome.message,
        "compile_output": outcome.compile_output,
        "stdout": stdout or None,
        "stderr": stderr or None,
        REDIRECT: execution.labels.get(REDIRECT_LABEL) == "true",
        "time": seconds(run.cpu_ms) if run is not None else None,
        "wall_time": seconds(run.wall_ms) if run is not None else None,
        "memory": run.peak_memory_bytes // 1024 if run is not None else None,
        "exit_code": (run.exit_code or 0) if run is not None else None,
        "exit_signal": run.signal if run is not None else None,
    }


def _asked(source: KeptSource | None) -> dict[str, Any]:
    if source is None:
        return dict.fromkeys(ASKED)
    case = source.cases[0] if len(source.cases) == 1 else None
    limits = {one.name: one.theirs(getattr(source.limits, one.ours)) for one in MEASURES}
    return {
        **limits,
        "cpu_time_limit": seconds(source.limits.cpu_ms),
        "wall_time_limit": seconds(source.limits.wall_ms),
        "source_code": _source_code(source),
        "stdin": (case.input if case is not None else _stdin(source)) or None,
        "expected_output": case.expected_output if case is not None else None,
        "compiler_options": " ".join(source.compile_options) or None,
        "command_line_arguments": shlex.join(case.args if case is not None else source.args) or None,
    }


def _source_code(source: KeptSource) -> Content | None:
    """The program's own file, where it is known which one that is; its additional files are not told."""
    if len(source.files) == 1:
        return source.files[0].held
    main = source.entry_point if source.entry_point in MAIN_NAMES else None
    return next((file.held for file in source.files if file.name == main), None)


def _stdin(source: KeptSource) -> Content:
    return content_in(source.stdin, source.stdin_data)


def _text(content: Content | None) -> str | None:
    """Raises NotUtf8Error where it is none."""
    if isinstance(content, bytes):
        raise NotUtf8Error
    return content


def seconds(ms: float) -> str:
    """As Judge0 writes them: text, in thousandths, without zeros at the end but one."""
    whole, _, part = f"{ms / 1000:.3f}".partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"


def _moment(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"
