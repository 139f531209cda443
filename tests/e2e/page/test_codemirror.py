"""CodeMirror in the place of the plain editor, where a block asks for it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.page.blog import Blog, sample
from tests.e2e.page.reader import PATIENCE_MS, Reader

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_program_is_written_in_codemirror_run_and_put_back(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(
        blog.post(sample("python", "def f():\n    return 42\nprint(f())", 'editor="codemirror"'))
    )
    code = runner.element.get_by_role("textbox", name="Python code")
    await expect(runner.element.locator(".cm-editor")).to_be_visible(timeout=PATIENCE_MS)
    keyword = runner.element.locator(".cm-line span", has_text="def").first
    ink = await code.evaluate("(one) => getComputedStyle(one).color")
    assert await keyword.evaluate("(one) => getComputedStyle(one).color") != ink
    assert await runner.runs() == "42"
    await code.press("Control+a")
    await reader.page.keyboard.type("print('changed')")
    await code.press("Control+Enter")
    await expect(runner.output).to_have_text("changed\n", timeout=PATIENCE_MS)
    await runner.button("Reset").click()
    assert await runner.runs() == "42"


async def test_an_error_is_marked_on_its_line_and_the_mark_goes_with_the_next_edit(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "x = 1\nprint(1 / 0)\ny = 2", 'editor="codemirror"')))
    await expect(runner.element.locator(".cm-editor")).to_be_visible(timeout=PATIENCE_MS)
    await runner.runs("Exit code 1")
    await expect(runner.element.locator(".cm-lintRange-error")).to_have_text("print(1 / 0)")
    await runner.button("Line 2").click()
    await expect(runner.element.get_by_role("textbox", name="Python code")).to_be_focused()
    await reader.page.keyboard.type("#")
    await expect(runner.element.locator(".cm-lintRange-error")).to_have_count(0)


@pytest.mark.parametrize("language", ["javascript", "java", "cpp", "go", "bash"])
async def test_every_language_has_its_colours(blog: Blog, reader: Reader, language: str) -> None:
    source = {"bash": 'if true; then echo "a"; fi'}.get(language, 'if (x) { return "a"; }')
    runner = await reader.opens(blog.post(sample(language, source, 'editor="codemirror"')))
    await expect(runner.element.locator(".cm-line span").first).to_be_visible(timeout=PATIENCE_MS)


async def test_where_codemirror_is_not_to_be_had_the_plain_editor_does(blog: Blog, reader: Reader) -> None:
    attributes = f'editor="codemirror" parts="{blog.origin}/nowhere"'
    runner = await reader.opens(blog.post(sample("python", "print(6 * 7)", attributes)))
    assert await runner.runs() == "42"
    reader.complaints.clear()  # the browser's own, of what is not there
