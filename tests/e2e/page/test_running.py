"""Programs of every language on a page, from the click to what the reader sees."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from coderunner import Status
from tests.e2e.page.blog import TOKEN, Blog, sample
from tests.e2e.page.reader import Reader
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")
PROGRAMS = {
    "python": ("# says it\nprint('größer', 6 * 7)", "größer 42"),
    "javascript": ("// says it\nconsole.log('größer', 6 * 7)", "größer 42"),
    "java": (
        '// says it\npublic class Says { public static void main(String[] a) { System.out.println("größer " + 42); } }',
        "größer 42",
    ),
    "c": ('// says it\n#include <stdio.h>\nint main(void) { printf("größer %d\\n", 6 * 7); }', "größer 42"),
    "cpp": ('// says it\n#include <iostream>\nint main() { std::cout << "größer " << 6 * 7 << "\\n"; }', "größer 42"),
    "go": ('// says it\npackage main\nimport "fmt"\nfunc main() { fmt.Println("größer", 6*7) }', "größer 42"),
    "bash": ('# says it\nfor n in 42; do echo "größer $n"; done', "größer 42"),
}
BROKEN = {
    "python": ("print(1)\nx = 1 / 0\nprint(2)", "Exit code 1", 2, "ZeroDivisionError"),
    "javascript": ("const a = 1;\nconsole.log(b);", "Exit code 1", 2, "b is not defined"),
    "java": ("public class Main {\n  int f() { return x; }\n}", "Does not compile", 2, "cannot find symbol"),
    "c": ("int main(void) {\n  int a = 1;\n  return b;\n}", "Does not compile", 3, "undeclared"),
    "cpp": ("int main() {\n  int a = 1;\n  return b;\n}", "Does not compile", 3, "not declared"),
    "go": ("package main\n\nfunc main() {\n\tx := 1\n}", "Does not compile", 4, "declared and not used"),
}
_END_OF_LINE = """(colours, line) => {
    const walker = document.createTreeWalker(colours, NodeFilter.SHOW_TEXT);
    for (let left = line; walker.nextNode();) {
        for (let at = 0; at < walker.currentNode.length; at++) {
            if (walker.currentNode.data[at] !== '\\n' || --left > 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at);
            return range.getBoundingClientRect().left;
        }
    }
}"""
"""Where the letters of a line end, in pixels."""


@pytest.mark.parametrize("language", PROGRAMS)
async def test_a_program_of_each_language_runs_and_has_colours(blog: Blog, reader: Reader, language: str) -> None:
    source, printed = PROGRAMS[language]
    runner = await reader.opens(blog.post(sample(language, source)))
    assert await runner.code.input_value() == source
    assert (await runner.element.locator(".colours .comment").all_inner_texts())[0].endswith("says it")
    await expect(runner.element.locator(".colours .string").first).to_be_visible()
    assert await runner.runs() == printed
    assert "ms" in await runner.status.inner_text()


async def test_time_and_memory_are_said(blog: Blog, reader: Reader) -> None:
    source = "import time\ntime.sleep(1.2)\nprint(len(bytearray(50 << 20)))"
    runner = await reader.opens(blog.post(sample("python", source)))
    await runner.runs()
    said = await runner.status.inner_text()
    assert re.search(r"\b1\.\d s\b", said), said
    assert re.search(r"\b[56]\d\.\d MiB\b", said), said


@pytest.mark.parametrize("language", BROKEN)
async def test_an_error_is_marked_on_its_line(blog: Blog, reader: Reader, language: str) -> None:
    source, words, line, message = BROKEN[language]
    runner = await reader.opens(blog.post(sample(language, source)))
    await runner.runs(words)
    await expect(runner.marks).to_have_count(1)
    await expect(runner.notes).to_contain_text(message)
    await expect(runner.code).to_have_attribute("aria-invalid", "true")
    await runner.button(f"Line {line}").click()
    await expect(runner.code).to_be_focused()
    at = await runner.code.evaluate("area => area.value.slice(0, area.selectionStart).split('\\n').length")
    assert at == line
    top = await runner.marks.evaluate("mark => mark.getBoundingClientRect().top")
    of_line = await runner.code.evaluate(
        "(area, line) => { const s = getComputedStyle(area); return area.getBoundingClientRect().top"
        " + parseFloat(s.paddingTop) + (line - 1) * parseFloat(s.lineHeight); }",
        line,
    )
    assert abs(top - of_line) < 2
    words = await runner.marks.locator("span").evaluate("words => words.getBoundingClientRect().left")
    code = await runner.element.locator(".colours").evaluate(_END_OF_LINE, line)
    assert words > code, "the message is behind the line"
    await reader.page.keyboard.type(" ")
    await expect(runner.marks).to_have_count(0)


async def test_an_error_of_a_program_that_was_changed_meanwhile_is_marked_on_no_line(
    blog: Blog, reader: Reader
) -> None:
    source = "import time\nprint(1, flush=True)\ntime.sleep(2)\n1 / 0\n"
    runner = await reader.opens(blog.post(sample("python", source)))
    await runner.run.click()
    await expect(runner.output).to_have_text("1")
    await runner.code.fill(f"# longer\n{source}")
    await runner.has_ended("Exit code 1")
    await expect(runner.output).to_contain_text("ZeroDivisionError")
    await expect(runner.marks).to_have_count(0)


async def test_output_is_seen_before_the_end_and_stop_ends_it(blog: Blog, reader: Reader, page_stack: Stack) -> None:
    source = (
        "import itertools, time\nfor n in itertools.count():\n    print('line', n, flush=True)\n    time.sleep(0.1)"
    )
    runner = await reader.opens(blog.post(sample("python", source)))
    await runner.run.click()
    await expect(runner.output).to_contain_text("line 3")
    await expect(runner.element).to_have_attribute("state", "running")
    await expect(runner.run).to_have_accessible_name("Stop")
    await runner.run.click()
    await runner.has_ended("Stopped")
    await expect(runner.run).to_have_accessible_name("Run")
    await expect(runner.output).to_contain_text("line 3")
    async with page_stack.gateways[0].client(TOKEN) as client:
        newest = [one.status async for one in client.list(limit=1)]
    assert newest == [Status.CANCELLED]


async def test_a_flood_ends_and_the_page_keeps_its_beginning(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "n = 0\nwhile True:\n    print(n, 'x' * 100)\n    n += 1")))
    shown = await runner.runs("Too much output")
    assert shown.startswith("0 xxx")
    assert len(shown) <= 100_000
    await expect(runner.status).to_contain_text("output cut")


async def test_too_much_memory_is_said(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "x = bytearray(8 << 30)\nprint(len(x))")))
    await runner.runs("Out of memory")


async def test_too_much_time_is_said(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print('on', flush=True)\nwhile True: pass")))
    assert "on" in await runner.runs("Out of time")


async def test_a_program_reads_what_the_reader_wrote(blog: Blog, reader: Reader) -> None:
    source = "name = input()\nprint('Hello', name)\nprint(input())"
    runner = await reader.opens(blog.post(sample("python", source, 'stdin="Ada"')))
    field = runner.element.get_by_label("Input")
    await expect(field).to_have_value("Ada")
    await field.fill("Grace\nsecond line")
    await field.press("Control+Enter")
    await runner.has_ended("Done")
    assert await runner.printed() == "Hello Grace\nsecond line"


async def test_errors_that_are_printed_are_told_from_the_rest(blog: Blog, reader: Reader) -> None:
    source = (
        "import sys, time\nprint('said', flush=True)\ntime.sleep(0.2)\n"
        "print('complained', file=sys.stderr, flush=True)\ntime.sleep(0.2)\nprint('said again')"
    )
    runner = await reader.opens(blog.post(sample("python", source)))
    await runner.runs()
    pieces = runner.output.locator("span span")
    assert [[await one.get_attribute("class"), await one.text_content()] for one in await pieces.all()] == [
        ["out", "said\n"],
        ["err", "complained\n"],
        ["out", "said again\n"],
    ]


async def test_two_tabs_run_beside_one_another(blog: Blog, reader: Reader) -> None:
    source = "import time\nfor n in range(5):\n    print('NAME', n, flush=True)\n    time.sleep(0.2)"
    other = Reader(await reader.page.context.new_page())
    tabs = {"first": reader, "second": other}
    runners = {}
    for name, tab in tabs.items():
        runners[name] = await tab.opens(blog.post(sample("python", source.replace("NAME", name))))
    for runner in runners.values():
        await runner.run.click()
    for name, runner in runners.items():
        await runner.has_ended("Done")
        assert await runner.printed() == "\n".join(f"{name} {n}" for n in range(5))
    assert other.complaints == []


async def test_what_a_program_prints_is_text_and_nothing_else(blog: Blog, reader: Reader) -> None:
    hostile = "<img src=x onerror=document.title=1><script>document.title=2</script>\\x1b[31mred\\x1b[0m"
    runner = await reader.opens(blog.post(sample("python", f"print('{hostile}')")))
    assert await runner.runs() == hostile.replace("\\x1b[31m", "").replace("\\x1b[0m", "")
    assert await runner.output.locator("img, script").count() == 0
    assert await reader.page.title() == "A post"


async def test_a_key_that_is_not_known_is_said(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print(1)"), key="wrong"))
    await runner.run.click()
    await runner.has_ended("")
    await expect(runner.element).to_have_attribute("state", "failed")
    assert len(await runner.status.inner_text()) > 10
    assert [text for text in reader.complaints if "401" not in text] == []
    reader.complaints.clear()


async def test_a_language_that_is_not_served_is_said(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "MOVE 42", 'language="cobol"')))
    await runner.run.click()
    await runner.has_ended("cobol")
    reader.complaints.clear()


async def test_a_program_that_prints_nothing_says_so(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "x = 1")))
    assert await runner.runs("It printed nothing.") == ""


LEAVES = """
import os, struct, zlib
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
rows = b"".join(b"\\0" + bytes(range(0, 240, 4)) for _ in range(30))
os.mkdir("out")
with open("out/ramp.png", "wb") as file:
    file.write(b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60, 30, 8, 0, 0, 0, 0)))
    file.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
