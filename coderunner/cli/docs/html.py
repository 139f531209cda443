"""Programs in HTML: ``<pre><code class="language-…">``, with the ``<code-runner>`` around one or behind it. What it
prints is in an ``<output>`` within that, or in a ``<pre class="output">`` behind."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from coderunner.cli.docs.blocks import Block, Recording, offsets_of

_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight)-([\w+#.-]+)")
_RUNNERS = ("code-runner", "codapi-snippet")


def blocks_in(text: str) -> list[Block]:
    """The blocks with a language, in order."""
    reader = _Reader(text)
    reader.feed(text)
    reader.close()
    return [found.block() for found in reader.found]


class _Found:
    """A block while it is read."""

    def __init__(self, line: int, language: str, attributes: dict[str, str], *, is_within: bool) -> None:
        """``is_within``: a ``<code-runner>`` is around it."""
        self.line, self.language, self.attributes, self.is_within = line, language, attributes, is_within
        self.code = ""
        self.output: tuple[int, int] | None = None
        self.text = ""
        self.end = 0

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
        self._around: dict[str, str] | None = None
        self._code: _Found | None = None
        self._output: int | None = None
        self._output_tag = ""
        self._open_pre = False

    def _at(self) -> int:
        line, column = self.getpos()
        return self._offsets[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "")
        behind = self._at() + len(self.get_starttag_text() or "")
        if tag in _RUNNERS:
            self._around = given
            if self.found and not self._text[self.found[-1].end : self._at()].strip():
                self.found[-1].attributes |= given
        elif tag == "pre":
            self._open_pre = True
            if "output" in classes.split():
                self._begin_output(behind, tag)
            elif _LANGUAGE.search(classes):
                self._begin(given, classes)
        elif tag == "code" and self._open_pre and self._code is None:
            self._begin(given, classes)
        elif tag == "output":
            self._begin_output(behind, tag)

    def _begin(self, given: dict[str, str], classes: str) -> None:
        around = self._around or {}
        named = _LANGUAGE.search(classes)
        language = around.get("language") or around.get("sandbox") or (named[1] if named else "")
        if language:
            attributes = {**given, **around} | ({"no-run": ""} if "no-run" in classes.split() else {})
            self._code = _Found(self.getpos()[0], language, attributes, is_within=self._around is not None)

    def _begin_output(self, at: int, tag: str) -> None:
        if self.found and self.found[-1].output is None:
            self._output, self._output_tag = at, tag

    def handle_data(self, data: str) -> None:
        if self._code is not None:
            self._code.code += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._open_pre = False
            if self._code is not None:
                self._code.end = self._at() + len("</pre>")
                self.found.append(self._code)
                self._code = None
        elif tag in _RUNNERS:
            self._around = None
        if self._output is not None and tag == self._output_tag:
            found = self.found[-1]
            found.output = (self._output, self._at())
            found.text = self._text[self._output : self._at()]
            self._output = None


def _new_within(output: str) -> str:
    return f"\n<output>{html.escape(output)}</output>"


def _new(output: str) -> str:
    return f'\n<pre class="output">{html.escape(output)}</pre>'
