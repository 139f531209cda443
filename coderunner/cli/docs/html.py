"""Programs in HTML: ``<pre><code class="language-…">``, with the ``<code-runner>`` around one or behind it. What it
prints is in an ``<output>`` within that, or in a ``<pre class="output">`` behind."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from coderunner.cli.docs.blocks import Block, Recording, language_in, offsets_of

_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight)-([\w+#.-]+)")
_NOTHING = re.compile(r"(?:\s|</\w+>)*")
"""What may stand between a block and its ``<code-runner>``."""
_RUNNERS = ("code-runner", "codapi-snippet")


def blocks_in(text: str) -> list[Block]:
    """The blocks with a language, in order."""
    reader = _Reader(text)
    reader.feed(text)
    reader.close()
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
        self.code = ""
        self.output: tuple[int, int] | None = None
        self.text = ""
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

    def block(self) -> Block:
        if self.output is not None:
            recording = Recording(*self.output, html.escape, html.unescape(self.text))
        else:
            recording = Recording(self.end, self.end, _new_within if self.is_within else _new)
        return Block(self.line, self.language, self.code, self.attributes, recording)


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._text, self._offsets = text, offsets_of(text)
        self.found: list[_Found] = []
        self._runner: dict[str, str] | None = None
        self._runner_at = 0
        self._is_empty = False
        self._code: _Found | None = None
        self._output: int | None = None
        self._output_tag = ""

    def _at(self) -> int:
        line, column = self.getpos()
        return self._offsets[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        behind = self._at() + len(self.get_starttag_text() or "")
        if tag in _RUNNERS:
            self._runner, self._runner_at, self._is_empty = given, self._at(), True
        elif tag == "pre" and "output" in given.get("class", "").split():
            self._begin_output(behind, tag)
        elif tag == "pre":
            self._begin(given)
        elif tag == "code" and self._code is not None and not self._code.code.strip():
            self._code.take(given)
        elif tag == "output":
            self._begin_output(behind, tag)

    def _begin(self, given: dict[str, str]) -> None:
        self._code = _Found(self.getpos()[0], is_within=self._runner is not None)
        self._code.take(given)
        self._is_empty = False

    def _begin_output(self, at: int, tag: str) -> None:
        if self.found and self.found[-1].output is None:
            self._output, self._output_tag = at, tag

    def handle_data(self, data: str) -> None:
        if self._code is not None:
            self._code.code += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre" and self._code is not None:
            self._code.end = self._at() + len("</pre>")
            if self._runner is not None:
                self._code.run_by(self._runner)
            self.found.append(self._code)
            self._code = None
        elif tag in _RUNNERS and self._runner is not None:
            if self._is_empty and self.found and self._is_right_behind(self.found[-1].end, self._runner_at):
                self.found[-1].run_by(self._runner)
            self._runner = None
        if self._output is not None and tag == self._output_tag:
            found = self.found[-1]
            found.output = (self._output, self._at())
            found.text = self._text[self._output : self._at()]
            self._output = None

    def _is_right_behind(self, end: int, at: int) -> bool:
        return _NOTHING.fullmatch(self._text, end, at) is not None


def _new_within(output: str) -> str:
    return f"\n<output>{html.escape(output)}</output>"


def _new(output: str) -> str:
    return f'\n<pre class="output">{html.escape(output)}</pre>'
