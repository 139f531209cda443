"""What authors of pages write: exercises, set-up, blocks that build on each other, recorded output, codapi's pages."""

from __future__ import annotations

import base64
import zlib

import pytest
from playwright.async_api import expect

from tests.e2e.page.blog import TOKEN, Blog, sample
from tests.e2e.page.reader import Reader

pytestmark = pytest.mark.asyncio(loop_scope="package")
HIDDEN = '<script type="text/plain" id="{id}">\n{text}\n</script>'

ENGINES = {
    "Markdown": '<pre><code class="language-python">{0}\n{1}\n</code></pre>',
    "Pandoc": '<div class="sourceCode"><pre class="python language-python"><code>{0}\n{1}</code></pre></div>',
    "Jekyll": '<div class="language-python highlighter-rouge"><div class="highlight"><pre class="highlight">'
    "<code>{0}\n{1}\n</code></pre></div></div>",
    "Sphinx": '<div class="highlight-python3 notranslate"><div class="highlight"><pre><span></span>'
    '<span class="linenos">1</span>{0}\n<span class="linenos">2</span>{1}\n</pre></div></div>',
    "Hugo": '<div class="highlight"><table><tr><td><pre><code><span class="lnt">1\n</span><span class="lnt">2\n</span>'
    '</code></pre></td><td><pre><code class="language-python" data-lang="python"><span class="line">{0}\n</span>'
    '<span class="line">{1}</span></code></pre></td></tr></table></div>',
    "MkDocs": '<div class="language-python highlight"><pre><span></span><button></button>'
    "<code>{0}\n{1}</code></pre></div>",
    "GitHub": '<div class="highlight highlight-source-python"><pre>{0}\n{1}</pre></div>',
    "Docusaurus": '<div class="language-python"><pre class="prism-code language-python"><code><span>{0}<br></span>'
    "<span>{1}<br></span></code></pre></div>",
}
"""What each makes of a block of two lines."""


def packed(text: str) -> str:
    """As a link has a program."""
    squeezing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.urlsafe_b64encode(squeezing.compress(text.encode()) + squeezing.flush()).decode().rstrip("=")


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_block_of_every_engine_is_taken_as_it_is(blog: Blog, reader: Reader, engine: str) -> None:
    lines = ("for n in range(2):", "    print(n)")
    runner = await reader.opens(blog.post(ENGINES[engine].format(*lines) + "<code-runner></code-runner>"))
    await expect(runner.code).to_have_value("\n".join(lines))
    await expect(reader.page.locator("main > :not(h1, code-runner, code-runner-settings)")).to_be_hidden()
    assert await runner.element.evaluate("element => element.language") == "python"


