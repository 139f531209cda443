"""The programs of a page's blocks, as its ``<code-runner>`` makes them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coderunner.cli.docs.pages import Page, pages_of
from coderunner.cli.docs.plain import plain
from coderunner.cli.docs.programs import MAX_FILE_CHARS, Program, Programs, SetUpError
from coderunner.task import Limits

SETUP = """<script type="text/plain" id="setup">

import math
##CODE##
print("done")
</script>

<template id="table"><p>1</p>,2</template>
"""


def page_of(folder: Path, text: str, name: str = "page.html") -> Page:
    path = folder / name
    path.write_text(text)
    (page,) = pages_of([path])
    return page


def program(page: Page, number: int = -1) -> Program:
    block = page.blocks[number]
    return Programs(page).program(block, block.language, {"python": ".py", "java": ".java"}[block.language])


def block_of(runner: str, code: str = "print(1)", language: str = "python") -> str:
    return f'<pre><code class="language-{language}">{code}</code></pre>\n<code-runner {runner}></code-runner>\n'


@pytest.mark.parametrize("name", ["page.html", "page.md", "page.rst"])
def test_the_hidden_set_up_is_around_it_in_pages_of_every_kind(tmp_path: Path, name: str) -> None:
    indented = "\n".join(f"   {line}" for line in SETUP.splitlines())
    text = {
        "page.html": SETUP + block_of('template="#setup"'),
        "page.md": f'{SETUP}\n```python\nprint(1)\n```\n<code-runner template="#setup"></code-runner>\n',
        "page.rst": f".. raw:: html\n\n{indented}\n\n.. code:: python\n   :template: #setup\n\n   print(1)\n",
    }[name]
    assert program(page_of(tmp_path, text, name)).task.source == 'import math\nprint(1)\nprint("done")\n'


def test_files_are_beside_it_under_their_names(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a b.csv").write_text("3")
    text = f'{SETUP}<pre id="lib">X = 1</pre>' + block_of('files="#table:table.csv #lib data/a%20b.csv?v=2"')
    task = program(page_of(tmp_path, text)).task
    assert task.source == {"main.py": "print(1)\n", "table.csv": "1,2", "lib": "X = 1", "a b.csv": "3"}
    assert task.entry_point == "main.py"
    java = block_of('files="#table:table.csv"', "class Main {}", "java")
    assert program(page_of(tmp_path, SETUP + java)).task.entry_point == "Main.java"


def test_limits_and_standard_input_are_those_of_the_element(tmp_path: Path) -> None:
    task = program(page_of(tmp_path, SETUP + block_of('limits="wall_ms:2000 processes:7" stdin="#table"'))).task
    assert (task.limits, task.stdin) == (Limits(wall_ms=2000, processes=7), "1,2\n")
    assert program(page_of(tmp_path, block_of("stdin"))).task.stdin == "\n"
    assert program(page_of(tmp_path, block_of(""))).task.stdin == ""


def test_blocks_on_which_it_builds_stand_before_it_within_the_set_up(tmp_path: Path) -> None:
    text = SETUP + block_of("id=a", "x = 1") + block_of("id=b depends-on=a", "y = x")
    made = program(page_of(tmp_path, text + block_of('depends-on="#b a" template=#setup', "print(y)")))
    assert re.fullmatch(r"-- [0-9a-f]{16} --", made.mark)
    expected = f"import math\nx = 1\ny = x\nprint('{made.mark}', flush=True)\nprint(y)\nprint(\"done\")\n"
    assert made.task.source == expected


def test_what_is_expected_may_be_elsewhere_in_the_page(tmp_path: Path) -> None:
    page = page_of(tmp_path, SETUP + block_of("expect=#table") + block_of("output=#table") + block_of("expect=#gone"))
    assert [Programs(page).expected(one) for one in page.blocks] == ["1,2", "1,2", "#gone"]


@pytest.mark.parametrize(
    ("runner", "words"),
    [
        ("template=#gone", "needs '#gone', which is nothing of this page"),
        ("template=#table", "##CODE## is not in its template '#table'"),
        ("files=gone.csv", "needs 'gone.csv', which cannot be read"),
        ("files=large.csv", f"needs 'large.csv', which has more than {MAX_FILE_CHARS} bytes"),
        ("files=../secret.txt", "needs '../secret.txt', and only files of the documentation are read"),
        ("files=link.txt", "needs 'link.txt', and only files of the documentation are read"),
        ("files=%2e%2e/secret.txt", "only files of the documentation are read"),
        ("files=/etc/passwd", "only files of the documentation are read"),
        ("files=https://a.example/b", "only files of the documentation are read"),
        ("files=file:///etc/passwd", "only files of the documentation are read"),
        ("files=%00", "needs '%00', which cannot be read"),
        ("files='" + "#table:a " * 64 + "'", "has more than 63 files"),
        ("limits=watts:3", "has a limit 'watts', which there is not"),
        ("limits=wall_ms:soon", "has a limit 'wall_ms:soon', which is no number"),
        ("limits=wall_ms:nan", "which is no number"),
        ("depends-on=gone", "depends on 'gone', which is no block of this page"),
    ],
)
def test_what_it_needs_and_is_not_there_is_said(tmp_path: Path, runner: str, words: str) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "large.csv").write_bytes(b"1" * (MAX_FILE_CHARS + 1))
    with pytest.raises(SetUpError, match=re.escape(words)):
        program(page_of(folder, SETUP + block_of(runner)))


def test_a_chain_of_thousands_of_blocks_ends_with_words(tmp_path: Path) -> None:
    text = "".join(block_of(f"id=b{number} depends-on=b{number + 1}") for number in range(5000)) + block_of("id=b5000")
    page = page_of(tmp_path, text)
    with pytest.raises(SetUpError, match="builds on more than 49 blocks"):
        program(page, 0)


def test_elements_within_each_other_without_end_are_read_in_a_moment(tmp_path: Path) -> None:
    page = page_of(tmp_path, block_of("") + "".join(f"<b id=n{number}>x" for number in range(50_000)))
    assert page.elements.text_of("n0") == "x" * 50_000
    assert page.elements.text_of("n49999") == "x"


def test_what_readers_have_to_answer_is_not_run(tmp_path: Path) -> None:
    runners = ("terminal", "interactive", "interactive stdin=3", "editor=off")
    page = page_of(tmp_path, "".join(map(block_of, runners)))
    assert [one.is_run for one in page.blocks] == [False, False, True, True]


def test_the_element_says_which_language_it_is(tmp_path: Path) -> None:
    text = '<pre>print(1)</pre>\n<codapi-snippet sandbox="python:dev"></codapi-snippet>\n<pre>no</pre>'
    assert [one.language for one in page_of(tmp_path, text).blocks] == ["python"]
    markdown = "```\nprint(1)\n```\n<code-runner language=python></code-runner>\n"
    assert [one.language for one in page_of(tmp_path, markdown, "page.md").blocks] == ["python"]


def test_an_element_with_code_of_its_own_says_nothing_of_the_block_before(tmp_path: Path) -> None:
    inside = '<code-runner stdin="3"><pre class="language-python">print(2)</pre></code-runner>'
    page = page_of(tmp_path, f'<div><pre class="language-python">print(1)</pre></div>\n{inside}')
    assert [dict(one.attributes).get("stdin") for one in page.blocks] == [None, "3"]


def test_of_what_is_printed_the_text_is_compared() -> None:
    assert plain("\x1b[31mred\x1b[0m\x1b]0;title\x07\r\n\x00a\rb\x1b[") == "red\na\nb["
    assert plain("\x1b]" * 100_000) == "]" * 100_000
