"""Modules of ECMAScript put into one file, without a tool of npm's: they are written so that it takes no more than to
leave their imports out. Names that modules share would be declared twice, which no engine takes."""

from __future__ import annotations

import re
from pathlib import Path

FROM = re.compile(
    r"^(import|export) (?P<names>type \*|type \{[^}]*\}|\{[^}]*\})"
    r" from '(?P<folder>\.|\.\./\w+)/(?P<module>\w+)\.js';\n",
    re.MULTILINE,
)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async function|function|class|const|let)", re.MULTILINE)


def modules(source: Path, root: str) -> dict[str, str]:
    """The text of each module of the folder that ``root`` leads to, itself the last one, after those that it needs."""
    done: dict[str, str] = {}
    _add(source, root, done)
    return done


def joined(texts: dict[str, str]) -> list[str]:
    """The modules as parts of one file, without imports and exports. Raises ValueError for a name that two of them
    declare: of two functions an engine would take the second, without a word."""
    names = [name for text in texts.values() for name in _DECLARED.findall(text)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"declared twice: {', '.join(twice)}")
    return [f"// {name}.js\n{_EXPORT.sub('', FROM.sub('', text)).strip()}\n" for name, text in texts.items()]


def _add(source: Path, name: str, done: dict[str, str]) -> None:
    text = (source / f"{name}.js").read_text(encoding="utf-8")
    for found in FROM.finditer(text):
        if found["module"] not in done:
            _add(source / found["folder"], found["module"], done)
    done[name] = text
