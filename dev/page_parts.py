"""``make page-parts``: xterm.js and CodeMirror as ``<code-runner>`` fetches them where a block asks for them. They are
other people's: made of their npm packages by `sdks/page/parts`, of the versions that its lock file names, and not kept
with the sources."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from dev.console import SetupError, say, step
from dev.locks import exclusive
from dev.npm import ensure_npm, npm
from dev.paths import REPOSITORY

SOURCE = REPOSITORY / "sdks" / "page" / "parts"
BUILD = REPOSITORY / "build" / "page-parts"
SERVED = REPOSITORY / "broker_gateway" / "interfaces" / "http" / "pages" / "parts"
MODULES = {"xterm": ("--inject:./policed_document.js", "--define:window.document=document"), "codemirror": ()}
"""And what esbuild is told of each."""
STYLE = "xterm.css"
LICENSES = "licenses.txt"
_STAMP = SERVED / "stamp"
_BUNDLED = ("--bundle", "--format=esm", "--minify", "--legal-comments=eof", "--log-level=error")


def ensure_page_parts() -> None:
    """Builds them where they are missing or older than their sources. Raises SetupError."""
    if _is_current():
        return
    ensure_npm()
    with exclusive("page-parts"):
        if _is_current():
            return
        with step("building the parts of pages: xterm.js, CodeMirror"):
            _build()


def _build() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    for path in SOURCE.iterdir():
        if path.is_file():
            shutil.copy(path, BUILD / path.name)
    npm("ci", folder=BUILD)
    SERVED.mkdir(exist_ok=True)
    for name, told in MODULES.items():
        _bundle(BUILD / f"{name}.js", SERVED / f"{name}.mjs", told)
    (SERVED / LICENSES).write_text(_licenses(), encoding="utf-8")
    shutil.copy(BUILD / "node_modules" / "@xterm" / "xterm" / "css" / STYLE, SERVED / STYLE)
    _STAMP.write_text(_hash(), encoding="utf-8")


def _bundle(source: Path, target: Path, told: tuple[str, ...]) -> None:
    program = BUILD / "node_modules" / ".bin" / "esbuild"
    command = [str(program), str(source), *_BUNDLED, *told, f"--outfile={target}"]
    done = subprocess.run(command, cwd=BUILD, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"esbuild failed:\n{done.stderr[-2000:]}")


def _licenses() -> str:
    """Of every package that may be in a bundle: whoever hands them on hands these on as well."""
    folder = BUILD / "node_modules"
    found = sorted(path for path in folder.rglob("LICENSE*") if path.is_file() and "esbuild" not in path.parts)
    return "\n".join(f"{path.parent.relative_to(folder)}\n\n{path.read_text(encoding='utf-8')}" for path in found)


def _hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(SOURCE.iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _is_current() -> bool:
    try:
        return _STAMP.read_text(encoding="utf-8") == _hash()
    except OSError:
        return False


def main() -> int:
    try:
        ensure_page_parts()
    except SetupError as error:
        say(str(error))
        return 1
    say(f"The parts of pages are in {SERVED.relative_to(REPOSITORY)}; gateways serve them from their next start on.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
