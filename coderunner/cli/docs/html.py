"""Programs in HTML: ``<pre><code class="language-…">``, with the ``<code-runner>`` around one or behind it. What it
prints is in an ``<output>`` within that, or in a ``<pre class="output">`` behind."""

from __future__ import annotations

import html
import re

from coderunner.cli.docs.blocks import Block, Recording, language_in
from coderunner.cli.docs.elements import trimmed
from coderunner.cli.docs.tags import Tag, tags_in

_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight)-([\w+#.-]+)")
_NOTHING = re.compile(r"(?:\s++|</\w++>)*+")
"""What may stand between a block and its ``<code-runner>``."""
_RUNNERS = ("code-runner", "codapi-snippet")
_NUMBERS = frozenset(("lineno", "linenos", "ln", "line-number", "lnt", "gutter"))
"""Classes of what highlighters and Markdown engines put beside each line."""
_ODD_SPACES = str.maketrans({"\u00a0": " "})
_ENDS = re.compile(r"\r\n?")


def blocks_in(text: str) -> list[Block]:
    """The blocks with a language, in order."""
    reader = _Reader(text)
    for piece in tags_in(text):
        reader.take(piece)
    return [found.block() for found in reader.found if found.language]


def html_in(text: str) -> str:
    """All of it."""
    return text


class _Found:
    """A block while it is read."""

    def __init__(self, line: int, *, is_within: bool) -> None:
        """``is_within``: a ``<code-runner>`` is around it."""
        self.line, self.is_within = line, is_within
        self.language = ""
        self.attributes: dict[str, str] = {}
        self.code: list[str] = []
        self.is_blank = True
        self.output: tuple[int, int] | None = None
        self.recorded = ""
        self.end = 0

    def take(self, given: dict[str, str]) -> None:
        """Takes over what a ``<pre>`` or a ``<code>`` says."""
        classes = given.get("class", "")
        named = _LANGUAGE.search(classes)
        self.language = named[1] if named else self.language
        self.attributes |= given | ({"no-run": ""} if "no-run" in classes.split() else {})

    def run_by(self, runner: dict[str, str]) -> None:
        """Takes over what its ``<code-runner>`` says."""
        self.language = language_in(runner) or self.language
        self.attributes |= runner

    def add(self, text: str) -> None:
        self.code.append(text)
        self.is_blank = self.is_blank and not text.strip()

    def block(self) -> Block:
        if self.output is not None:
            recording = Recording(*self.output, html.escape, trimmed(self.recorded))
        else:
            recording = Recording(self.end, self.end, _new_within if self.is_within else _new)
        code = _ENDS.sub("\n", "".join(self.code)).translate(_ODD_SPACES)
        return Block(self.line, self.language, trimmed(code), self.attributes, recording)


class _Beside:
    """An element within a block that is none of its code, while it is read."""

    def __init__(self, tag: Tag) -> None:
        self._name = tag.name
        self._depth = 0

    def ends_with(self, tag: Tag) -> bool:
        """Whether the tag, which may also begin an element, is its end."""
        if tag.name == self._name:
            self._depth += -1 if tag.is_end else 1
        return self._depth <= 0


class _Output:
    """What a block prints, while it is read."""

    def __init__(self, of: _Found, tag: Tag) -> None:
        self._of, self._tag = of, tag
        self._text: list[str] = []

    def add(self, text: str) -> None:
        self._text.append(text)

    def ends_with(self, tag: Tag) -> bool:
        """Whether the tag is its end; then it is the block's."""
        if tag.name != self._tag.name:
            return False
        self._of.output = self._tag.end, tag.start
        self._of.recorded = "".join(self._text)
        return True


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._line, self._counted = 1, 0
        self.found: list[_Found] = []
        self._runner: dict[str, str] | None = None
        self._code: _Found | None = None
        self._beside: _Beside | None = None
        self._output: _Output | None = None
        self._before: _Found | None = None
        """The block right before the ``<code-runner>`` that is open, which is its own where none is within."""
        self._is_last_free = False
        """No ``<code-runner>`` stands behind the last block."""

    def take(self, piece: Tag | str) -> None:
        if isinstance(piece, str):
            if self._code is not None and self._beside is None:
                self._code.add(piece)
            if self._output is not None:
                self._output.add(piece)
            return
        self._look_beside(piece)
        if piece.is_end:
            self._end(piece)
        else:
            self._begin(piece, dict(piece.attributes))

    def _look_beside(self, tag: Tag) -> None:
        """Leaves out what stands beside the code."""
        if self._code is None or (tag.name == "pre" and tag.is_end):
            self._beside = None
            return
        classes = tag.attributes.get("class", "").split()
        if self._beside is None and not tag.is_end and (tag.name == "button" or not _NUMBERS.isdisjoint(classes)):
            self._beside = _Beside(tag)
        if self._beside is not None and self._beside.ends_with(tag):
            self._beside = None

    def _begin(self, tag: Tag, given: dict[str, str]) -> None:
        is_output = tag.name == "output" or (tag.name == "pre" and "output" in given.get("class", "").split())
        if tag.name in _RUNNERS:
            self._begin_runner(tag, given)
        elif is_output:
            if self.found and self.found[-1].output is None:
                self._output = _Output(self.found[-1], tag)
        elif tag.name == "pre":
            self._code = _Found(self._line_of(tag), is_within=self._runner is not None)
            self._code.take(given)
            self._before = None
        elif tag.name == "code" and self._code is not None and self._code.is_blank:
            self._code.take(given)
        elif tag.name == "br" and self._code is not None and self._beside is None:
            self._code.add("\n")

    def _begin_runner(self, tag: Tag, given: dict[str, str]) -> None:
        self._runner, self._before = given, None
        if self._is_last_free and _NOTHING.fullmatch(self._text, self.found[-1].end, tag.start):
            self._before = self.found[-1]
        self._is_last_free = False

    def _end(self, tag: Tag) -> None:
        if tag.name == "pre" and self._code is not None:
            self._code.end = tag.end
            if self._runner is not None:
                self._code.run_by(self._runner)
            self.found.append(self._code)
            self._code, self._is_last_free = None, True
        elif tag.name in _RUNNERS and self._runner is not None:
            if self._before is not None:
                self._before.run_by(self._runner)
            self._runner = self._before = None
        if self._output is not None and self._output.ends_with(tag):
            self._output = None

    def _line_of(self, tag: Tag) -> int:
        """From 1."""
        self._line += self._text.count("\n", self._counted, tag.start)
        self._counted = tag.start
        return self._line


def _new_within(output: str) -> str:
    return f"\n<output>{html.escape(output)}</output>"


def _new(output: str) -> str:
    return f'\n<pre class="output">{html.escape(output)}</pre>'
