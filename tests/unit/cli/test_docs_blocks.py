"""The programs of a page, and what it says that they print: in Markdown, reStructuredText and HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from coderunner.cli.docs import html, markdown, rest
from coderunner.cli.docs.blocks import Block, attributes_in
from coderunner.cli.docs.pages import Page

MARKDOWN = """# A page

```python
print(6 * 7)
```

```output
41
```

- in a list

  ~~~js no-run
  console.log(1)
  ~~~

  ```python id=a
  x = 1
  ```
  <code-runner stdin="3" depends-on="b, c"></code-runner>

    ```output
    old
    ```

```
without a language
```

````python
'''
```
'''
````
"""
REST = """A page
======

.. code-block:: python
   :linenos:

   print(6 * 7)

   print(1)

.. code-block:: output

   41

Text.

.. code:: js
   :class: no-run

   console.log(1)

::

   no language

.. sourcecode:: python
   :id: last

   x = 1"""
HTML = """<h1>A page</h1>
<pre><code class="language-python hl">print(6 &lt; 7)
<span class="k">print</span>(1)</code></pre>
<code-runner id="a" stdin='3'></code-runner>
<pre class="output">4&lt;1</pre>
<code-runner><pre><code class="lang-js">1</code></pre><output>old</output></code-runner>
<code-runner language="bash"><pre><code>echo 1</code></pre></code-runner>
<pre><code>nothing</code></pre>
<pre class="language-cpp no-run">int main() {}</pre>
"""


def seen(blocks: list[Block]) -> list[tuple[int, str, str]]:
    return [(one.line, one.language, one.code) for one in blocks]


def renewed(text: str, blocks: list[Block], outputs: dict[int, str]) -> str:
    return Page(Path("page"), text, blocks).with_outputs(outputs)


def test_markdown_has_fenced_blocks_their_attributes_and_what_they_print() -> None:
    blocks = markdown.blocks_in(MARKDOWN)
    assert seen(blocks) == [
        (3, "python", "print(6 * 7)\n"),
        (13, "js", "console.log(1)\n"),
        (17, "python", "x = 1\n"),
        (30, "python", "'''\n```\n'''\n"),
    ]
    assert [one.expected for one in blocks] == ["41\n", None, "old\n", None]
    assert [one.is_run for one in blocks] == [True, False, True, True]
    assert (blocks[2].name, blocks[2].depends_on, blocks[2].attributes["stdin"]) == ("a", ["b", "c"], "3")


def test_markdown_gets_outputs_in_the_place_of_old_ones_and_behind_what_had_none() -> None:
    blocks = markdown.blocks_in(MARKDOWN)
    new = renewed(MARKDOWN, blocks, {0: "42\n", 2: "a\n\nb", 3: "```\n"})
    again = markdown.blocks_in(new)
    assert [one.expected for one in again] == ["42\n", None, "a\n\nb\n", "```\n"]
    assert seen(again)[0] == seen(blocks)[0]
    assert renewed(new, again, {0: "42\n", 2: "a\n\nb", 3: "```\n"}) == new
    assert new.startswith("# A page\n\n```python\nprint(6 * 7)\n```\n\n```output\n42\n```\n\n- in a list\n")


@pytest.mark.parametrize("before", ["> ", ">", "- > ", "> 1. ", "> - > ", "-\t", "   ", "> \t> "])
@pytest.mark.parametrize("output", ["1\n", "a\n\n  b\n", "```\n> a\n- b\n", "\n    a\n"])
@pytest.mark.parametrize("end", ["", "\n", "\n\nText\n"])
def test_markdown_has_an_output_in_the_same_quotes_and_lists_as_its_program(before: str, output: str, end: str) -> None:
    within = re.sub(r"[^>\s]", " ", before)
    text = f"Text\n\n{before}```python\n{within}print(1)\n{within}```{end}"
    (block,) = markdown.blocks_in(text)
    new = renewed(text, [block], {0: output})
    (again,) = markdown.blocks_in(new)
    assert (again.code, again.expected) == ("print(1)\n", output)
    tokens = [one.type for one in MarkdownIt("commonmark").parse(new)]
    assert tokens.count("blockquote_open") == before.count(">")
    assert tokens.count("list_item_open") == len(re.findall("[-1]", before))
    assert new.endswith(end.removeprefix("\n"))
    assert renewed(new, [again], {0: output}) == new


def test_markdown_keeps_the_quotes_and_lists_of_an_output_that_is_there() -> None:
    text = "```python\nprint(1)\n```\n\n- > ```output\n  > 0\n  > ```\n\nText\n"
    assert renewed(text, markdown.blocks_in(text), {0: "1\n\n2\n"}) == text.replace("> 0", "> 1\n  >\n  > 2")


def test_rest_has_directives_their_options_and_what_they_print() -> None:
    blocks = rest.blocks_in(REST)
    assert seen(blocks) == [
        (4, "python", "print(6 * 7)\n\nprint(1)\n"),
        (17, "js", "console.log(1)\n"),
        (26, "python", "x = 1\n"),
    ]
    assert [one.expected for one in blocks] == ["41\n", None, None]
    assert ([one.is_run for one in blocks], blocks[2].name) == ([True, False, True], "last")


def test_rest_gets_outputs_in_the_place_of_old_ones_and_behind_what_had_none() -> None:
    blocks = rest.blocks_in(REST)
    new = renewed(REST, blocks, {0: "42\n\n43\n", 2: "1\n"})
    again = rest.blocks_in(new)
    assert [one.expected for one in again] == ["42\n\n43\n", None, "1\n"]
    assert [one[1:] for one in seen(again)] == [one[1:] for one in seen(blocks)]
    assert renewed(new, again, {0: "42\n\n43\n", 2: "1\n"}) == new


def test_html_has_blocks_of_code_with_the_runner_around_or_behind() -> None:
    blocks = html.blocks_in(HTML)
    assert seen(blocks) == [
        (2, "python", "print(6 < 7)\nprint(1)"),
        (6, "js", "1"),
        (7, "bash", "echo 1"),
        (9, "cpp", "int main() {}"),
    ]
    assert [one.expected for one in blocks] == ["4<1", "old", None, None]
    assert (blocks[0].name, blocks[0].attributes["stdin"]) == ("a", "3")
    assert [one.is_run for one in blocks] == [True, True, True, False]


def test_html_has_no_numbers_or_buttons_of_highlighters_in_its_code() -> None:
    line = '<span class="{}"><span>{}</span> </span><span class="p">print(1)</span>\n'
    for name in ("lineno", "x linenos", "ln", "lnt", "line-number", "gutter"):
        numbered = "".join(line.format(name, number) for number in range(1, 3))
        page = f"<pre><code class=language-python>{numbered}</code><button>Copy<b></b></button></pre>"
        assert [one.code for one in html.blocks_in(page)] == ["print(1)\nprint(1)"]
    unclosed = "<pre class=language-python>1<span class=ln>2</pre><pre class=language-python>3<span class=line>4</pre>"
    assert [one.code for one in html.blocks_in(unclosed)] == ["1", "34"]
    gutter = "<td class=gutter><pre>1</pre></td><td><pre class=language-python>print(1)</pre></td>"
    assert [one.code for one in html.blocks_in(gutter)] == ["print(1)"]


def test_html_has_the_lines_and_spaces_that_browsers_show() -> None:
    page = "<pre class=language-python>\r\nif 1:<br>&nbsp;\u00a0print(1)<br/>\r\n</pre>"
    assert [one.code for one in html.blocks_in(page)] == ["if 1:\n  print(1)"]


def test_html_gets_outputs_in_the_place_of_old_ones_and_behind_what_had_none() -> None:
    blocks = html.blocks_in(HTML)
    new = renewed(HTML, blocks, {0: "<b>&", 1: "new", 2: "1\n"})
    assert '<pre class="output">&lt;b&gt;&amp;</pre>' in new
    assert "</code></pre>\n<output>1\n</output></code-runner>" in new
    again = html.blocks_in(new)
    assert [one.expected for one in again] == ["<b>&", "new", "1", None]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {}),
        ("no-run", {"no-run": ""}),
        ("id=a stdin=\"1 '2'\" fails", {"id": "a", "stdin": "1 '2'", "fails": ""}),
        ("ID='x y'", {"id": "x y"}),
        ("{.numberLines startFrom=1}", {"numberlines": "", "startfrom": "1}"}),
    ],
)
def test_attributes_are_as_html_writes_them(words: str, found: dict[str, str]) -> None:
    assert attributes_in(words) == found


@pytest.mark.parametrize(
    "text", ["", "```python", "```python\n```output\n```", "<pre><code", "<output></pre>", ".. code::", "\f```js\n1"]
)
def test_what_is_no_whole_page_is_read_all_the_same(text: str) -> None:
    for reader in (markdown, rest, html):
        for one in reader.blocks_in(text):
            assert one.recording is not None
            assert renewed(text, [one], {0: "x"})
