"""What a page shows of output, in a browser: the module alone."""

from __future__ import annotations

import time

import pytest

from dev.page_element import PAGE
from tests.e2e.page.blog import Blog
from tests.e2e.page.reader import Reader

pytestmark = pytest.mark.asyncio(loop_scope="package")
SHOWS = """async ([lines, isHeld]) => {
    const { OutputView } = await import('/src/output_view.js');
    const frame = () => new Promise(requestAnimationFrame);
    const view = new OutputView();
    Object.assign(view.element.style, { height: '300px', overflow: 'auto' });
    document.body.replaceChildren(view.element);
    view.begin();
    for (let line = 0; line < lines; line++) {
        view.add([{ stage: 'run', stream: 'stdout', offset: line * 2, text: `${line % 10}\\n`, attempt: 1 }]);
        if (line === 1000) await frame();
        if (line === 1000 && isHeld) view.element.scrollTop = 0;
        if (line === 1000 && isHeld) await frame();
    }
    view.end([]);
    await frame();
    await frame();
    const { scrollTop, scrollHeight, clientHeight, textContent } = view.element;
    return [textContent.length, Math.round(scrollTop), Math.round(scrollHeight - clientHeight)];
}"""


@pytest.fixture
def modules(blog: Blog) -> Blog:
    for path in (PAGE / "src").glob("*.js"):
        blog.files[f"/src/{path.name}"] = ("text/javascript", path.read_text(encoding="utf-8"))
    return blog


@pytest.mark.parametrize("is_held", [False, True], ids=["at its end", "by a reader who has scrolled back"])
async def test_output_in_very_many_pieces_is_shown_in_a_moment_and_read_where_it_was(
    modules: Blog, reader: Reader, *, is_held: bool
) -> None:
    await reader.page.goto(modules.post("", has_script=False))
    begun = time.monotonic()
    chars, top, most = await reader.page.evaluate(SHOWS, [50_000, is_held])
    assert time.monotonic() - begun < 10
    assert (chars, top) == (100_000, 0 if is_held else most)
    assert most > 100_000
