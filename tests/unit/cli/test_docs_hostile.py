"""Pages that strangers have written: read in a time that grows with their length, and written nowhere else."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

import pytest

from coderunner.cli.docs import html, markdown, rest
from coderunner.cli.docs.elements import elements_in
from coderunner.cli.docs.pages import MAX_PAGE_BYTES, Page, pages_of
from coderunner.cli.docs.programs import HOLE, MAX_FILE_CHARS, Programs, SetUpError
from coderunner.cli.docs.tags import Tag, tags_in
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli

WITHIN_S = 5.0
"""Of some hundred thousand characters, which took minutes to hours where time grew with their square."""
UNITS = ("<a ", "<a x='", "<!--", "<!", "</a ", "<![CDATA[", "<title>", "<script></script ", "&a", "<?", "<a b=c>'")


@pytest.mark.parametrize("unit", UNITS)
def test_tags_that_do_not_end_are_read_in_a_moment(unit: str) -> None:
    page = unit * (200_000 // len(unit))
    begun = time.monotonic()
    html.blocks_in(page)
    elements_in(page)
    assert time.monotonic() - begun < WITHIN_S


@pytest.mark.parametrize(
    "page",
    [
        ".. code:: py\n   :a: x" + " " * 100_000 + "y\n\n   x\n",
        ".. code::" + " " * 100_000 + "x y\n",
        ".. code:: py\n" * 20_000,
    ],
)
def test_spaces_within_a_line_are_read_in_a_moment(page: str) -> None:
    begun = time.monotonic()
    rest.blocks_in(page)
    assert time.monotonic() - begun < WITHIN_S


@pytest.mark.parametrize("page", ["*a_ " * 100_000, "``a` " * 100_000, "![" * 100_000, ">" * 100_000, "- " * 50_000])
def test_markdown_within_lines_is_not_looked_at(page: str) -> None:
    begun = time.monotonic()
    markdown.blocks_in(page)
    assert time.monotonic() - begun < WITHIN_S


def test_elements_behind_a_block_are_looked_at_once() -> None:
    begun = time.monotonic()
    page = "<pre class=language-python>x</pre>" + " " * 200_000 + "<code-runner></code-runner>" * 20_000
    assert len(html.blocks_in(page)) == 1
    assert time.monotonic() - begun < WITHIN_S


@pytest.mark.parametrize("unit", ["<span class=ln>", "<span class='ln x'>1</span>", "<button>", "<br>"])
def test_what_stands_beside_code_is_left_out_in_a_moment(unit: str) -> None:
    begun = time.monotonic()
    assert len(html.blocks_in("<pre class=language-python>x" + unit * 50_000 + "</pre>")) == 1
    assert time.monotonic() - begun < WITHIN_S


def test_tags_are_those_of_browsers() -> None:
    text = "<!-- <pre> --><P Id=a id=b title='x>y' c>1 &lt; 2<script>'</pre>'</SCRIPT ><p don't>z</p><a b=c"
    tags = [one for one in tags_in(text) if isinstance(one, Tag)]
    assert [(one.name, one.is_end) for one in tags] == [
        ("p", False),
        ("script", False),
        ("script", True),
        ("p", False),
        ("p", True),
        ("a", False),
    ]
    assert tags[0].attributes == {"id": "a", "title": "x>y", "c": ""}
    assert text[tags[0].start : tags[0].end] == "<P Id=a id=b title='x>y' c>"
    assert [one for one in tags_in(text) if isinstance(one, str)] == ["1 < 2", "'</pre>'", "z"]


@pytest.mark.parametrize(
    ("reference", "character"),
    [
        ("&#" + "9" * 100_000 + ";", "\ufffd"),
        ("&#" + "0" * 100_000 + "65;", "A"),
        ("&#" + "0" * 100_000, "\ufffd"),
        ("&#x" + "f" * 100_000 + ";", "\ufffd"),
        ("&#00000065", "A"),
        ("&#65;", "A"),
    ],
)
def test_a_reference_to_a_character_by_a_number_of_any_length_is_read(reference: str, character: str) -> None:
    """It ended the command: Python makes no number of more than 4,300 digits."""
    page = f'<p title="{reference}">{reference}<textarea>{reference}</textarea>{reference}'
    tags = [one for one in tags_in(page) if isinstance(one, Tag)]
    assert tags[0].attributes == {"title": character}
    assert [one for one in tags_in(page) if isinstance(one, str)] == [character] * 3


def test_an_output_that_has_tags_within_is_compared_by_its_text() -> None:
    block = "<pre><code class='language-python'>print(1)</code></pre>\n"
    (one,) = html.blocks_in(f"{block}<pre class='output'><code>\n<b>a</b> &lt; b\n</code></pre>")
    assert one.expected == "a < b"


@pytest.mark.parametrize("odd", ["\u2028", "\x0c", "\x85", "\x1e", "\r"])
@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("md", "```python\nprint(1)\n```\n\n```output\n0\n```\n"),
        ("rst", ".. code-block:: python\n\n   print(1)\n\n.. code-block:: output\n\n   0\n"),
        ("html", "<pre><code class=language-python>print(1)</code></pre>\n<pre class=output>0</pre>\n"),
    ],
)
def test_an_output_is_written_to_its_place_behind_characters_that_some_call_ends_of_lines(
    tmp_path: Path, name: str, block: str, odd: str
) -> None:
    path = tmp_path / f"page.{name}"
    path.write_bytes(f"Before{odd}it\n\n{block}\nBehind\n".encode())
    (page,) = pages_of([path])
    assert page.with_outputs({0: "1\n"}).replace("1\n<", "1<") == page.text.replace("0", "1")


def test_an_output_has_lines_that_end_as_those_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_bytes(b"# A page\r\n\r\n```python\r\nprint(1)\r\n```\r\n")
    (page,) = pages_of([path])
    assert page.with_outputs({0: "1\n"}) == page.text + "\r\n```output\r\n1\r\n```\r\n"


def test_a_page_with_very_many_blocks_is_written_in_a_moment() -> None:
    text = "```python\nprint(1)\n```\n\n" * 50_000
    page = Page(Path("page.md"), text, markdown.blocks_in(text))
    begun = time.monotonic()
    assert len(page.with_outputs(dict.fromkeys(range(50_000), "1\n"))) > len(text)
    assert time.monotonic() - begun < WITHIN_S


def test_programs_that_are_large_again_and_again_end_with_words(tmp_path: Path) -> None:
    (tmp_path / "template.py").write_text(HOLE + "#" * (MAX_FILE_CHARS - len(HOLE)))
    block = "```python template=template.py\nprint(1)\n```\n\n"
    (tmp_path / "page.md").write_text(block * 100)
    (page,) = pages_of([tmp_path / "page.md"])
    programs = Programs(page)
    for one in page.blocks[:50]:
        programs.program(one, "python", ".py")
    with pytest.raises(SetUpError, match="is beyond"):
        deque(programs.program(one, "python", ".py") for one in page.blocks[50:])


def test_what_a_folder_links_to_elsewhere_is_no_page_of_it(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "docs", tmp_path / "notes.md"
    folder.mkdir()
    elsewhere.write_text("```python\nprint(1)\n```\n")
    (folder / "a.md").write_text(elsewhere.read_text())
    (folder / "linked.md").symlink_to(elsewhere)
    (folder / "same.md").symlink_to(folder / "a.md")
    assert len(pages_of([folder, folder / "a.md"])) == 1
    assert [one.path for one in pages_of([folder / "linked.md"])] == [folder / "linked.md"]


def test_a_page_that_is_changed_while_its_programs_run_is_not_written(
    tmp_path: Path, coderunner: Cli, gateway: FakeGateway
) -> None:
    path = tmp_path / "page.md"
    path.write_text("```python\nprint(1)\n```\n\n```output\n0\n```\n")
    mine = "What I wrote meanwhile\n"

    def edits(_: execution_pb2.Task) -> Script:
        path.write_text(mine)
        return Script(ran("1\n"))

    gateway.script = edits
    done = coderunner("docs", "check", "--update", str(path))
    assert (done.returncode, path.read_text()) == (1, mine)
    assert "has changed meanwhile" in done.stderr


def test_a_page_that_is_much_too_large_is_one_clear_sentence(tmp_path: Path, coderunner: Cli) -> None:
    path = tmp_path / "page.md"
    with path.open("wb") as file:
        file.truncate(MAX_PAGE_BYTES + 1)
    done = coderunner("docs", "check", str(path))
    assert (done.returncode, f"has more than {MAX_PAGE_BYTES} bytes" in done.stderr) == (2, True)


def test_of_much_that_differs_the_first_line_is_told(tmp_path: Path, coderunner: Cli, gateway: FakeGateway) -> None:
    lines = [str(number % 199) for number in range(20_000)]
    gateway.script = lambda _: Script(ran("\n".join(lines[::-1])))
    path = tmp_path / "page.md"
    path.write_text("```python\n1\n```\n\n```output\n" + "\n".join(lines) + "\n```\n")
    begun = time.monotonic()
    done = coderunner("docs", "check", str(path))
    assert "@@ line 1 @@\n    -0\n    +99\n" in done.stdout
    assert time.monotonic() - begun < 4 * WITHIN_S
