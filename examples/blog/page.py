"""The article, with its samples in place."""

from __future__ import annotations

import html
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
LANGUAGES = {".py": "python", ".js": "javascript", ".java": "java", ".cpp": "cpp", ".go": "go"}


def page() -> str:
    """The article with its samples in place: ``{{sample: FILE}}``, ``{{sample: FILE | what it reads}}``, or
    ``{{talk: FILE}}`` for one that its reader talks to."""
    article = (HERE / "article.html").read_text("utf-8")
    return re.sub(r"\{\{(sample|talk): ([\w.]+)(?: \| (.*?))?\}\}", lambda match: _sample(*match.groups()), article)


def _sample(kind: str, name: str, stdin: str | None) -> str:
    """What a Markdown engine makes of a block of code, and the element behind it."""
    path = HERE / "samples" / name
    source = html.escape(path.read_text("utf-8").rstrip("\n"))
    reads = " interactive" if kind == "talk" else f' stdin="{html.escape(stdin)}"' if stdin is not None else ""
    block = f'<pre><code class="language-{LANGUAGES[path.suffix]}">{source}</code></pre>'
    return f'{block}\n<code-runner id="{path.stem.lower()}"{reads}></code-runner>'
