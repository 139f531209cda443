"""What is generated of ``<code-runner>`` is what its sources say, and small."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import pytest

from dev.page_element import (
    MAX_PACKED_BYTES,
    PAGE,
    PARTS,
    SCRIPT,
    SERVED,
    STYLE,
    USUAL,
    of_the_catalogue,
    one_script,
    packed_bytes,
    written,
)
from dev.paths import REPOSITORY
from dev.typescript_sdk import pack
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR

_COLOURED = re.compile(r"^  '?([\w-]+)'?: (?:\{|[A-Z]+,)|'?([\w-]+)'?: \{ like: ", re.MULTILINE)
SOURCES = sorted((PAGE / "src").iterdir())
ON_DEMAND = sorted(path for folder in ("talk", "parts", "languages", "files") for path in (PAGE / folder).glob("*.js"))


@pytest.mark.parametrize(
    ("path", "text"), (of_the_catalogue() | written()).items(), ids=lambda one: getattr(one, "name", "")
)
def test_what_is_committed_is_what_would_be_written_now(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "python -m dev.page_element writes it"


def test_script_and_style_are_small() -> None:
    assert packed_bytes() <= MAX_PACKED_BYTES


def test_the_modules_become_a_script_that_imports_nothing_and_leaves_no_names(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("// All.\nimport { b } from './b.js';\nb();\nexport { b };\n", encoding="utf-8")
    (tmp_path / "b.js").write_text("/** It is b. */\nexport function b() {} // b\n\n", encoding="utf-8")
    head, _, rest = one_script(tmp_path).partition("(() => {\n")
    assert head.startswith("// ")
    assert rest == "'use strict';\nfunction b() {}\nb();\n})();\n"


def test_no_name_is_declared_twice() -> None:
    """The modules share one scope in the script."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.suffix == ".js")
    names = re.findall(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", text, re.MULTILINE)
    assert len(names) > 50
    assert sorted(set(names)) == sorted(names)


def test_every_language_of_the_catalogue_has_colours_of_its_own() -> None:
    """A file of the catalogue alone makes a language's blocks run; its keywords stand in sdks/page/languages."""
    catalogue = {one.name for one in load_languages(LANGUAGES_DIR)}
    tables = [PAGE / "src" / "languages.js", *(PAGE / "languages").glob("*.js")]
    texts = [path.read_text(encoding="utf-8") for path in tables if path.name != "catalogue.js"]
    coloured = {found[1] or found[2] for text in texts for found in _COLOURED.finditer(text)}
    assert catalogue - coloured - set(USUAL) == set(), "without keywords"
    assert set(USUAL) <= catalogue


def test_nothing_of_it_makes_a_page_of_text() -> None:
    """What programs print is set as text, and the strictest policy of a page lets the script work."""
    text = "".join((SERVED / name).read_text(encoding="utf-8") for name in (SCRIPT, *PARTS))
    made = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "cssText")
    assert [name for name in made if name in text] == []


def test_the_package_brings_all_that_it_names_and_needs_nothing() -> None:
    package = json.loads((PAGE / "package.json").read_text(encoding="utf-8"))
    assert [name for name in package["exports"].values() if not (PAGE / name).is_file()] == []
    assert [name for name in package["files"] if not (PAGE / name).exists()] == []
    assert not {"dependencies", "devDependencies", "peerDependencies"} & package.keys()
    scripts = [path.read_text(encoding="utf-8") for path in SOURCES if path.suffix == ".js"]
    imported = {name for text in scripts for name in re.findall(r" from '([^']+)'", text)}
    assert [name for name in imported if not name.startswith("./")] == []
    assert (PAGE / "LICENSE").read_text(encoding="utf-8") == (REPOSITORY / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*SOURCES, *ON_DEMAND], ids=lambda path: path.name)
def test_a_module_is_short(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 300


def test_what_is_published_is_the_package_without_its_tests(tmp_path: Path) -> None:
    packed = pack(tmp_path, PAGE)
    assert packed.name.startswith("coderunner-page-")
    with tarfile.open(packed) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
    apart = {"package.json", "README.md", "LICENSE", SCRIPT, STYLE, *PARTS, "docusaurus.cjs"}
    assert names == apart | {f"src/{path.name}" for path in SOURCES}


def test_two_modules_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("import { b } from './b.js';\nfunction c() {}\nb(c);\n", encoding="utf-8")
    (tmp_path / "b.js").write_text("export function b() {}\nasync function c() {}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="declared twice: c"):
        one_script(tmp_path)
