"""Pictures of the demo blog for the README: ``python -m bench.blog_pictures``."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from bench.page import PROGRAMS, demo_blog, started
from bench.page_pictures import FOLDER
from dev.chromium import chromium_program
from tests.e2e.page.blog import TOKEN

WIDE, NARROW = 900, 390
HEIGHTS = {WIDE: 1180, NARROW: 1240}


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        stack = started(Path(directory))
        try:
            await stack.wait_served(*PROGRAMS, token=TOKEN)
            with demo_blog(stack, Path(directory)) as blog:
                async with async_playwright() as playwright:
                    program = chromium_program()
                    browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
                    await _picture(browser, blog.url, "light", WIDE, "blog-light.png")
                    await _picture(browser, blog.url, "dark", WIDE, "blog-dark.png")
                    await _picture(browser, blog.url, "light", NARROW, "blog-narrow.png")
                    await browser.close()
        finally:
            stack.close()


async def _picture(browser: Browser, address: str, scheme: Literal["light", "dark"], width: int, name: str) -> None:
    """The top of the article, while its first program prints."""
    page = await browser.new_page(viewport={"width": width, "height": HEIGHTS[width]}, color_scheme=scheme)
    await page.goto(address)
    first = page.locator("code-runner").first
    await first.locator("button.run").click()
    await expect(first.get_by_role("log")).to_contain_text("9232")
    await page.screenshot(path=FOLDER / name)
    Image.open(FOLDER / name).convert("RGB").quantize(128).save(FOLDER / name, optimize=True)
    await page.close()


if __name__ == "__main__":
    asyncio.run(main())
