"""Readers of every kind: with a keyboard alone, with a screen reader, in the dark, on a phone, from right to left."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.e2e.page.blog import Blog, sample
from tests.e2e.page.reader import Reader

pytestmark = pytest.mark.asyncio(loop_scope="package")
LONG = "for number in range(3):\n    print('a line that is longer than a phone is wide', number, 'and goes on and on')"


async def test_a_keyboard_is_enough(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print(1)") + sample("python", "print(2)")))
    press = reader.page.keyboard.press
    await press("Tab")
    await expect(runner.code).to_be_focused()
    await press("Control+Enter")
    await runner.has_ended("Done")
    await press("Tab")
    await expect(runner.run).to_be_focused()
    await press("Enter")
    await runner.has_ended("Done")
    await press("Tab")
    await expect(runner.output).to_be_focused()
    await press("Tab")
    await expect(reader.runner(1).code).to_be_focused()
    await press("Shift+Tab")
    await expect(runner.output).to_be_focused()


async def test_tab_indents_once_something_is_typed_and_escape_gives_it_back(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "")))
    await runner.code.focus()
    press, write = reader.page.keyboard.press, reader.page.keyboard.type
    await write("if 1:")
    await press("Enter")
    await expect(runner.code).to_have_value("if 1:\n    ")
    await press("Tab")
    await write("print(1)")
    await expect(runner.code).to_have_value("if 1:\n        print(1)")
    await press("Shift+Tab")
    await expect(runner.code).to_have_value("if 1:\n    print(1)")
    await press("Control+z")
    await expect(runner.code).to_have_value("if 1:\n        print(1)")
    await press("Escape")
    await press("Tab")
    await expect(runner.run).to_be_focused()
    await press("Shift+Tab")
    await expect(runner.code).to_be_focused()


async def test_stop_is_where_the_focus_is(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print('on', flush=True)\nwhile True: pass")))
    await runner.run.focus()
    await reader.page.keyboard.press("Enter")
    await expect(runner.output).to_contain_text("on")
    await reader.page.keyboard.press("Enter")
    await runner.has_ended("Stopped")
    await expect(runner.run).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [900, 360])
async def test_nothing_is_wrong_for_who_does_not_see_it(blog: Blog, reader: Reader, scheme: str, width: int) -> None:
    colours = "# all\n@cached\nclass A:\n    def f(self): return f'{1}' + str(None)"
    body = "".join((
        sample("python", "print(1)\nx = 1 / 0", 'stdin="Ada"'),
        sample("python", "print('a')", 'expect="b"'),
        sample("python", colours, inside="<output>recorded</output>"),
        sample("java", "public class Main { int x = 1; /* c */ @Override public String s() { return f(null); } }"),
        sample("cpp", '#include <vector>\nint main() { auto s = "x"; return f(0x1F); } // c', 'editor="off"'),
        sample("bash", 'for x in "$@"; do echo $x | grep -c true; done # c'),
    ))  # fmt: skip
    await reader.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await reader.page.set_viewport_size({"width": width, "height": 800})
    runner = await reader.opens(blog.post(body))
    await runner.runs("Exit code 1")
    await reader.runner(1).runs("Not yet right")
    await runner.code.fill("print(1)\nx = 2 / 0")
    assert reader.complaints == []
    found = await Axe().run(reader.page)
    reader.complaints.clear()  # it measures with styles that the page's policy forbids
    assert found.violations_count == 0, found.generate_report()


async def test_what_is_told_is_in_places_that_are_read_out(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print(1)")))
    await expect(runner.code).to_have_accessible_name("Python code")
    await expect(runner.code).to_have_accessible_description(
        "Control+Enter runs it. Tab indents once you have typed; Escape, then Tab leaves."
    )
    await expect(reader.page.get_by_role("group", name="Python example")).to_be_visible()
    await runner.runs()
    await expect(runner.output).to_have_accessible_name("Output")
    await expect(runner.status).to_contain_text("Done")


async def test_run_stays_where_it_is(blog: Blog, reader: Reader) -> None:
    """Nothing above the output moves, whatever is said: who presses Run twice hits it twice."""
    for width in (900, 360):
        await reader.page.set_viewport_size({"width": width, "height": 800})
        source = "import time\nprint(1, flush=True)\ntime.sleep(0.3)\nprint(2)"
        runner = await reader.opens(blog.post(sample("python", source)))
        before = await runner.run.bounding_box()
        await runner.run.click()
        await expect(runner.output).to_have_text("1")
        assert await runner.run.bounding_box() == before
        await runner.has_ended("Done")
        assert await runner.run.bounding_box() == before
        height = await runner.element.evaluate("element => element.offsetHeight")
        await runner.run.click()
        assert await runner.element.evaluate("element => element.offsetHeight") == height
        await runner.has_ended("Done")
        await runner.code.press_sequentially("x")
        await expect(runner.button("Reset")).to_be_visible()
        assert await runner.run.bounding_box() == before


async def test_the_letters_are_where_the_caret_is(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "x = '\tñ' # c\n" * 3)))
    sizes = """element => [".colours", "textarea"].map((name) => {
        const part = element.shadowRoot.querySelector(".editor").querySelector(name), style = getComputedStyle(part);
        return [style.font, style.padding, style.lineHeight, style.tabSize, style.letterSpacing, part.scrollHeight,
                part.getBoundingClientRect().top, part.getBoundingClientRect().left, style.textAlign];
    })"""
    colours, typed = await runner.element.evaluate(sizes)
    assert colours == typed


async def test_dark_and_light_are_the_pages(blog: Blog, reader: Reader) -> None:
    paper = "frame => getComputedStyle(frame).backgroundColor"
    runner = await reader.opens(blog.post(sample("python", "print(1)") + sample("python", "", 'theme="dark"')))
    seen = []
    for scheme in ("light", "dark"):
        await reader.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        frames = [reader.runner(number).element.locator(".frame") for number in (0, 1)]
        seen.append([await frame.evaluate(paper) for frame in frames])
    assert seen[0][0] != seen[1][0] == seen[1][1] == seen[0][1]
    await runner.element.evaluate("element => element.style.setProperty('--code-runner-paper', 'rgb(1, 2, 3)')")
    assert await runner.element.locator(".frame").evaluate(paper) == "rgb(1, 2, 3)"


async def test_a_phone_scrolls_the_code_and_not_the_page(blog: Blog, reader: Reader) -> None:
    await reader.page.set_viewport_size({"width": 320, "height": 700})
    runner = await reader.opens(blog.post(sample("python", LONG)))
    await runner.code.press_sequentially(" ")
    await runner.runs()
    width, scrolled = await reader.page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert scrolled <= width
    assert await runner.element.locator(".editor").evaluate("box => box.scrollWidth > box.clientWidth")
    assert "ms" in await runner.status.inner_text()
    assert await runner.status.evaluate("status => status.scrollWidth <= status.clientWidth"), "all of it is seen"
    for part in (runner.run, runner.button("Reset"), runner.button("Copy link")):
        box = await part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 32


async def test_from_right_to_left_the_code_stays_from_left_to_right(blog: Blog, reader: Reader) -> None:
    body = '<h2 lang="he">שלום</h2>' + sample("python", "print('שלום')")
    runner = await reader.opens(blog.post(body, direction="rtl"))
    assert await runner.code.evaluate("area => getComputedStyle(area).direction") == "ltr"
    run, frame = await runner.run.bounding_box(), await runner.element.bounding_box()
    assert run is not None
    assert frame is not None
    assert run["x"] > frame["x"] + frame["width"] / 2
    assert await runner.runs() == "שלום"


@pytest.mark.parametrize("width", [900, 320])
async def test_what_went_wrong_can_be_read_to_its_end(blog: Blog, reader: Reader, width: int) -> None:
    await reader.page.set_viewport_size({"width": width, "height": 800})
    runner = await reader.opens(blog.post(sample("cobol", "DISPLAY 1.") + sample("python", "print(1)\nexit(1)")))
    await runner.runs("no live node serves the language")
    await reader.runner(1).runs("Exit code 1")
    for one in (runner, reader.runner(1)):
        for part in await one.status.locator("*").all():
            assert await part.evaluate("part => part.scrollWidth <= part.clientWidth + 1 || !part.clientWidth")
        assert await one.status.evaluate("status => status.scrollHeight <= status.clientHeight + 1")
    reader.complaints.clear()


async def test_from_right_to_left_words_from_left_to_right_stay_so(blog: Blog, reader: Reader) -> None:
    source = "int main() { return missing; }"
    runner = await reader.opens(blog.post(sample("cpp", source), direction="rtl"))
    await runner.runs("Does not compile")
    first_and_last = """part => {
        const text = document.createTreeWalker(part, NodeFilter.SHOW_TEXT).nextNode(), range = document.createRange();
        return [0, text.length - 1].map((at) => {
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            return range.getBoundingClientRect().left;
        });
    }"""
    for place in (".language", ".status b", ".notes bdi"):
        first, last = await runner.element.locator(place).first.evaluate(first_and_last)
        assert first < last, place


async def test_an_element_that_leaves_the_page_gives_the_code_back(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print('mine')")))
    await expect(reader.page.locator("main > pre")).to_be_hidden()
    await runner.element.evaluate("element => element.remove()")
    await expect(reader.page.locator("main > pre")).to_be_visible()
