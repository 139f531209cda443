"""``coderunner docs check`` on a real gateway and node: a page of ``<code-runner>`` with all that it may say."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.servers.command import Done, environment_for, run_command
from tests.servers.stack import Stack

PAGE = """<script type="text/plain" id="setup">
import sys
def twice(number):
    return 2 * number
##CODE##
</script>
<pre id="table" hidden>3,4
5,6</pre>
<pre><code class="language-python">print(twice(21))</code></pre>
<code-runner template="#setup"></code-runner>
<pre class="output">42</pre>
<pre><code class="language-python">from lib import X
print(X, open("table.csv").read())</code></pre>
<code-runner files="#table:table.csv lib.py"></code-runner>
<pre class="output">7 3,4
5,6</pre>
<code-runner id="first" stdin="1"><pre><code class="language-python">x = int(input())
print("not told")</code></pre></code-runner>
<pre><code class="language-python">print(x + 1)</code></pre>
<code-runner depends-on="first" stdin="41" expect="42"></code-runner>
<code-runner limits="wall_ms:1000" fails><pre><code class="language-python">while True: pass</code></pre></code-runner>
<code-runner><pre><code class="language-cpp">#include &lt;cstdio&gt;
int main() { puts("\\x1b[32mgreen\\x1b[0m"); }</code></pre><output>red</output></code-runner>
<code-runner interactive><pre><code class="language-python">print(input("Your name? "))</code></pre></code-runner>
"""
SKIPPED = 1
RUN = 6


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "lib.py").write_text("X = 7\n")
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    return path


def checked(stack: Stack, page: Path, *options: str) -> Done:
    environment = environment_for(stack.gateways[0].target)
    return run_command(["docs", "check", *options, str(page)], environment, page.parent)


def test_a_page_of_the_element_is_judged_as_readers_see_it(judging_stack: Stack, page: Path) -> None:
    before = page.read_text()
    done = checked(judging_stack, page, "--junit", "report.xml")
    assert (done.returncode, done.stdout.count(" ok\n")) == (1, RUN - 1), done.stdout
    assert "cpp prints something else" in done.stdout
    assert "    -red\n    +green\n" in done.stdout
    assert page.read_text() == before
    (suite,) = Xml.parse(page.parent / "report.xml").getroot()
    counts = [suite.get(name) for name in ("tests", "failures", "skipped")]
    assert counts == [str(RUN + SKIPPED), "1", str(SKIPPED)]

    done = checked(judging_stack, page, "--update")
    assert done.returncode == 0, done.stdout
    assert "<output>green\n</output>" in page.read_text()
    assert checked(judging_stack, page).returncode == 0
