"""Language files: one TOML file per language. Adding a language is adding a file and an image."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from signal import Signals
from typing import Annotated, Any, Literal

import msgspec

from node.domain.language import (
    CodeRule,
    CompileStage,
    DiagnosticRule,
    Language,
    PackageRule,
    PreambleRule,
    TestFramework,
    Warm,
)
from node.domain.sandbox import StackDump
from node.domain.waiting import waiting_command
from node.infrastructure.language_checks import check
from schemas.node_rules import MAX_ENTRIES, MAX_NAME_CHARS, MAX_SAMPLE_CHARS

_MIB = 1 << 20
_KIB = 1 << 10
_SERIES = r"^[0-9A-Za-z]+([._][0-9A-Za-z]+)*\Z"
_EDITOR_MODE = r"^[A-Za-z0-9][A-Za-z0-9+#./_-]{0,63}\Z"


class LanguageFileError(ValueError):
    """A language file that cannot be used; the message begins with the file's name."""


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Unknown keys are errors. What a file leaves out is UNSET: the domain's defaults apply."""


class _RunFile(_Strict, forbid_unknown_fields=True):
    command: tuple[str, ...]
    options: tuple[str, ...] = ()
    out_of_memory_pattern: str = ""
    allocation_pattern: str = ""
    end_of_input_pattern: str = ""


class _WarmFile(_Strict, forbid_unknown_fields=True):
    kind: str
    command: tuple[str, ...]
    env_at_start: bool | msgspec.UnsetType = msgspec.UNSET
    late_env: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class _PreambleFile(_Strict, forbid_unknown_fields=True):
    element: str
    headers: frozenset[str]
    command: tuple[str, ...]
    shaping_options: tuple[str, ...] = ()
    neutral_options: tuple[str, ...] = ()


class _CompileFile(_Strict, forbid_unknown_fields=True):
    command: tuple[str, ...]
    sources: tuple[str, ...]
    artefacts: tuple[str, ...]
    options_allowed: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    default_options: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    server: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    warm: _WarmFile | None = None
    preamble: _PreambleFile | None = None
    env: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    cpu_ms: int | msgspec.UnsetType = msgspec.UNSET
    wall_ms: int | msgspec.UnsetType = msgspec.UNSET
    processes: int | msgspec.UnsetType = msgspec.UNSET
    memory_mib: int | msgspec.UnsetType = msgspec.UNSET
    disk_mib: int | msgspec.UnsetType = msgspec.UNSET
    output_kib: int | msgspec.UnsetType = msgspec.UNSET


class _PackagesFile(_Strict, forbid_unknown_fields=True):
    kind: str
    image: str
    command: tuple[str, ...]
    env: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    compile_env: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    links: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    cpu_ms: int | msgspec.UnsetType = msgspec.UNSET
    wall_ms: int | msgspec.UnsetType = msgspec.UNSET
    memory_mib: int | msgspec.UnsetType = msgspec.UNSET
    disk_mib: int | msgspec.UnsetType = msgspec.UNSET
    files: int | msgspec.UnsetType = msgspec.UNSET
    requests: int | msgspec.UnsetType = msgspec.UNSET
    processes: int | msgspec.UnsetType = msgspec.UNSET


class _TestsCompileFile(_Strict, forbid_unknown_fields=True):
    """What is not as in ``[compile]``."""

    command: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    sources: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    artefacts: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    default_options: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class _TestsFile(_Strict, forbid_unknown_fields=True):
    command: tuple[str, ...]
    source_name: str | msgspec.UnsetType = msgspec.UNSET
    compile: _TestsCompileFile | None = None


class _StackDumpFile(_Strict, forbid_unknown_fields=True):
    signal: str
    stream: Literal["stdout", "stderr"]
    begin: Annotated[str, msgspec.Meta(min_length=4, max_length=100)]
    frame: str
    running: str | msgspec.UnsetType = msgspec.UNSET


class _RuleFile(_Strict, forbid_unknown_fields=True):
    id: str
    pattern: str
    message: str


class _DiagnosticFile(_Strict, forbid_unknown_fields=True):
    stage: Literal["compile", "run"]
    pattern: str
    frame: str | msgspec.UnsetType = msgspec.UNSET
    innermost: Literal["first", "last"] | msgspec.UnsetType = msgspec.UNSET


class _LanguageFile(_Strict, forbid_unknown_fields=True):
    name: str
    image: str
    source_name: str
    version_command: tuple[str, ...]
    version_pattern: str
    run: _RunFile
    baseline_command: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    normalise: tuple[Literal["bom", "crlf"], ...] | msgspec.UnsetType = msgspec.UNSET
    source_name_pattern: str | msgspec.UnsetType = msgspec.UNSET
    series: Annotated[str, msgspec.Meta(pattern=_SERIES)] | msgspec.UnsetType = msgspec.UNSET
    default: bool | msgspec.UnsetType = msgspec.UNSET
    title: Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)] | msgspec.UnsetType = msgspec.UNSET
    sample: Annotated[str, msgspec.Meta(max_length=MAX_SAMPLE_CHARS)] | msgspec.UnsetType = msgspec.UNSET
    editor_mode: Annotated[str, msgspec.Meta(pattern=_EDITOR_MODE)] | msgspec.UnsetType = msgspec.UNSET
    aliases: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    extensions: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    env: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    memory_overhead_mib: int | msgspec.UnsetType = msgspec.UNSET
    processes_overhead: int | msgspec.UnsetType = msgspec.UNSET
    file_overhead_mib: int | msgspec.UnsetType = msgspec.UNSET
    compile: _CompileFile | None = None
    warm: _WarmFile | None = None
    packages: _PackagesFile | None = None
    stack_dump: _StackDumpFile | None = None
    tests: Annotated[dict[str, _TestsFile], msgspec.Meta(max_length=MAX_ENTRIES)] = {}
    rules: tuple[_RuleFile, ...] = ()
    varies: tuple[_RuleFile, ...] = ()
    diagnostics: tuple[_DiagnosticFile, ...] = ()


