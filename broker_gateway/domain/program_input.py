"""The rules for what a program is started with (arguments, environment, standard input, compile options), and for the
labels that travel along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from broker_gateway.domain.text import CONTROL, byte_length, quoted
from broker_gateway.domain.violation import Violation
from schemas.content import Content

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class InputRules:
    """The bounds of a program's input: how much of each kind may be sent."""

    stdin_bytes: int = 1 << 20
    args: int = 128
    args_bytes: int = 64 << 10
    """All arguments of one run together."""
    env: int = 64
    env_bytes: int = 64 << 10
    """Names and values together."""
    labels: int = 32
    label_name_chars: int = 63
    label_value_chars: int = 256
    compile_options: int = 32
    compile_option_bytes: int = 256
    outputs: int = 8
    output_bytes: int = 128
    """Of one pattern."""

    def stdin_violations(self, stdin: Content, path: str) -> Iterator[Violation]:
        """What is wrong with the standard input at ``path``."""
        size = byte_length(stdin)
        if size > self.stdin_bytes:
            yield Violation(path, f"must have at most {self.stdin_bytes} bytes, has {size}")

    def args_violations(self, args: Sequence[str], path: str) -> Iterator[Violation]:
        """What is wrong with the arguments at ``path``."""
        if len(args) > self.args:
            yield Violation(path, f"must have at most {self.args} arguments")
            return
        size = sum(map(byte_length, args))
        if size > self.args_bytes:
            yield Violation(path, f"must have at most {self.args_bytes} bytes in all, have {size}")
        for index, arg in enumerate(args):
            if "\0" in arg:
                yield Violation(f"{path}[{index}]", "must not contain NUL")

    def env_violations(self, env: Mapping[str, str], path: str) -> Iterator[Violation]:
        """What is wrong with the environment variables at ``path``."""
        if len(env) > self.env:
            yield Violation(path, f"must have at most {self.env} variables")
            return
        size = sum(byte_length(name) + byte_length(value) for name, value in env.items())
        if size > self.env_bytes:
            yield Violation(path, f"must have at most {self.env_bytes} bytes in all, have {size}")
        for name, value in env.items():
            if not _ENV_NAME.fullmatch(name):
                yield Violation(f"{path}[{quoted(name)}]", "the name must be letters, digits and _, no digit first")
            if "\0" in value:
                yield Violation(f"{path}[{quoted(name)}]", "the value must not contain NUL")

    def option_violations(self, options: Sequence[str], path: str) -> Iterator[Violation]:
        """What is wrong with the compile options at ``path``. Which ones a language allows is that language's own
        rule."""
        if len(options) > self.compile_options:
            yield Violation(path, f"must have at most {self.compile_options} options")
            return
        for index, option in enumerate(options):
            if not option or byte_length(option) > self.compile_option_bytes:
                yield Violation(f"{path}[{index}]", f"must have 1 to {self.compile_option_bytes} bytes")
            elif CONTROL.search(option):
                yield Violation(f"{path}[{index}]", "must not contain NUL or other control characters")

    def output_violations(self, patterns: Sequence[str], path: str) -> Iterator[Violation]:
        """What is wrong with the patterns at ``path`` of files that are to come back."""
        if len(patterns) > self.outputs:
            yield Violation(path, f"must have at most {self.outputs} patterns")
            return
        for index, pattern in enumerate(patterns):
            where = f"{path}[{index}]"
            if not pattern or byte_length(pattern) > self.output_bytes:
                yield Violation(where, f"must have 1 to {self.output_bytes} bytes")
            elif CONTROL.search(pattern):
                yield Violation(where, "must not contain NUL or other control characters")
            elif pattern.startswith("/") or not {"", ".", ".."}.isdisjoint(pattern.split("/")):
                yield Violation(where, "must be relative, without empty, . or .. components")

    def label_violations(self, labels: Mapping[str, str], path: str) -> Iterator[Violation]:
        """What is wrong with the labels at ``path``."""
        if len(labels) > self.labels:
            yield Violation(path, f"must have at most {self.labels} labels")
            return
        for name, value in labels.items():
            where = f"{path}[{quoted(name)}]"
            if not 1 <= len(name) <= self.label_name_chars:
                yield Violation(where, f"the name must have 1 to {self.label_name_chars} characters")
            if len(value) > self.label_value_chars:
                yield Violation(where, f"must have at most {self.label_value_chars} characters")
            if CONTROL.search(name) or CONTROL.search(value):
                yield Violation(where, "must not contain NUL or other control characters")
