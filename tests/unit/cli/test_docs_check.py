"""``coderunner docs check`` against a scripted gateway."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli

PAGE = """```python
print(42)
```

```output
41
```

```python fails
raise
```

```cobol
DISPLAY 1.
```

```python no-run
input()
```
"""


def prints(task: execution_pb2.Task) -> Script:
    """What ``print(…)`` and ``echo`` say, line by line; ``raise`` fails."""
    code = task.files[0].content
    said = "".join(f"{one}\n" for one in re.findall(r"print\('?([^'),]*)'?[^)]*\)", code))
    if "raise" in code:
        return Script(ran(said, status="FAILED", exit_code=1, stderr="Traceback\n"))
    return Script(ran(said))


@pytest.fixture
def page(tmp_path: Path, gateway: FakeGateway) -> Path:
    gateway.script = prints
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_what_prints_something_else_than_the_page_says_is_shown_with_the_difference(
    page: Path, coderunner: Cli
) -> None:
    done = coderunner("docs", "check", str(page))
    assert done.returncode == 1
    assert f"{page}:1 python prints something else" in done.stdout
    assert "    -41\n    +42\n" in done.stdout
    assert f"{page}:9 python ok" in done.stdout
    assert "2 programs ran, 1 wrong, 0 recorded" in done.stderr
    assert page.read_text() == PAGE


def test_an_update_writes_what_they_print_and_the_next_check_is_content(page: Path, coderunner: Cli) -> None:
    done = coderunner("docs", "check", "--update", str(page))
    assert (done.returncode, page.read_text()) == (0, PAGE.replace("41", "42"))
    assert "0 wrong, 1 recorded" in done.stderr
    assert coderunner("docs", "check", str(page.parent)).returncode == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.md", "```python\nprint(1)\n```\n"),
        ("page.rst", ".. code:: python\n\n   print(1)\n"),
        ("page.html", "<pre><code class=language-python>print(1)</code></pre>\n"),
    ],
)
def test_what_begins_with_an_empty_line_or_spaces_is_recorded_in_pages_of_every_kind(
    tmp_path: Path, coderunner: Cli, gateway: FakeGateway, name: str, text: str
) -> None:
    gateway.script = lambda _: Script(ran("\n  a\n    b\n\n  c\n"))
    path = tmp_path / name
    path.write_text(text)
    assert "1 recorded" in coderunner("docs", "check", "--update", str(path)).stderr
    again = coderunner("docs", "check", str(path))
    assert (again.returncode, again.stdout) == (0, f"{path}:1 python ok\n")


def test_what_does_not_end_as_the_page_says_is_wrong_and_never_recorded(page: Path, coderunner: Cli) -> None:
    text = "```python\nprint(1)\nraise\n```\n\n```output\n0\n```\n\n```python fails\nprint(2)\n```\n"
    page.write_text(text)
    done = coderunner("docs", "check", "--update", str(page))
    assert done.returncode == 1
    assert f"{page}:1 python ended as FAILED\n    Traceback\n" in done.stdout
    assert "ended well, and the page says that it fails" in done.stdout
    assert page.read_text() == text


def test_blocks_build_on_others_and_only_their_own_output_counts(page: Path, coderunner: Cli) -> None:
    page.write_text(
        "```python id=a\nprint(1)\n```\n\n```python id=b depends-on=a\nprint(2)\n```\n\n"
        "```python depends-on='b a'\nprint(3)\n```\n\n```output\n3\n```\n\n"
        "```python depends-on=gone\nprint(4)\n```\n"
    )
    done = coderunner("docs", "check", str(page))
    assert f"{page}:9 python ok" in done.stdout
    assert "depends on 'gone', which is no block of this page" in done.stdout
    assert (done.returncode, done.stdout.count(" ok\n")) == (1, 3)


def test_blocks_that_build_on_each_other_end(page: Path, coderunner: Cli) -> None:
    page.write_text("```python id=a depends-on=b\nprint(1)\n```\n\n```python id=b depends-on=a\nprint(2)\n```\n")
    assert coderunner("docs", "check", str(page)).returncode == 0


def test_the_report_has_a_case_for_each_block_and_nothing_that_is_no_xml(
    page: Path, coderunner: Cli, gateway: FakeGateway
) -> None:
    gateway.script = lambda task: Script(ran("\x1b[31m<&\0", status="FAILED", exit_code=1, stderr="\x1b[31m<&\0"))
    coderunner("docs", "check", str(page), "--junit", str(page.with_suffix(".xml")))
    (suite,) = Xml.parse(page.with_suffix(".xml")).getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
    }
    first, second, third = suite.findall("testcase")
    assert (first.get("name"), first.findtext("system-out")) == ("line 1, python", "<&")
    assert first.findtext("failure") == "\ufffd[31m<&\ufffd"
    assert second.find("failure") is None
    assert third.find("skipped") is not None


def test_all_of_them_are_submitted_at_once(page: Path, coderunner: Cli, gateway: FakeGateway) -> None:
    page.write_text("```python\nprint(1)\n```\n\n" * 100)
    assert "100 programs ran, 0 wrong" in coderunner("docs", "check", str(page)).stderr
    assert [len(batch.tasks) for batch in gateway.of("SubmitBatch")] == [100]


def test_a_block_that_cannot_be_made_is_wrong_and_the_others_are_run(page: Path, coderunner: Cli) -> None:
    page.write_text("```python template=#gone\nprint(1)\n```\n\n```python\nprint(2)\n```\n")
    done = coderunner("docs", "check", str(page))
    assert f"{page}:1 python needs '#gone', which is nothing of this page" in done.stdout
    assert f"{page}:5 python ok" in done.stdout
    assert "1 programs ran, 1 wrong" in done.stderr


@pytest.mark.parametrize(
    ("name", "words"), [("gone.md", "cannot read"), ("page.txt", "is none of .htm, .html"), ("bytes.md", "not UTF-8")]
)
def test_what_is_no_page_is_one_clear_sentence(page: Path, coderunner: Cli, name: str, words: str) -> None:
    (page.parent / "page.txt").write_text("")
    (page.parent / "bytes.md").write_bytes(b"\xff")
    done = coderunner("docs", "check", str(page.parent / name))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert words in done.stderr
