"""What the tools answer: structured content of bounded size, whatever a program printed or a gateway said."""

from __future__ import annotations

from pydantic import BaseModel, Field

from coderunner.cli.mcp.bounds import ITEMS, Bounds, few_words, shortened
from coderunner.cli.remarks import remarks
from coderunner.errors import CodeRunnerError, InvalidTask, QueueFull
from coderunner.model import Execution, Language, Stage


class FoundInCode(BaseModel):
    """A finding of a compiler, of an error that nothing caught, or on how the program ended."""

    file: str
    line: int = Field(description="From 1; 0 where it is not known.")
    column: int
    severity: str
    message: str


class RefusedField(BaseModel):
    """A field that is refused, and why."""

    field: str
    description: str


class LeftFile(BaseModel):
    """A file that the program left in its folder out."""

    name: str
    size: int = Field(description="Bytes.")
    media_type: str
    given: bool = Field(description="What it holds is beside this answer: a PNG as an image, a text as a resource.")


class RunAnswer(BaseModel):
    """How a program ended, or why it was refused."""

    status: str | None = Field(
        default=None,
        description="SUCCEEDED; FAILED: another exit code than 0, or a signal; COMPILE_ERROR, TIME_LIMIT, "
        "MEMORY_LIMIT, OUTPUT_LIMIT, CANCELLED, REJECTED, EXPIRED, INTERNAL_ERROR; null where nothing was submitted.",
    )
    stdout: str = ""
    stdout_cut_chars: int = Field(default=0, description="Characters that are left out of the middle of stdout.")
    stderr: str = ""
    stderr_cut_chars: int = 0
    compiler_output: str = ""
    compiler_output_cut_chars: int = 0
    exit_code: int | None = Field(default=None, description="null where a signal ended it, or nothing ran.")
    signal: int | None = None
    wall_ms: float | None = None
    cpu_ms: float | None = None
    peak_memory_bytes: int | None = None
    remarks: list[str] = Field(
        default=[], description="What is to be said of its end, and of output that was cut at a limit."
    )
    diagnostics: list[FoundInCode] = []
    files: list[LeftFile] = []
    files_left_out: int = Field(default=0, description="Files that it left besides.")
    error: str = Field(default="", description="Why there is no result, in the gateway's words.")
    violations: list[RefusedField] = Field(default=[], description="Which fields of the request are refused.")
    retry_after_s: float | None = Field(default=None, description="When another try is worth it.")
    task_id: str = ""


class ServedLanguage(BaseModel):
    """A language that the gateway serves now."""

    name: str
    versions: list[str]
    aliases: list[str]
    extensions: list[str]
    compiled: bool


class LanguagesAnswer(BaseModel):
    """The languages that live nodes serve."""

    languages: list[ServedLanguage] = []
    error: str = Field(default="", description="Why they are not known, in the gateway's words.")


def of_execution(execution: Execution, bounds: Bounds) -> RunAnswer:
    """A finished execution, as the assistant is told of it."""
    run = execution.run or Stage()
    compiled = execution.compile or Stage()
    stdout, stdout_cut = shortened(run.stdout, bounds.output_chars)
    stderr, stderr_cut = shortened(run.stderr, bounds.output_chars)
    said, said_cut = shortened(compiled.stdout + compiled.stderr, bounds.output_chars)
    ran = execution.run is not None
    return RunAnswer(
        status=execution.status.value,
        stdout=stdout,
        stdout_cut_chars=stdout_cut,
        stderr=stderr,
        stderr_cut_chars=stderr_cut,
        compiler_output=said,
        compiler_output_cut_chars=said_cut,
        exit_code=run.exit_code,
        signal=run.signal,
        wall_ms=run.wall_ms if ran else None,
        cpu_ms=run.cpu_ms if ran else None,
        peak_memory_bytes=run.peak_memory_bytes if ran else None,
        remarks=[few_words(sentence) for sentence in remarks(execution)][:ITEMS],
        diagnostics=[
            FoundInCode(
                file=few_words(one.file),
                line=one.line,
                column=one.column,
                severity=one.severity.value,
                message=few_words(one.message),
            )
            for one in execution.diagnostics[:ITEMS]
        ],
        error=few_words(execution.error),
        task_id=execution.id,
    )


def of_refusal(error: CodeRunnerError) -> RunAnswer:
    """A program that was not run, as the gateway explains it."""
    violations = error.violations if isinstance(error, InvalidTask) else ()
    return RunAnswer(
        error=few_words(str(error)),
        violations=[
            RefusedField(field=few_words(one.field), description=few_words(one.description))
            for one in violations[:ITEMS]
        ],
        retry_after_s=error.retry_after if isinstance(error, QueueFull) else None,
    )


def of_languages(languages: tuple[Language, ...]) -> LanguagesAnswer:
    return LanguagesAnswer(
        languages=[
            ServedLanguage(
                name=one.name,
                versions=list(one.versions),
                aliases=list(one.aliases),
                extensions=list(one.extensions),
                compiled=one.compiled,
            )
            for one in languages
        ]
    )
