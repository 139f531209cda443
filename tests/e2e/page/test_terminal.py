"""A terminal in a page: xterm.js, which is fetched where a block asks for it."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.e2e.page.blog import Blog, sample
from tests.e2e.page.reader import PATIENCE_MS, Reader

pytestmark = pytest.mark.asyncio(loop_scope="package")

TERMINAL = """import curses, os, sys
print(os.get_terminal_size().lines, sys.stdin.isatty())
name = input("\\x1b[31mYour name?\\x1b[0m ")
print("Hello", name)"""


async def test_a_terminal_is_one_and_what_is_typed_into_it_is_read(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", TERMINAL, "terminal")))
    await runner.run.click()
    await expect(runner.terminal).to_contain_text("20 True", timeout=PATIENCE_MS)
    await expect(runner.terminal).to_contain_text("Your name?", timeout=PATIENCE_MS)
    await reader.page.keyboard.type("Adb")
    await reader.page.keyboard.press("Backspace")
    await reader.page.keyboard.type("a\n")
    await runner.has_ended("Done")
    await expect(runner.terminal).to_contain_text("Hello Ada")
    red = runner.terminal.locator(".xterm-fg-1").first
    await expect(red).to_have_text("Your name?")
    ink = await runner.terminal.evaluate("(box) => getComputedStyle(box).color")
    assert await red.evaluate("(one) => getComputedStyle(one).color") != ink


async def test_a_terminal_tells_the_program_its_size_and_when_that_changes(blog: Blog, reader: Reader) -> None:
    source = (
        "import os, signal\n"
        "signal.signal(signal.SIGWINCH, lambda *_: print('now', os.get_terminal_size().columns < 60))\n"
        "print('first', os.get_terminal_size().columns > 60)\n"
        "input(); input()"
    )
    runner = await reader.opens(blog.post(sample("python", source, "terminal")))
    await runner.run.click()
    await expect(runner.terminal).to_contain_text("first True", timeout=PATIENCE_MS)
    await reader.page.set_viewport_size({"width": 400, "height": 900})
    await expect(runner.terminal).to_contain_text("now True", timeout=PATIENCE_MS)
    await runner.run.click()
    await runner.has_ended("Stopped")


async def test_a_full_screen_program_and_every_colour_are_shown_under_the_strictest_policy(
    blog: Blog, reader: Reader
) -> None:
    source = (
        "import curses\n"
        "def main(screen):\n"
        "    curses.start_color(); curses.init_pair(1, curses.COLOR_GREEN, curses.COLOR_BLUE)\n"
        "    screen.addstr(3, 5, 'in the middle', curses.color_pair(1) | curses.A_BOLD); screen.refresh()\n"
        "    screen.getkey()\n"
        "print('\\x1b[38;2;1;200;3mtrue colour\\x1b[0m', flush=True); input()\n"
        "curses.wrapper(main); print('left')"
    )
    runner = await reader.opens(blog.post(sample("python", source, "terminal")))
    await runner.run.click()
    await expect(runner.terminal).to_contain_text("true colour", timeout=PATIENCE_MS)
    await reader.page.keyboard.type("\n")
    await expect(runner.terminal).to_contain_text("in the middle", timeout=PATIENCE_MS)
    await reader.page.keyboard.press("q")
    await runner.has_ended("Done")
    await expect(runner.terminal).to_contain_text("left")


async def test_the_keyboard_leaves_a_terminal_after_escape(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "input('? ')", "terminal")))
    await runner.run.click()
    await expect(runner.terminal).to_contain_text("?", timeout=PATIENCE_MS)
    inside = "() => document.querySelector('code-runner').shadowRoot.querySelector('.screen').contains("
    inside += "document.querySelector('code-runner').shadowRoot.activeElement)"
    assert await reader.page.evaluate(inside)
    await reader.page.keyboard.press("Escape")
    await reader.page.keyboard.press("Tab")
    assert not await reader.page.evaluate(inside)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_a_terminal_and_codemirror(
    blog: Blog, reader: Reader, scheme: Literal["light", "dark"]
) -> None:
    await reader.page.emulate_media(color_scheme=scheme)
    rich = sample("python", "print(1 / 0)", 'editor="codemirror"')
    terminal = await reader.opens(blog.post(sample("python", TERMINAL, "terminal") + rich))
    await terminal.run.click()
    await expect(terminal.terminal).to_contain_text("Your name?", timeout=PATIENCE_MS)
    await reader.runner(1).runs("Exit code 1")
    assert reader.complaints == []
    found = await Axe().run(reader.page)
    reader.complaints.clear()  # it measures with styles that the page's policy forbids
    assert found.violations_count == 0, found.generate_report()
