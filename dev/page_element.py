"""Writes what is generated of ``sdks/page``: ``python -m dev.page_element``.

Its modules become one script, which the gateway serves and the package of npm has as well. It is a classic script: one
that pages load from another origin without CORS, and as what codapi's is loaded. Lines that are only a comment are left
out of it; nothing else is done to it, so that who wants to know reads it.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from dev.console import say
from dev.ecmascript import joined, modules
from dev.paths import REPOSITORY
from dev.typescript_types import version_of
from node.domain.language import Language
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR

PAGE = REPOSITORY / "sdks" / "page"
SERVED = REPOSITORY / "broker_gateway" / "interfaces" / "http" / "pages"
SCRIPT, STYLE = "code-runner.js", "code-runner.css"
TALK, LANGUAGES, FILES = "code-runner-talk.js", "code-runner-languages.js", "code-runner-files.js"
PARTS = (TALK, LANGUAGES, FILES)
"""Modules that the script fetches where a page needs them."""
USUAL = ("python", "javascript", "java", "cpp", "c", "go", "bash")
"""The languages whose colours are in the script: `src/languages.js`."""
MAX_PACKED_BYTES = 20_000
"""Of script and style together, as gzip sends them: of what every page with a block fetches."""
_HEAD = "// CodeRunner, Apache-2.0; put together from sdks/page.\n"
_PART_HEAD = "// A part of <code-runner>, fetched where {when}; its modules are in sdks/page/{folder}.\n"
_GENERATED = "// Written by `python -m dev.page_element` from sandbox/languages.\n\n"
_COMMENT = re.compile(r"^\s*(//.*|/\*\*(?:[^*]|\*(?!/))*\*/)\n", re.MULTILINE)
_REMARK = re.compile(r'(?<=[;,{}]) // [^"`\n]*$', re.MULTILINE)
"""A comment behind code."""
_CLIENT = re.compile(r"^import \{ CodeRunner \} from '@coderunner/client';\n", re.MULTILINE)
_EXPORTED = re.compile(r"^export \{[^}]*\};\n", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
"""Means nothing in a script: the one text of several lines that there is are the styles."""
_EMPTY = re.compile(r"^\n", re.MULTILINE)


def written() -> dict[Path, str]:
    """The text of every file that is generated. The package has links to what the gateway serves."""
    script = one_script(PAGE / "src")
    style = _head_of(STYLE) + (PAGE / "src" / "page.css").read_text(encoding="utf-8")
    version = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
    package = (PAGE / "package.json").read_text(encoding="utf-8")
    return {
        SERVED / SCRIPT: script,
        SERVED / STYLE: style,
        SERVED / TALK: part_module("talk", "a block is talked to", client=REPOSITORY / "sdks" / "typescript" / "src"),
        SERVED / LANGUAGES: part_module("languages", "a block's language is none of the usual ones", name="further"),
        SERVED / FILES: part_module("files", "a program has left files", name="filesView"),
        PAGE / "package.json": version_of(package, version),
    }


def of_the_catalogue() -> dict[Path, str]:
    """The modules that say which languages there are: of these the others are put together."""
    further = further_languages()
    return {
        PAGE / "src" / "further.js": names_module(further),
        PAGE / "languages" / "catalogue.js": catalogue_module(further),
    }


def one_script(source: Path) -> str:
    """All modules that ``index.js`` leads to, as one classic script that leaves no names behind."""
    parts = joined(modules(source, "index"))
    return "".join([_HEAD, "(() => {\n'use strict';\n", _bare(_EXPORTED.sub("", "\n".join(parts))), "})();\n"])


def part_module(folder: str, when: str, *, name: str = "", client: Path | None = None) -> str:
    """A part that a page fetches ``when`` it needs it, as a module that exports ``name`` (else the folder's): its own
    modules, behind those of the client package if it has that."""
    own = {one: _CLIENT.sub("", text) for one, text in modules(PAGE / folder, folder).items()}
    parts = [*(joined(modules(client, "client")) if client else ()), *joined(own)]
    head = _PART_HEAD.format(when=when, folder=folder)
    return "".join([_HEAD, head, _bare("\n".join(parts)), f"export {{ {name or folder} }};\n"])


def further_languages() -> list[Language]:
    """The catalogue's languages beside the usual ones, each once."""
    found = {one.name: one for one in load_languages(LANGUAGES_DIR) if not one.series and one.name not in USUAL}
    return sorted(found.values(), key=lambda one: one.name)


def names_module(languages: Iterable[Language]) -> str:
    """All names and aliases of these languages: what the script has to know of them."""
    names = " ".join(name for one in languages for name in (one.name, *one.aliases))
    return f"{_GENERATED}/** Names and aliases. */\nexport const FURTHER = new Set('{names}'.split(' '));\n"


def catalogue_module(languages: Iterable[Language]) -> str:
    """What the files of these languages say of them."""
    lines = [f"  {json.dumps(one.name)}: {_described(one)},\n" for one in languages]
    return f"{_GENERATED}/** By name. */\nexport const CATALOGUE = {{\n{''.join(lines)}}};\n"


def _described(one: Language) -> str:
    said = {"title": one.title, "aliases": one.aliases, "file": one.source_name, "mode": one.editor_mode}
    return json.dumps(said, ensure_ascii=False)


def _bare(text: str) -> str:
    """Without comments, empty lines and indents."""
    return _INDENT.sub("", _EMPTY.sub("", _REMARK.sub("", _COMMENT.sub("", text))))


def packed_bytes() -> int:
    """What script and style are together, as gzip sends them."""
    texts = written()
    return sum(len(gzip.compress(texts[SERVED / name].encode(), 9, mtime=0)) for name in (SCRIPT, STYLE))


def _head_of(name: str) -> str:
    return f"/* {name} of CodeRunner, Apache-2.0. */\n"


def main() -> int:
    for texts in (of_the_catalogue, written):
        for path, text in texts().items():
            path.write_text(text, encoding="utf-8")
            say(f"wrote {path.relative_to(REPOSITORY)}")
    say(f"{packed_bytes() / 1024:.1f} KiB as gzip sends it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
