"""The text of an answer, for assistants that read no structured content."""

from __future__ import annotations

from collections.abc import Iterator

from coderunner.cli.mcp.answers import FoundInCode, LanguagesAnswer, LeftFile, RunAnswer


def of_run(answer: RunAnswer) -> str:
    """How the program ended, then what it printed; or why it was refused."""
    return "\n".join(_refusal(answer) if answer.status is None else _result(answer))


def of_languages(answer: LanguagesAnswer) -> str:
    """A line for each language."""
    if answer.error:
        return answer.error
    lines = [
        f"{one.name} {', '.join(one.versions)}" + (f" (also: {', '.join(one.aliases)})" if one.aliases else "")
        for one in answer.languages
    ]
    return "\n".join(lines) or "no language is served now: no node is alive"


def _refusal(answer: RunAnswer) -> Iterator[str]:
    yield f"Nothing ran: {answer.error}"
    yield from (f"{one.field}: {one.description}" for one in answer.violations)
    if answer.retry_after_s is not None:
        yield f"Try again in {answer.retry_after_s:g} s."


def _result(answer: RunAnswer) -> Iterator[str]:
    yield ", ".join(_facts(answer))
    yield from answer.remarks
    yield from map(_finding, answer.diagnostics)
    for name, text in (
        ("compiler output", answer.compiler_output),
        ("stdout", answer.stdout),
        ("stderr", answer.stderr),
    ):
        if text:
            yield f"{name}:\n{text}"
    yield from map(_left, answer.files)
    if answer.files_left_out:
        yield f"{answer.files_left_out} more files are left out"
    if not (answer.stdout or answer.stderr) and answer.wall_ms is not None:
        yield "(no output)"


def _facts(answer: RunAnswer) -> Iterator[str]:
    yield str(answer.status)
    if answer.exit_code is not None:
        yield f"exit code {answer.exit_code}"
    if answer.signal is not None:
        yield f"signal {answer.signal}"
    if answer.wall_ms is not None:
        yield f"{answer.wall_ms:.0f} ms"
    if answer.peak_memory_bytes is not None:
        yield f"peak memory {answer.peak_memory_bytes / (1 << 20):.1f} MiB"


def _left(one: LeftFile) -> str:
    return f"file {one.name}: {one.media_type}, {one.size} bytes{'' if one.given else ', not shown'}"


def _finding(one: FoundInCode) -> str:
    place = f"{one.file}:{one.line}: " if one.file and one.line else ""
    return f"{place}{one.severity.lower()}: {one.message}"