def load_languages(directory: Path) -> tuple[Language, ...]:
    """Every ``*.toml`` in the directory, by name, of one name the one without a series first. Raises LanguageFileError,
    also where two files claim one name or where there is no file."""
    languages = []
    owners: dict[str, str] = {}
    for path in sorted(directory.glob("*.toml")):
        language = load_language(path)
        for name in (language.id, *language.aliases):
            if name in owners:
                raise LanguageFileError(f"{path.name}: {name!r} is taken by {owners[name]}")
            owners[name] = path.name
        languages.append(language)
    if not languages:
        raise LanguageFileError(f"{directory}: no language files (*.toml)")
    return tuple(sorted(languages, key=lambda one: (one.name, one.series)))


def load_language(path: Path) -> Language:
    """The language of one file. Raises LanguageFileError."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text()), _LanguageFile)
        language = _language(file)
        check(language)
    except (OSError, ValueError, re.error) as error:
        raise LanguageFileError(f"{path.name}: {error}") from error
    return language


def _language(file: _LanguageFile) -> Language:
    given = _given(
        file, ("run", "compile", "warm", "packages", "stack_dump", "tests", "rules", "varies", "diagnostics")
    )
    stage = _compile_stage(file.compile, file.source_name) if file.compile else None
    return Language(
        **_in_bytes(given),
        run_command=file.run.command,
        run_options=file.run.options,
        out_of_memory_pattern=file.run.out_of_memory_pattern,
        allocation_pattern=file.run.allocation_pattern,
        end_of_input_pattern=file.run.end_of_input_pattern,
        compile=stage,
        warm=_warm(file.warm, file.run.command, file.source_name),
        packages=PackageRule(**_in_bytes(_given(file.packages))) if file.packages else None,
        stack_dump=_stack_dump(file.stack_dump),
        rules=_code_rules(file.rules),
        varies=_code_rules(file.varies),
        diagnostics=tuple(DiagnosticRule(**_given(rule)) for rule in file.diagnostics),
        tests=tuple(_test_framework(name, one, stage) for name, one in sorted(file.tests.items())),
    )


def _test_framework(name: str, file: _TestsFile, stage: CompileStage | None) -> TestFramework:
    given = _given(file, ("compile",))
    if file.compile is None:
        return TestFramework(name=name, **given)
    if stage is None:
        raise ValueError(f"tests.{name}.compile belongs to a language with a compile stage")
    return TestFramework(name=name, compile=replace(stage, **_given(file.compile)), **given)


def _code_rules(rules: Iterable[_RuleFile]) -> tuple[CodeRule, ...]:
    return tuple(CodeRule(rule.id, rule.pattern, rule.message) for rule in rules)


def _compile_stage(file: _CompileFile, source_name: str) -> CompileStage:
    preamble = PreambleRule(**_given(file.preamble)) if file.preamble else None
    options = () if file.default_options is msgspec.UNSET else file.default_options
    warm = _warm(file.warm, file.command, source_name, options)
    return CompileStage(**_in_bytes(_given(file, ("warm", "preamble"))), warm=warm, preamble=preamble)


def _warm(file: _WarmFile | None, stage: Sequence[str], source_name: str, options: Sequence[str] = ()) -> Warm | None:
    if file is None:
        return None
    return Warm(**_given(file, ("command",)), command=waiting_command(file.command, stage, source_name, options))


def _stack_dump(file: _StackDumpFile | None) -> StackDump | None:
    if file is None:
        return None
    if file.signal not in Signals.__members__:
        raise ValueError(f"stack_dump.signal {file.signal!r} is no signal")
    return StackDump(signal=Signals[file.signal], **_given(file, ("signal",)))


def _given(part: msgspec.Struct, without: Sequence[str] = ()) -> dict[str, Any]:
    fields = msgspec.structs.asdict(part)
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET and name not in without}


def _in_bytes(fields: dict[str, Any]) -> dict[str, Any]:
    """``..._mib`` and ``..._kib`` become ``..._bytes``."""
    converted = {}
    for name, value in fields.items():
        if name.endswith("_mib"):
            converted[name.removesuffix("_mib") + "_bytes"] = value * _MIB
        elif name.endswith("_kib"):
            converted[name.removesuffix("_kib") + "_bytes"] = value * _KIB
        else:
            converted[name] = value
    return converted
