"""The article, with its samples in place."""

from __future__ import annotations

import html
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
LANGUAGES = {".py": "python", ".js": "javascript", ".java": "java", ".cpp": "cpp", ".go": "go"}
TITLES = {"python": "Python", "javascript": "JavaScript", "java": "Java", "cpp": "C++", "go": "Go"}


def page() -> str:
    """The article with its samples in place: ``{{sample: FILE}}`` or ``{{sample: FILE | what it reads}}``."""
    article = (HERE / "article.html").read_text("utf-8")
    return re.sub(r"\{\{sample: ([\w.]+)(?: \| (.*?))?\}\}", lambda match: _figure(match[1], match[2]), article)


def _figure(name: str, stdin: str | None) -> str:
    path = HERE / "samples" / name
    language = LANGUAGES[path.suffix]
    source = html.escape(path.read_text("utf-8").rstrip("\n"))
    given = f'<input value="{html.escape(stdin or "")}" autocomplete="off" inputmode="numeric">'
    field = f'<label class="stdin">reads {given}</label>' if stdin is not None else ""
    return (
        f'<figure class="sample" data-language="{language}">'
        f'<figcaption><span class="language">{TITLES[language]}</span>{field}'
        f'<button class="reset" type="button" hidden>Reset</button>'
        f'<button class="run" type="button">Run</button></figcaption>'
        f'<div class="editor"><div class="mark" hidden></div><pre aria-hidden="true"></pre>'
        f'<textarea spellcheck="false" autocapitalize="off" '
        f'autocomplete="off" wrap="off" aria-label="{TITLES[language]} code">{source}</textarea></div>'
        f'<div class="outcome" hidden><pre class="output" role="log" aria-live="polite"></pre>'
        f'<p class="verdict" role="status"></p></div></figure>'
    )
