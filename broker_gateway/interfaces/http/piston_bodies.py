"""What a client of Piston asks to be run, and the draft of its task. What it sends is looked at in Piston's order, and
refused in Piston's words; what Piston has no words for is refused in like ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import grpc
from msgspec import Struct

from broker_gateway.application.catalog_service import LanguageDTO
from broker_gateway.domain.draft import DraftCounts, TaskDraft
from broker_gateway.domain.resource_limit import LimitRules
from broker_gateway.interfaces.http.dialect_files import bytes_of_base64, ending, has_ending, main_name
from broker_gateway.interfaces.http.piston_runtimes import PistonRuntimes, Runtime
from broker_gateway.interfaces.http.problems import RefusedError, problem
from schemas.content import Content, content_of
from schemas.task import SourceFile

SHOWN_CHARS = 64
"""Of a name that is told back."""
_LIMITS = {"memory_limit": "memory_bytes", "timeout": "wall_ms", "cpu_time": "cpu_ms"}
"""How Piston calls a limit of a stage, in the order in which it looks at them."""
_NO_LIMIT = -1
_ENCODINGS = frozenset(("utf8", "base64", "hex"))


class ExecuteBody(Struct):
    """What is sent, of any type; names that are not known are passed over."""

    language: Any = None
    version: Any = None
    files: Any = None
    stdin: Any = None
    args: Any = None
    compile_timeout: Any = None
    run_timeout: Any = None
    compile_cpu_time: Any = None
    run_cpu_time: Any = None
    compile_memory_limit: Any = None
    run_memory_limit: Any = None


def wrong(words: str) -> NoReturn:
    """Refuses what was sent."""
    raise RefusedError(problem(grpc.StatusCode.INVALID_ARGUMENT, words, 400))


def check_kinds(body: ExecuteBody) -> None:
    """Raises RefusedError where something that is needed is not there, or of another type."""
    check_package(body.language, body.version)
    if not isinstance(body.files, list):
        wrong("files is required as an array")
    for index, file in enumerate(body.files):
        if not isinstance(file, dict) or not isinstance(file.get("content"), str):
            wrong(f"files[{index}].content is required as a string")


def check_package(language: Any, version: Any) -> None:
    """Raises RefusedError where these do not name a version of a language."""
    if not isinstance(language, str) or not language:
        wrong("language is required as a string")
    if not isinstance(version, str) or not version:
        wrong("version is required as a string")


def runtime_of(body: ExecuteBody, runtimes: PistonRuntimes) -> Runtime:
    """The runtime that is meant, once its kinds are checked. Raises RefusedError."""
    check_kinds(body)
    runtime = runtimes.find(body.language, body.version)
    if runtime is None:
        wrong(f"{shown(body.language, body.version)} runtime is unknown")
    return runtime


def shown(language: Any, version: Any) -> str:
    """A language and a version, as they are told back."""
    return "-".join(one[:SHOWN_CHARS] if isinstance(one, str) else "undefined" for one in (language, version))


def chars_of(body: ExecuteBody) -> int:
    """How much there is to decode."""
    return sum(len(file["content"]) for file in body.files)


def draft_of(body: ExecuteBody, runtime: Runtime, rules: LimitRules, counts: DraftCounts) -> TaskDraft:
    """The draft, for a body whose kinds are checked. Raises RefusedError."""
    if not any(file.get("encoding") in (None, "", "utf8") for file in body.files):
        wrong("files must include at least one utf8 encoded file")
    limits = dict(_limits(body, rules))
    files = list(_files(body.files[: counts.files], runtime.language))
    return TaskDraft(
        language=runtime.language.name,
        language_version=runtime.version,
        files=files,
        entry_point=_main_of(body.files, files),
        stdin=_stdin(body.stdin),
        args=_args(body.args)[: counts.args],
        limits=limits,
    )


def _limits(body: ExecuteBody, rules: LimitRules) -> Iterator[tuple[str, int]]:
    """What is asked for the program. A compiler has its language's own limits: what is asked for it is looked at, and
    that is all."""
    for constraint, name in _LIMITS.items():
        compile_value = getattr(body, f"compile_{constraint}")
        if compile_value:
            _number(f"compile_{constraint}", compile_value)
        asked, value = f"run_{constraint}", getattr(body, f"run_{constraint}")
        if not value or (_number(asked, value) == _NO_LIMIT and name == "memory_bytes"):
            continue  # as usual
        least, most = rules.allowed[name]
        if value > most:
            wrong(f"{asked} cannot exceed the configured limit of {most}")
        if value < 0:
            wrong(f"{asked} must be non-negative")
        if value < least:
            wrong(f"{asked} must be at least {least}")
        yield name, int(value)


def _number(name: str, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong(f"If specified, {name} must be a number")
    return value


def _stdin(stdin: Any) -> str:
    """With a line feed at its end, as Piston gives it."""
    if stdin is not None and not isinstance(stdin, str):
        wrong("stdin must be a string")
    text: str = stdin or ""
    return text if text.endswith("\n") else text + "\n"


def _args(args: Any) -> Sequence[str]:
    if args is None:
        return ()
    if not isinstance(args, list) or not all(isinstance(one, str) for one in args):
        wrong("args must be an array of strings")
    return args


def _encoding(file: Mapping[str, Any]) -> str:
    encoding = file.get("encoding")
    return encoding if isinstance(encoding, str) and encoding in _ENCODINGS else "utf8"


def _main_index(files: Sequence[Mapping[str, Any]]) -> int:
    return next((index for index, file in enumerate(files) if _encoding(file) == "utf8"), 0)


def _main_of(sent: Sequence[Mapping[str, Any]], files: Sequence[SourceFile]) -> str:
    """The entry point; empty where there is one file, or the main one is beyond those that are let in."""
    index = _main_index(sent)
    return files[index].name if len(files) > 1 and index < len(files) else ""


def _files(sent: Sequence[Mapping[str, Any]], language: LanguageDTO) -> Iterator[SourceFile]:
    main = _main_index(sent)
    for index, file in enumerate(sent):
        name = file.get("name") or ""
        if not isinstance(name, str):
            wrong(f"files[{index}].name must be a string")
        named = _main_file_name(name, language, is_alone=len(sent) == 1) if index == main else name
        yield SourceFile.of(named if named or len(sent) == 1 else f"file{index}.code", _content(index, file))


def _main_file_name(name: str, language: LanguageDTO, *, is_alone: bool) -> str:
    """A name by which a compiler knows it: as Piston, which has one renamed that says nothing of its language."""
    if name and has_ending(name, language):
        return name
    if is_alone:
        return ""  # the language's usual one
    return name + ending(language) if name else main_name(language)


def _content(index: int, file: Mapping[str, Any]) -> Content:
    content: str = file["content"]
    encoding = _encoding(file)
    if encoding == "utf8":
        return content
    data = bytes_of_base64(content) if encoding == "base64" else _bytes_of_hex(content)
    if data is None:
        wrong(f"files[{index}].content is not {encoding}")
    return content_of(data)


def _bytes_of_hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None