async def test_an_exercise_is_right_or_wrong_and_says_what_differs(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print('a')\nprint('x')", 'expect="a\nb\n"')))
    await runner.runs("Not yet right")
    rows = await runner.notes.locator("li").all_inner_texts()
    assert [row.split() for row in rows] == [["a"], ["expected", "b"], ["printed", "x"]]
    await runner.code.fill("print('a')\nprint('b')")
    await expect(runner.notes).to_have_text("")
    await runner.runs("Right")
    await expect(runner.element).to_have_attribute("state", "right")


async def test_an_answer_is_judged_whatever_room_its_errors_take(blog: Blog, reader: Reader) -> None:
    source = "import sys\nsys.stderr.write('e' * 60_000)\nsys.stderr.flush()\nprint('x' * 60_000)"
    runner = await reader.opens(blog.post(sample("python", source, f'expect="{"x" * 60_000}"')))
    await runner.runs("Right")


async def test_a_program_that_fails_is_not_judged(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print('a')\n1 / 0", 'expect="a"')))
    await runner.runs("Exit code 1")
    await expect(runner.element).to_have_attribute("state", "failed")


async def test_hidden_set_up_is_around_the_program_and_lines_are_still_the_readers(blog: Blog, reader: Reader) -> None:
    template = HIDDEN.format(id="setup", text="rate = 7\n\ndef main():\n    pass\n\n##CODE##\nprint('end')")
    body = template + sample("python", "print(6 * rate)\nprint(1 / 0)", 'template="#setup"')
    runner = await reader.opens(blog.post(body))
    assert (await runner.runs("Exit code 1")).startswith("42\n")
    await expect(runner.notes).to_contain_text("Line 2")
    await runner.code.fill("print('$& ' + str(rate))")
    assert await runner.runs() == "$& 7\nend"


async def test_blocks_build_on_each_other_and_show_only_their_own_output(blog: Blog, reader: Reader) -> None:
    first = sample("python", "x = 1\nprint('first', x)", 'id="first"')
    second = sample("python", "x += 1\nprint('second', x)", 'id="second" depends-on="first"')
    third = sample("python", "print('third', x)\n1 / 0", 'depends-on="second first"')
    runner = await reader.opens(blog.post(first + second + third))
    assert await runner.runs() == "first 1"
    third_runner = reader.runner(2)
    assert (await third_runner.runs("Exit code 1")).splitlines()[0] == "third 2"
    await expect(third_runner.notes).to_contain_text("Line 2")
    await runner.code.fill("x = 41\nprint('first', x)")
    assert await reader.runner(1).runs() == "second 42"


async def test_however_much_blocks_before_print_a_block_shows_its_own(blog: Blog, reader: Reader) -> None:
    first = sample("python", "print('x' * 150_000)", 'id="first"')
    second = sample("python", "print('own')", 'depends-on="first" limits="output_bytes:200000"')
    await reader.opens(blog.post(first + second))
    assert await reader.runner(1).runs() == "own"


async def test_what_fails_in_a_block_before_is_seen(blog: Blog, reader: Reader) -> None:
    first = sample("python", "print('so far')\nraise SystemExit(3)", 'id="first"')
    runner = await reader.opens(blog.post(first + sample("python", "print('never')", 'depends-on="first"')))
    del runner
    assert await reader.runner(1).runs("Exit code 3") == "so far"


async def test_a_program_has_files_beside_it(blog: Blog, reader: Reader) -> None:
    blog.files["/data/pets.csv"] = ("text/plain", "cat,9\n")
    module = HIDDEN.format(id="npc.py", text="def greet(name):\n    print('Hello,', name)")
    source = "import npc\nnpc.greet(open('animals.csv').read().strip())"
    body = module + sample("python", source, 'files="#npc.py data/pets.csv:animals.csv"')
    runner = await reader.opens(blog.post(body))
    assert await runner.runs() == "Hello, cat,9"


async def test_set_up_that_is_missing_is_said(blog: Blog, reader: Reader) -> None:
    for attributes in ('template="#nowhere"', 'files="#nowhere"', 'depends-on="nowhere"'):
        runner = await reader.opens(blog.post(sample("python", "print(1)", attributes)))
        await runner.runs("#nowhere is not there.")


async def test_recorded_output_is_shown_until_there_is_another(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print('live')", inside="<output>\nrecorded\n</output>")))
    await expect(runner.status).to_have_text("Recorded output")
    await expect(runner.output).to_have_text("recorded")
    assert await runner.runs() == "live"


async def test_recorded_output_and_code_are_there_without_scripts(blog: Blog, reader: Reader) -> None:
    body = sample("python", "print('live')", inside="<output>recorded</output>")
    await reader.page.goto(blog.post(body, has_script=False))
    await expect(reader.page.get_by_text("print('live')")).to_be_visible()
    await expect(reader.page.get_by_text("recorded")).to_be_visible()


async def test_recorded_output_is_shown_where_the_server_is_away(blog: Blog, reader: Reader) -> None:
    body = sample("python", "print('live')", inside="<output>recorded</output>")
    runner = await reader.opens(blog.post(body))
    await reader.page.route("**/v1/executions", lambda route: route.abort())
    await runner.runs("The server is away")
    await expect(runner.output).to_have_text("recorded")
    reader.complaints.clear()


async def test_reset_and_a_link_with_the_program(blog: Blog, reader: Reader) -> None:
    address = blog.post(sample("python", "print(1)", 'id="one"') + sample("python", "print(2)"))
    runner = await reader.opens(address)
    await expect(runner.button("Reset")).to_have_count(0)
    await runner.code.fill("print('größer')")
    await reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await runner.button("Copy link").click()
    await expect(runner.status).to_have_text("Link copied")
    link = await reader.page.evaluate("navigator.clipboard.readText()")
    await runner.button("Reset").click()
    await expect(runner.code).to_have_value("print(1)")
    await expect(runner.run).to_be_focused()
    await reader.page.goto("about:blank")
    await reader.page.goto(link)
    await expect(reader.runner(0).code).to_have_value("print('größer')")
    await expect(reader.runner(1).code).to_have_value("print(2)")
    await expect(reader.runner(0).element).to_have_attribute("state", "unknown")
    other = link.replace("#run=one.", "#run=1.")
    await reader.page.goto(other)  # the same page: only what is behind the # is another
    await expect(reader.runner(1).code).to_have_value("print('größer')")


async def test_of_a_program_that_is_too_long_for_a_link_none_is_copied(blog: Blog, reader: Reader) -> None:
    runner = await reader.opens(blog.post(sample("python", "print(1)")))
    await runner.code.fill("#" * 100_001)
    await runner.button("Copy link").click()
    await expect(runner.status).to_have_text("Too long for a link")


async def test_what_a_link_brings_is_told_and_never_the_pages_own(blog: Blog, reader: Reader) -> None:
    recorded = "<output>as the page has it</output>"
    address = blog.post(sample("python", "print(1)", "editor=off") + sample("python", "print(2)", "", recorded))
    await reader.opens(f"{address}#run=0.{packed('evil()')}")
    await reader.page.evaluate(f"location.hash = 'run=1.{packed('<img src=x onerror=evil()>')}'")
    changed = reader.runner(1)
    await expect(changed.status).to_have_text("Changed by the link")
    await expect(changed.code).to_have_value("<img src=x onerror=evil()>")
    await expect(changed.output).not_to_be_visible()
    await expect(changed.element).to_have_attribute("state", "unknown")
    await expect(reader.runner(0).code).to_have_value("print(1)")


@pytest.mark.parametrize(
    "data", ["!", "AAAA", packed("x" * 10_000_000), "A" * 1_500_000], ids=["no", "nor", "bomb", "much"]
)
async def test_a_link_that_brings_no_program_is_none(blog: Blog, reader: Reader, data: str) -> None:
    runner = await reader.opens(f"{blog.post(sample('python', 'print(1)'))}#run=0.{data}")
    await reader.page.evaluate("new Promise((resolve) => setTimeout(resolve, 200))")
    await expect(runner.code).to_have_value("print(1)")
    assert await runner.runs() == "1"


async def test_every_block_of_a_page_gets_one_where_that_is_said(blog: Blog, reader: Reader) -> None:
    block = '<pre><code class="language-{0}">{1}</code></pre>'
    plain = (
        block.format("text", "no program") + block.format("python", "print(1)") + block.format("js", "console.log(2)")
    )
    await reader.page.goto(blog.post("<code-runner-settings attach></code-runner-settings>" + plain))
    await expect(reader.page.locator("code-runner")).to_have_count(2)
    await expect(reader.page.get_by_text("no program")).to_be_visible()


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_site_that_can_add_a_script_alone_has_all_its_blocks_run(
    blog: Blog, reader: Reader, engine: str
) -> None:
    numbers = '<div class="highlight-python"><table><tr><td class="linenos"><pre>1\n2</pre></td></tr></table></div>'
    block = ENGINES[engine].format("print(6 * 7)", "print(1)")
    await reader.page.goto(blog.post(block + numbers, script_ends=f"#attach&key={TOKEN}", has_settings=False))
    runner = reader.runner()
    assert await runner.runs() == "42\n1"
    await expect(reader.page.locator("code-runner")).to_have_count(1)


async def test_a_page_made_for_codapi_runs_with_another_address_alone(blog: Blog, reader: Reader) -> None:
    module = HIDDEN.format(id="main.py", text="def show(x):\n    print('shown', x)\n##CODE##\nshow(a + b)")
    body = f"""{module}
<codapi-settings url="https://api.codapi.org/v1"></codapi-settings>
<pre><code>
a = 1
</code></pre>
<codapi-snippet id="cell-1.py" sandbox="python" editor="basic"></codapi-snippet>
<div class="highlight"><pre><code>b = 2</code></pre></div>
<p><codapi-snippet sandbox="python" editor="basic" template="#main.py" depends-on="cell-1.py" actions="Mark_it:@marked"
 output></codapi-snippet></p>
<pre><code>recorded</code></pre>
<pre id="third">print(3)</pre>
<codapi-snippet sandbox="python:dev" selector="#third" init-delay="50"></codapi-snippet>"""
    await reader.opens(blog.post(body))
    second, third = reader.runner(1), reader.runner(2)
    await expect(second.output).to_have_text("recorded")
    await expect(reader.page.locator("main > pre")).to_have_count(3)
    for box in await reader.page.locator("main > pre").all():
        await expect(box).to_be_hidden()
    assert await second.runs() == "shown 3"
    note = "element => element.addEventListener('marked', () => { element.dataset.heard = element.code; })"
    await second.element.evaluate(note)
    await second.button("Mark it").click()
    await expect(second.element).to_have_attribute("data-heard", "b = 2")
    await expect(third.code).not_to_be_editable()
    assert await third.runs() == "3"
