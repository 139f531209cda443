"""Writes what is generated of ``sdks/page``: ``python -m dev.page_element``.

Its modules become one script, which the gateway serves and the package of npm has as well. It is a classic script: one
that pages load from another origin without CORS, and as what codapi's is loaded. Lines that are only a comment are left
out of it; nothing else is done to it, so that who wants to know reads it.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

from dev.console import say
from dev.ecmascript import joined, modules
from dev.paths import REPOSITORY
from dev.typescript_types import version_of

PAGE = REPOSITORY / "sdks" / "page"
SERVED = REPOSITORY / "broker_gateway" / "interfaces" / "http" / "pages"
SCRIPT, STYLE, TALK = "code-runner.js", "code-runner.css", "code-runner-talk.js"
MAX_PACKED_BYTES = 20_000
"""Of script and style together, as gzip sends them: of what every page with a block fetches."""
_HEAD = "// CodeRunner, Apache-2.0; put together from sdks/page.\n"
_TALK_HEAD = "// A part of <code-runner>, fetched where a block is talked to; its modules are in sdks/page/talk.\n"
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
    script, style = one_script(PAGE / "src"), _head_of(STYLE) + (PAGE / "src" / "page.css").read_text(encoding="utf-8")
    version = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
    package = (PAGE / "package.json").read_text(encoding="utf-8")
    return {
        SERVED / SCRIPT: script,
        SERVED / STYLE: style,
        SERVED / TALK: talk_module(PAGE / "talk", REPOSITORY / "sdks" / "typescript" / "src"),
        PAGE / "package.json": version_of(package, version),
    }


def one_script(source: Path) -> str:
    """All modules that ``index.js`` leads to, as one classic script that leaves no names behind."""
    parts = joined(modules(source, "index"))
    return "".join([_HEAD, "(() => {\n'use strict';\n", _bare(_EXPORTED.sub("", "\n".join(parts))), "})();\n"])


def talk_module(source: Path, client: Path) -> str:
    """The part that talks to programs, as a module: its own modules behind those of the client package."""
    own = {name: _CLIENT.sub("", text) for name, text in modules(source, "talk").items()}
    parts = [*joined(modules(client, "client")), *joined(own)]
    return "".join([_HEAD, _TALK_HEAD, _bare("\n".join(parts)), "export { talk };\n"])


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
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
        say(f"wrote {path.relative_to(REPOSITORY)}")
    say(f"{packed_bytes() / 1024:.1f} KiB as gzip sends it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
