"""Writes what is generated of ``sdks/typescript``: ``python -m dev.typescript_sdk``.

Its types come from the gateway's OpenAPI document, its version from ``VERSION``. Its modules, written as ECMAScript
ones, are put into one file for ``require``, and so are their types: no other tool is needed for it.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
import tarfile
from pathlib import Path

from dev.console import say
from dev.ecmascript import FROM, joined, modules
from dev.paths import REPOSITORY
from dev.typescript_types import types, version_of

SDK = REPOSITORY / "sdks" / "typescript"
_HEAD = "// Written by `python -m dev.typescript_sdk` from src/; a test holds them together.\n"


def written() -> dict[Path, str]:
    """The text of every file that is generated."""
    source, made = SDK / "src", types()
    package = (SDK / "package.json").read_text(encoding="utf-8")
    version = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
    declared = (source / "index.d.ts").read_text(encoding="utf-8")
    of_express = (source / "express.d.ts").read_text(encoding="utf-8")
    return {
        source / "types.d.ts": made,
        SDK / "index.cjs": common_module(source),
        SDK / "index.d.cts": made + "\n" + FROM.sub("", declared),
        SDK / "express.cjs": common_module(source, "express"),
        SDK / "express.d.cts": of_express.replace("./index.js", "./index.cjs"),
        SDK / "package.json": version_of(package, version),
    }


def common_module(source: Path, root: str = "index") -> str:
    """All modules of the folder that ``root`` leads to, which only says what is exported, as one CommonJS module."""
    texts = modules(source, root)
    index = texts.pop(root)
    exported = ", ".join(name for found in FROM.finditer(index) for name in re.findall(r"\w+", found["names"]))
    return "\n".join([_HEAD + "'use strict';\n", *joined(texts), f"module.exports = {{ {exported} }};\n"])


def pack(folder: Path, sdk: Path = SDK) -> Path:
    """Writes the package into the folder as ``npm publish`` takes it, the same bytes for the same files."""
    described = json.loads((sdk / "package.json").read_text(encoding="utf-8"))
    roots = [sdk / name for name in ("package.json", "README.md", "LICENSE", *described["files"])]
    files = [path for root in roots for path in (sorted(root.iterdir()) if root.is_dir() else [root])]
    name = described["name"].removeprefix("@").replace("/", "-")
    target = folder / f"{name}-{described['version']}.tgz"
    with (
        target.open("wb") as out,
        gzip.GzipFile("", "wb", fileobj=out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in files:
            data = path.read_bytes()
            entry = tarfile.TarInfo(f"package/{path.relative_to(sdk).as_posix()}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return target


def main() -> int:
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
        say(f"wrote {path.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