open("out/table.csv", "w").write("city,people\\nUlm,128000\\n")
open("out/page.html", "w").write("<h1>made</h1><script>parent.document.title = 'taken'</script>")
open("out/pic.svg", "w").write(
    "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
    "<script>parent.document.title = 'taken'</script></svg>"
)
open("out/data.bin", "wb").write(b"\\0\\xff")
open("out/<img src=x onerror=alert(1)>.txt", "w").write("<b>text</b>")
"""


async def test_files_that_it_leaves_are_shown_and_can_be_saved(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", LEAVES), shows_files=True))
    await runner.runs("Done")
    files = runner.element.locator(".file")
    await expect(files).to_have_count(6)
    picture = runner.element.get_by_role("img", name="out/ramp.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.naturalWidth") == 60
    assert await picture.evaluate("image => getComputedStyle(image).display") == "block"
    await expect(runner.element.get_by_role("cell", name="128000")).to_be_visible()
    await expect(runner.element.locator("iframe")).to_have_attribute("sandbox", "")
    await expect(runner.element.frame_locator("iframe").get_by_role("heading", name="made")).to_be_visible()
    await expect(runner.element.get_by_text("<b>text</b>", exact=True)).to_be_visible()
    async with reader.page.expect_download() as saved:
        await runner.element.get_by_role("link", name="out/data.bin").click()
    assert (await (await saved.value).path()).read_bytes() == b"\0\xff"
    assert await reader.page.title() == "A post"
    reader.complaints = [one for one in reader.complaints if "sandboxed" not in one]  # its script was kept from running
    await runner.code.fill("print(1)")
    await runner.runs()
    await expect(files).to_have_count(0)


async def test_where_a_policy_forbids_to_show_files_they_can_be_saved(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", LEAVES)))
    await runner.runs("Done")
    await expect(runner.element.get_by_role("link", name="out/ramp.png")).to_be_visible()
    reader.complaints.clear()


async def test_who_presses_stop_twice_waits_for_nobody(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print(1)")))
    await reader.page.route("**/v1/executions", lambda route: None)  # nobody answers
    await runner.run.click()
    await expect(runner.run).to_have_accessible_name("Stop")
    await runner.run.click()
    await expect(runner.status).to_contain_text("Stopping")
    await runner.run.click()
    await runner.has_ended("Stopped")
    await reader.page.unroute("**/v1/executions")
    assert await runner.runs() == "1"


async def test_the_connection_is_there_before_the_click(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print(1)") + sample("python", "print(2)")))
    link = reader.page.locator("link[rel=preconnect]")
    await expect(link).to_have_count(0)
    await runner.run.hover()
    await expect(link).to_have_attribute("href", blog.gateway)
    await reader.runner(1).code.focus()
    await expect(link).to_have_count(1)
