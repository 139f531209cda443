"""Programs in Markdown: fenced blocks. Behind one may stand a ``<code-runner>``, and then what it prints: a block whose
language is ``output``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from markdown_it import MarkdownIt
from markdown_it.token import Token

from coderunner.cli.docs.blocks import Block, Recording, attributes_in, language_in, lines_of, offsets_of, printed_lines

OUTPUT = "output"
_RUNNER = re.compile(r"<code-?runner\b(?P<attributes>[^>]*)>", re.IGNORECASE)
_FENCE = re.compile(r"^(?P<before>.*?)(?P<marks>`{3,}|~{3,})")
_MARKER = re.compile(r"[^>\s]")
"""Of a list: within it are the lines that begin with as many spaces."""


def blocks_in(text: str) -> list[Block]:
    """The blocks with a language, in order."""
    lines = lines_of(text)
    tokens = [one for one in _tokens(text) if one.map and (one.type == "fence" or _runner(one))]
    return list(_blocks(tokens, lines, offsets_of(lines)))


def html_in(text: str) -> str:
    """The blocks of HTML."""
    return "\n".join(one.content for one in _tokens(text) if one.type == "html_block")


def _tokens(text: str) -> list[Token]:
    """The blocks; what stands within a line is not looked at."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.parse(text)


def _runner(token: Token) -> re.Match[str] | None:
    """The tag, where the token is HTML that begins with it: a block, or a paragraph."""
    return _RUNNER.match(token.content.lstrip()) if token.type in ("html_block", "inline") else None


def _blocks(tokens: Sequence[Token], lines: Sequence[str], offsets: Sequence[int]) -> Iterator[Block]:
    for index, token in enumerate(tokens):
        language, _, words = token.info.strip().partition(" ")
        if token.type != "fence" or language == OUTPUT or token.map is None:
            continue
        behind = list(tokens[index + 1 : index + 3])
        end = token.map[1]
        attributes = attributes_in(words)
        runner = _runner(behind[0]) if behind and _is_right_behind(end, behind[0], lines) else None
        if runner is not None and behind[0].map:
            said = attributes_in(runner["attributes"])
            attributes |= said
            language = language_in(said) or language
            end = behind[0].map[1]
            behind = behind[1:]
        if not language:
            continue
        prefix = _followed(_before(lines[token.map[0]]))
        recording = _recording(behind[0] if behind else None, end, prefix, lines, offsets)
        yield Block(token.map[0] + 1, language, token.content, attributes, recording)


def _before(line: str) -> str:
    """What stands before the marks of a block: the quotes and lists in which it is."""
    opening = _FENCE.match(line)
    return opening["before"] if opening else ""


def _followed(before: str) -> str:
    """What stands before the lines that follow within the same quotes and lists."""
    within = _MARKER.sub(" ", before)
    return f"{within} " if within.endswith(">") else within  # a quote would take the first space of what is printed


def _recording(token: Token | None, end: int, prefix: str, lines: Sequence[str], offsets: Sequence[int]) -> Recording:
    is_output = token is not None and token.type == "fence" and token.info.strip().split(" ")[0] == OUTPUT
    if token is not None and token.map and is_output and _is_right_behind(end, token, lines):
        place = offsets[token.map[0]], offsets[token.map[1]]
        before = _before(lines[token.map[0]])
        return Recording(*place, partial(_fenced, before, _followed(before)), token.content)
    is_open = lines[end - 1][-1] not in "\r\n"  # the last line of the page
    return Recording(offsets[end], offsets[end], partial(_new, "\n" * is_open, prefix))


def _is_right_behind(end: int, token: Token, lines: Sequence[str]) -> bool:
    return token.map is not None and not "".join(lines[end : token.map[0]]).strip(" \t\r\n>")


def _new(opening: str, prefix: str, output: str) -> str:
    return f"{opening}{prefix.rstrip()}\n{_fenced(prefix, prefix, output)}"


def _fenced(first: str, prefix: str, output: str) -> str:
    """``first``: before its first line; ``prefix``: before the others."""
    longest = max((len(run) for run in re.findall("`+", output)), default=0)
    marks = "`" * max(3, longest + 1)
    body = "".join(f"{prefix}{line}\n" if line else f"{prefix.rstrip()}\n" for line in printed_lines(output))
    return f"{first}{marks}{OUTPUT}\n{body}{prefix}{marks}\n"
