"""Programs in reStructuredText: ``code-block``, ``code`` and ``sourcecode``. Behind one may stand what it prints: a
``code-block`` whose language is ``output``, or one of the class ``output``. docutils knows neither Sphinx's directives
nor where in a line a block ends, so lines are read here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from coderunner.cli.docs.blocks import Block, Recording, attributes_in, lines_of, offsets_of, printed_lines

OUTPUT = "output"
_DIRECTIVE = re.compile(r"^(?P<indent>\s*)\.\. (?:code-block|code|sourcecode):: *+(?P<language>\S*+) *+$")
_RAW = re.compile(r"^(?P<indent>\s*)\.\. raw:: +html *$")
_OPTION = re.compile(r"^\s++:(?P<name>[\w-]++):(?P<value>.*)$")


@dataclass(frozen=True, slots=True)
class _Directive:
    first: int
    """Its line, from 0."""
    end: int
    """The line behind the last that is not empty."""
    indent: str
    language: str
    options: dict[str, str]
    code: str

    @property
    def is_output(self) -> bool:
        return self.language == OUTPUT or OUTPUT in self.options.get("class", "").split()


def blocks_in(text: str) -> list[Block]:
    """The blocks with a language, in order. Options are the attributes, ``:class: no-run`` among them."""
    lines, offsets = _lines(text), offsets_of(lines_of(text))
    found = _directives(_DIRECTIVE, lines)
    blocks = []
    for index, one in enumerate(found):
        if one.is_output or not one.language:
            continue
        behind = found[index + 1] if index + 1 < len(found) else None
        attributes = one.options | attributes_in(one.options.get("class", ""))
        blocks.append(Block(one.first + 1, one.language, one.code, attributes, _recording(one, behind, lines, offsets)))
    return blocks


def html_in(text: str) -> str:
    """What is passed through to pages of HTML."""
    return "\n".join(one.code for one in _directives(_RAW, _lines(text)))


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in lines_of(text)]


def _directives(opens: re.Pattern[str], lines: Sequence[str]) -> list[_Directive]:
    found = []
    at = 0
    while at < len(lines):
        opening = opens.match(lines[at])
        if opening is None:
            at += 1
            continue
        one = _read(lines, at, opening["indent"], opening.groupdict().get("language") or "")
        found.append(one)
        at = max(at + 1, one.end)
    return found


def _read(lines: Sequence[str], first: int, indent: str, language: str) -> _Directive:
    at, options = first + 1, {}
    while at < len(lines) and (option := _OPTION.match(lines[at])):
        options[option["name"].lower()] = option["value"].strip()
        at += 1
    end = at
    for number in range(at, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= len(indent):
            break
        end = number + 1 if line.strip() else end
    code = _without_margin(lines[at:end]).strip("\n")
    return _Directive(first, end, indent, language, options, f"{code}\n" if code else "")


def _without_margin(lines: Sequence[str]) -> str:
    """What is alike before all of them tells only where a directive ends."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)


def _held(output: str) -> str:
    return _without_margin(printed_lines(output))


def _recording(one: _Directive, behind: _Directive | None, lines: Sequence[str], offsets: Sequence[int]) -> Recording:
    if behind is not None and behind.is_output and not "".join(lines[one.end : behind.first]).strip():
        write = partial(_directive, behind.indent, behind.language, behind.options)
        return Recording(offsets[behind.first], offsets[behind.end], write, behind.code, _held)
    place = offsets[one.end]
    return Recording(place, place, lambda output: "\n" + _directive(one.indent, "text", {"class": OUTPUT}, output))


def _directive(indent: str, language: str, options: dict[str, str], output: str) -> str:
    said = "".join(f"{indent}   :{name}: {value}\n" for name, value in options.items())
    body = "".join(f"{indent}   {line}\n" if line else "\n" for line in printed_lines(output))
    return f"{indent}.. code-block:: {language}\n{said}\n{body}"
