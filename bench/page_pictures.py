"""Pictures of ``<code-runner>`` for docs/page.md: ``python -m bench.page_pictures``."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from bench.page import PROGRAMS, started
from dev.chromium import chromium_program
from dev.paths import REPOSITORY
from tests.e2e.page.blog import TOKEN, blogging, sample

FOLDER = REPOSITORY / "docs" / "img"
WIDE, NARROW = 760, 380
_WORDS = """# The most common words of a line
from collections import Counter

line = "the cat and the hat and the bat"
for word, count in Counter(line.split()).most_common(3):
    print(f"{word:>5} {'\u2588' * count} {count}")"""
_WRONG = """#include <iostream>

int main() {
    int total = 0;
    for (int n = 1; n <= 10; ++n) total += m;
    std::cout << total << "\\n"; // 55
}"""
_EXERCISE = """package main

import "fmt"

// greet says hello to one person
func greet(name string) string {
\treturn fmt.Sprintf("Hello %s", name)
}

func main() {
\tfmt.Println(greet("Ada"))
\tfmt.Println("How are you?")
}"""
_BODY = (
    sample("python", _WORDS)
    + sample("cpp", _WRONG)
    + sample("go", _EXERCISE, 'expect="Hello, Ada!\nHow are you?"')
)  # fmt: skip


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        stack = started(Path(directory))
        try:
            await stack.wait_served(*PROGRAMS, token=TOKEN)
            async with blogging(f"http://{stack.gateways[0].http_target}") as blog, async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
                address = blog.post(_BODY)
                await _picture(browser, address, "light", WIDE, "page-light.png")
                await _picture(browser, address, "dark", WIDE, "page-dark.png")
                await _picture(browser, address, "light", NARROW, "page-narrow.png")
                await browser.close()
        finally:
            stack.close()


async def _picture(browser: Browser, address: str, scheme: Literal["light", "dark"], width: int, name: str) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    await page.goto(address)
    for element in await page.locator("code-runner").all():
        await element.locator("button.run").click()
        await expect(element).not_to_have_attribute("state", "running", timeout=30_000)
        await expect(element).not_to_have_attribute("state", "unknown")
    await page.locator("code-runner").first.locator(".editor textarea").press_sequentially(" ")
    await page.locator("code-runner").first.locator(".editor textarea").press("Backspace")
    await page.locator("code-runner").first.locator("button.run").click()
    await expect(page.locator("code-runner").first).to_have_attribute("state", "succeeded")
    await page.evaluate("document.activeElement.blur(); document.querySelector('h1').hidden = true")
    await page.mouse.move(0, 0)
    await page.screenshot(path=FOLDER / name, full_page=True)
    Image.open(FOLDER / name).convert("RGB").quantize(128).save(FOLDER / name, optimize=True)
    await page.close()


if __name__ == "__main__":
    asyncio.run(main())
