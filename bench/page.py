"""From the click on Run to the output on the screen, in Chromium, on a page with ``<code-runner>``.

    python -m bench.page [--quick]

A gateway, a node and a page of another origin, all on this machine; and the demo blog, whose own backend stands
between. The click is the moment of its event; on the screen is what the browser has painted: the first task after the
frame that has the output. Writes ``bench/results/page.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from bench.figures import median, save
from dev.chromium import chromium_program
from tests.e2e.page.blog import TOKEN, blogging, sample
from tests.servers.blog import CALLS_BACK, BlogServer
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

PROGRAMS = {
    "python": "print(6 * 7)",
    "javascript": "console.log(6 * 7)",
    "bash": "echo $((6 * 7))",
    "java": "public class Main { public static void main(String[] a) { System.out.println(6 * 7); } }",
    "cpp": "#include <iostream>\nint main() { std::cout << 6 * 7; }",
    "go": 'package main\nimport "fmt"\nfunc main() { fmt.Println(6 * 7) }',
}
ROUNDS, QUICK_ROUNDS = 40, 3
WARM_UP = 3
READING_S = 0.3
"""Between two clicks: a reader reads, and a started interpreter waits again for the next program."""
_CLICK = """(element) => new Promise((done) => {
    const root = element.shadowRoot, output = root.querySelector('.output > span');
    let clicked;
    const seen = new MutationObserver(() => {
        if (!output.querySelector('span.out')) return;
        seen.disconnect();
        const inPage = performance.now() - clicked;
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done([inPage, performance.now() - clicked]);
            port2.postMessage(0);
        });
    });
    output.replaceChildren();
    seen.observe(output, { childList: true });
    root.querySelector('button.run').addEventListener('click', () => { clicked = performance.now(); },
        { once: true, capture: true });
    root.querySelector('button.run').click();
})"""
"""What the reader waits for: milliseconds until the output is in the page, and until it is on the screen."""
_ALONE = """([language, source]) => {
    const code = document.createElement('code');
    Object.assign(code, { className: `language-${language}`, textContent: source });
    const pre = document.createElement('pre');
    pre.append(code);
    document.querySelector('main').replaceChildren(pre, document.createElement('code-runner'));
}"""
_CHANGED = "(element) => { element.code += '\\n'; }"


async def main(quick: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        stack = started(Path(directory))
        try:
            await stack.wait_served(*PROGRAMS, token=TOKEN)
            rounds = QUICK_ROUNDS if quick else ROUNDS
            rows = await _measured(stack, Path(directory), rounds)
        finally:
            stack.close()
    for row in rows:
        print(row)
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("page.json", {"machine": machine, "rounds": ROUNDS, "rows": rows})


def started(directory: Path) -> Stack:
    """A gateway that lets pages of any origin in, and a node for all languages; close it."""
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    for server in (*stack.nats.members, *stack.etcd.members):
        server.start()
    stack.add_gateway(http_origins=["*"], tokens={"blog": TOKEN}, **CALLS_BACK)
    stack.add_node(languages=list(PROGRAMS))
    return stack


async def _measured(stack: Stack, directory: Path, rounds: int) -> list[dict[str, object]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
        rows = await _straight(browser, f"http://{stack.gateways[0].http_target}", rounds)
        with demo_blog(stack, directory) as blog:
            rows.append(await _through_the_blog(browser, blog, rounds, changes=True))
            rows.append(await _through_the_blog(browser, blog, rounds, changes=False))
        await browser.close()
        return rows


async def _straight(browser: Browser, gateway: str, rounds: int) -> list[dict[str, object]]:
    """The page asks the gateway."""
    async with blogging(gateway) as blog:
        page = await browser.new_page()
        rows: list[dict[str, object]] = []
        for language, source in PROGRAMS.items():
            await page.goto(blog.post(sample(language, source)))
            times = [await _run(page) for _ in range(WARM_UP + rounds)][WARM_UP:]
            rows.append({"language": language, "asked": "gateway", "chromium": browser.version, **_row(times)})
        await page.close()
        return rows


async def _through_the_blog(browser: Browser, blog: BlogServer, rounds: int, *, changes: bool) -> dict[str, object]:
    """The page asks the blog's own backend: Python alone, since the blog has a rate for each reader. ``changes``: each
    click is of another program; most readers run a sample as it stands, and are told a kept answer."""
    page = await browser.new_page()
    await page.goto(blog.url)
    await page.evaluate(_ALONE, ["python", PROGRAMS["python"]])
    times = []
    for _ in range(WARM_UP + rounds):
        if changes:
            await page.locator("code-runner").evaluate(_CHANGED)
        times.append(await _run(page))
    await page.close()
    asked = "backend" if changes else "backend, kept"
    return {"language": "python", "asked": asked, "chromium": browser.version, **_row(times[WARM_UP:])}


@contextmanager
def demo_blog(stack: Stack, directory: Path) -> Iterator[BlogServer]:
    """The demo blog in its processes, with a bus of its own."""
    bus = NatsServer(directory, name="blog-nats")
    blog = BlogServer(directory, stack.gateways[0].target, TOKEN, bus)
    try:
        bus.start()
        blog.start()
        yield blog
    finally:
        blog.stop()
        bus.stop()


async def _run(page: Page) -> tuple[float, float]:
    element = page.locator("code-runner")
    in_page, on_screen = await element.evaluate(_CLICK)
    await expect(element).to_have_attribute("state", "succeeded")
    await asyncio.sleep(READING_S)
    return in_page, on_screen


def _row(times: list[tuple[float, float]]) -> dict[str, float]:
    in_page, on_screen = (sorted(one[part] for one in times) for part in (0, 1))
    return {
        "in_page_p50_ms": round(median(in_page), 1),
        "on_screen_p50_ms": round(median(on_screen), 1),
        "on_screen_p95_ms": round(on_screen[int(len(on_screen) * 0.95)], 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few rounds, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
