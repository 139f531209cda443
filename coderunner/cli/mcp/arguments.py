"""The arguments of the tool ``run_code``, as an assistant makes them up: checked, and made a task."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coderunner.cli.mcp.bounds import ENTRIES, ITEMS, few_words
from coderunner.errors import InvalidTask, Violation
from coderunner.task import Content, Limits, Source, TaskOptions

_MAX_INTEGER = (1 << 53) - 1  # what JSON's readers agree on
_Amount = Annotated[int | None, Field(ge=1, le=_MAX_INTEGER)]


class LimitArguments(BaseModel):
    """Limits of one run. What is left out takes the gateway's default; more than its bounds is refused."""

    model_config = ConfigDict(extra="forbid")

    cpu_ms: _Amount = Field(default=None, description="Processor time, in milliseconds.")
    wall_ms: _Amount = Field(default=None, description="Wall-clock time, in milliseconds.")
    memory_bytes: _Amount = Field(default=None, description="Memory, in bytes.")
    processes: _Amount = Field(default=None, description="Processes and threads at once.")
    output_bytes: _Amount = Field(default=None, description="What is kept of each output stream, in bytes.")


class BytesArgument(BaseModel):
    """A file that is no text."""

    model_config = ConfigDict(extra="forbid")

    base64: str


class RunArguments(BaseModel):
    """The arguments of run_code: either code or files."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(max_length=64, description="A name or an alias that list_languages tells, such as python.")
    code: str | None = Field(default=None, description="The program, where it is one file.")
    files: dict[str, str | BytesArgument] | None = Field(
        default=None,
        description="The program as several files, and what it reads: names with their texts, or with their bytes as "
        '{"base64": "..."}.',
    )
    entry_point: str = Field(default="", description="Which of the files is run; without it the language decides.")
    version: str = Field(default="", max_length=64, description='A version or its beginning, such as "3" or "3.13".')
    stdin: str = Field(default="", description="What the program reads from its standard input.")
    args: list[str] = Field(default=[], description="The program's arguments.")
    limits: LimitArguments | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A program that is asked for, as Client.submit takes it."""

    language: str
    source: Source
    options: TaskOptions


def asked_for(arguments: dict[str, Any]) -> Asked:
    """What the arguments of run_code ask for. Raises InvalidTask."""
    if _entries(arguments) > ENTRIES:
        raise _refused((Violation("arguments", f"must have at most {ENTRIES} entries in all"),))
    try:
        asked = RunArguments.model_validate(arguments)
    except ValidationError as error:
        raise _refused(_violations(error)) from None
    if (asked.code is None) == (asked.files is None):
        raise _refused((Violation("code", "give either code or files"),))
    files = {name: _content(name, given) for name, given in (asked.files or {}).items()}
    options = TaskOptions(
        version=asked.version,
        entry_point=asked.entry_point,
        stdin=asked.stdin,
        args=asked.args,
        limits=Limits(**asked.limits.model_dump()) if asked.limits is not None else None,
    )
    return Asked(asked.language, asked.code if asked.code is not None else files, options)


def _entries(arguments: dict[str, Any]) -> int:
    """How many values there are in all of them; more than ENTRIES are not counted."""
    left: list[dict[str, Any] | list[Any]] = [arguments]
    count = 0
    while left and count <= ENTRIES:
        one = left.pop()
        values = list(one.values()) if isinstance(one, dict) else one
        count += len(values)
        left += [value for value in values[:ENTRIES] if isinstance(value, dict | list)]
    return count


def _content(name: str, given: str | BytesArgument) -> Content:
    """Raises InvalidTask."""
    if isinstance(given, str):
        return given
    try:
        return binascii.a2b_base64(given.base64, strict_mode=True)
    except ValueError:  # for characters that are not ASCII as well
        raise _refused((Violation(few_words(f"files.{name}.base64"), "is not base64"),)) from None


def _refused(violations: tuple[Violation, ...]) -> InvalidTask:
    return InvalidTask("these are not the arguments of run_code", violations)


def _violations(error: ValidationError) -> tuple[Violation, ...]:
    wrong = error.errors(include_url=False, include_context=False, include_input=False)[:ITEMS]
    return tuple(Violation(few_words(".".join(map(str, one["loc"]))), few_words(one["msg"])) for one in wrong)
