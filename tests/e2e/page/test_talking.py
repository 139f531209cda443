"""Programs that a page's reader talks to while they run."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.e2e.page.blog import Blog, sample
from tests.e2e.page.reader import PATIENCE_MS, Reader

pytestmark = pytest.mark.asyncio(loop_scope="package")

ASKS = "name = input('Your name? ')\nage = input('Your age? ')\nprint('Hello', name, age)"


async def test_where_the_program_waits_there_is_a_cursor_and_what_is_typed_there_is_read(
    blog: Blog, reader: Reader
) -> None:
    runner = await reader.opens(blog.post(sample("python", ASKS, "interactive")))
    await runner.run.click()
    await expect(runner.input).to_be_focused(timeout=PATIENCE_MS)
    await expect(runner.output).to_have_text("Your name? ")
    await reader.page.keyboard.type("Ada\n")
    await expect(runner.output).to_have_text("Your name? Ada\nYour age? ", timeout=PATIENCE_MS)
    await expect(runner.element.locator(".asks")).to_have_class("asks waits")
    await reader.page.keyboard.type("36\n")
    await runner.has_ended("Done")
    assert await runner.printed() == "Your name? Ada\nYour age? 36\nHello Ada 36"
    await expect(runner.input).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("javascript", "process.stdin.on('data', (line) => { console.log('got ' + line); process.exit(); });"),
        ("cpp", '#include <iostream>\nint main() { std::string s; std::cin >> s; std::cout << "got " << s; }'),
        ("java", "public class Main { public static void main(String[] a) { "
         'System.out.println("got " + new java.util.Scanner(System.in).nextLine()); } }'),
        ("bash", "read -r line; echo got $line"),
        ("go", 'package main\nimport "fmt"\nfunc main() { var s string; fmt.Scanln(&s); fmt.Println("got", s) }'),
    ],
)  # fmt: skip
async def test_a_program_of_any_language_is_answered(blog: Blog, reader: Reader, language: str, source: str) -> None:
    runner = await reader.opens(blog.post(sample(language, source, "interactive")))
    await runner.run.click()
    await expect(runner.input).to_be_visible(timeout=PATIENCE_MS)
    await runner.input.fill("Ada")
    await runner.input.press("Enter")
    await runner.has_ended("Done")
    assert "got Ada" in await runner.printed()


async def test_lines_that_are_pasted_are_lines_and_the_end_of_the_input_can_be_said(blog: Blog, reader: Reader) -> None:
    source = "import sys\nprint(sorted(sys.stdin.read().split()))"
    runner = await reader.opens(blog.post(sample("python", source, "interactive")))
    await runner.run.click()
    await expect(runner.input).to_be_focused(timeout=PATIENCE_MS)
    await runner.input.evaluate(
        "(field) => { const data = new DataTransfer(); data.setData('text', 'c\\r\\na\\nb');"
        " field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }"
    )
    await expect(runner.input).to_have_value("b")
    await runner.input.press("Enter")
    await expect(runner.input).to_have_value("")
    await runner.input.press("Control+d")
    await runner.has_ended("Done")
    assert await runner.printed() == "c\na\nb\n['a', 'b', 'c']"


async def test_an_interrupt_reaches_the_program_and_stop_ends_it(blog: Blog, reader: Reader) -> None:
    source = "try:\n    input('? ')\nexcept KeyboardInterrupt:\n    print('interrupted')\ninput('again? ')"
    runner = await reader.opens(blog.post(sample("python", source, "interactive")))
    await runner.run.click()
    await expect(runner.input).to_be_focused(timeout=PATIENCE_MS)
    await runner.input.press("Control+c")
    await expect(runner.output).to_contain_text("interrupted\nagain? ", timeout=PATIENCE_MS)
    await runner.run.click()
    await runner.has_ended("Stopped")


async def test_an_input_that_the_page_gives_is_read_before_what_is_typed(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", ASKS, 'interactive stdin="Ada"')))
    await runner.run.click()
    await expect(runner.input).to_be_visible(timeout=PATIENCE_MS)
    await runner.input.fill("36")
    await runner.input.press("Enter")
    await runner.has_ended("Done")
    assert (await runner.printed()).endswith("Hello Ada 36")


async def test_a_program_that_is_silent_can_be_told_something_although_it_does_not_wait(
    blog: Blog, reader: Reader
) -> None:
    source = "import time, sys, select\nwhile not select.select([sys.stdin], [], [], 0)[0]:\n    pass\nprint(input())"
    runner = await reader.opens(blog.post(sample("python", source, "interactive")))
    await runner.run.click()
    await expect(runner.input).to_be_visible(timeout=PATIENCE_MS)
    await runner.input.fill("Ada")
    await runner.input.press("Enter")
    await runner.has_ended("Done")
    assert await runner.printed() == "Ada\nAda"


async def test_of_two_programs_that_are_talked_to_each_reads_its_own(blog: Blog, reader: Reader) -> None:
    await reader.opens(blog.post(sample("python", ASKS, "interactive") * 2))
    first, second = reader.runner(0), reader.runner(1)
    for runner in (first, second):
        await runner.run.click()
        await expect(runner.input).to_be_visible(timeout=PATIENCE_MS)
    for runner, name in ((second, "Grace"), (first, "Ada")):
        await runner.input.fill(name)
        await runner.input.press("Enter")
        await expect(runner.output).to_contain_text("Your age? ", timeout=PATIENCE_MS)
        await runner.input.fill("36")
        await runner.input.press("Enter")
    for runner, name in ((second, "Grace"), (first, "Ada")):
        await runner.has_ended("Done")
        assert (await runner.printed()).endswith(f"Hello {name} 36")


async def test_a_block_has_the_limits_that_its_page_says(blog: Blog, reader: Reader) -> None:
    source = "import time\nprint('begun', flush=True)\ntime.sleep(20)"
    runner = await reader.opens(blog.post(sample("python", source, 'limits="wall_ms:400 cpu_ms:300"')))
    assert await runner.runs("Out of time") == "begun"


async def test_where_there_is_no_terminal_to_be_had_that_is_said(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "input()", f'terminal parts="{blog.origin}/nowhere"')))
    await runner.run.click()
    await runner.has_ended("The server cannot be reached.")
    reader.complaints.clear()  # the browser's own, of what is not there


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_where_programs_ask(
    blog: Blog, reader: Reader, scheme: Literal["light", "dark"]
) -> None:
    await reader.page.emulate_media(color_scheme=scheme)
    runner = await reader.opens(blog.post(sample("python", ASKS, "interactive")))
    await runner.run.click()
    await expect(runner.input).to_be_visible(timeout=PATIENCE_MS)
    assert reader.complaints == []
    found = await Axe().run(reader.page)
    reader.complaints.clear()  # it measures with styles that the page's policy forbids
    assert found.violations_count == 0, found.generate_report()
