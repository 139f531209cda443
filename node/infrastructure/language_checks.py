"""The rules that the content of a language file has to keep."""

from __future__ import annotations

import re
from collections.abc import Iterable

from node.domain.language import (
    CompileStage,
    DiagnosticRule,
    Language,
    PackageRule,
    PreambleRule,
    TestFramework,
    Warm,
)
from node.domain.patterns import groups_in, names_in
from node.domain.sandbox import StackDump
from schemas.names import is_token
from schemas.node_rules import MAX_NAME_CHARS, is_program_text
from schemas.packages import kinds

_HEADER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]*")
_WARM_KINDS = ("zygote", "prestart")


def check(language: Language) -> None:
    """Raises ValueError (re.error among them) with what is wrong."""
    if not is_token(language.name):
        raise ValueError(f"name {language.name!r} may hold letters, digits, '-' and '_' only")
    if language.series and language.aliases:
        raise ValueError("aliases belong to the language without a series")
    if not (language.title.isprintable() and is_program_text(language.sample)):
        raise ValueError("title and sample must be printable text")
    _check_commands(language)
    if re.compile(language.version_pattern).groups < 1:
        raise ValueError("version_pattern needs a group: it is the version")
    if language.source_name_pattern and groups_in(language.source_name_pattern) < 1:
        raise ValueError("source_name_pattern needs a group: it is the name")
    _check_warm(language.warm, language.compile)
    _check_frameworks(language.tests)
    ends = (language.out_of_memory_pattern, language.allocation_pattern, language.end_of_input_pattern)
    _check_patterns([*ends, *language.run_options])
    _check_patterns(rule.pattern for rule in (*language.rules, *language.varies))
    for rule in language.diagnostics:
        _check_diagnostic(rule)
    if language.stack_dump:
        _check_stack_dump(language.stack_dump)
    _check_patterns(language.compile.options_allowed if language.compile else ())
    if language.compile and language.compile.preamble:
        _check_preamble(language.compile.preamble)


def _check_commands(language: Language) -> None:
    if not language.run_command or not language.version_command:
        raise ValueError("run.command and version_command must not be empty")
    if language.packages:
        _check_packages(language.packages, language)


def _check_packages(rule: PackageRule, language: Language) -> None:
    if rule.kind not in kinds():
        raise ValueError(f"packages.kind {rule.kind!r} is none of: {', '.join(sorted(kinds()))}")
    odd = sorted(name for name in rule.links if not is_token(name) or name.startswith("task-"))
    if odd:
        raise ValueError(f"packages.links: {odd[0]!r} is no name for a link beside a program's folder")
    stage = language.compile
    if stage and not (rule.links or rule.compile_env or "{layer_option}" in stage.command):
        raise ValueError("packages: compile.command has no {layer_option}, nor is there compile_env or links")
    commands = {"run": language.run_command, **{f"tests.{one.name}": one.command for one in language.tests}}
    for place, command in commands.items():
        if not (rule.links or rule.env or "{layer_option}" in command):
            raise ValueError(f"packages: {place}.command has no {{layer_option}}, nor is there env or links")


def _check_warm(warm: Warm | None, stage: CompileStage | None) -> None:
    for one in (warm, stage.warm if stage else None):
        if one and one.kind not in _WARM_KINDS:
            raise ValueError(f"warm.kind {one.kind!r} is none of: {', '.join(_WARM_KINDS)}")
    if stage and stage.warm and stage.server:
        raise ValueError("compile.server and compile.warm exclude each other")


def _check_frameworks(frameworks: Iterable[TestFramework]) -> None:
    for framework in frameworks:
        if not is_token(framework.name) or len(framework.name) > MAX_NAME_CHARS:
            raise ValueError(f"tests: {framework.name!r} may hold letters, digits, '-' and '_' only")
        if not framework.command:
            raise ValueError(f"tests.{framework.name}.command must not be empty")


def _check_diagnostic(rule: DiagnosticRule) -> None:
    missing = {"file", "line"} - names_in(rule.frame or rule.pattern)
    missing |= {"message"} - names_in(rule.pattern)
    if missing:
        raise ValueError(f"diagnostics: {rule.pattern!r} and its frame lack the groups {', '.join(sorted(missing))}")


def _check_stack_dump(dump: StackDump) -> None:
    _check_patterns([dump.running])
    missing = {"file", "line"} - names_in(dump.frame)
    if missing:
        raise ValueError(f"stack_dump.frame {dump.frame!r} lacks the groups {', '.join(sorted(missing))}")


def _check_preamble(rule: PreambleRule) -> None:
    if "header" not in names_in(rule.element):
        raise ValueError("compile.preamble.element lacks the group header")
    if not rule.command:
        raise ValueError("compile.preamble.command must not be empty")
    odd = sorted(header for header in rule.headers if not _HEADER_NAME.fullmatch(header) or ".." in header)
    if odd:
        raise ValueError(f"compile.preamble.headers: {odd[0]!r} is no name of a header")
    _check_patterns([*rule.shaping_options, *rule.neutral_options])


def _check_patterns(patterns: Iterable[str]) -> None:
    for pattern in patterns:
        groups_in(pattern)
