"""What is generated of the SDK for TypeScript is what its sources, the gateway and ``VERSION`` say."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from dev.paths import REPOSITORY
from dev.typescript_sdk import SDK, common_module, pack, written
from dev.typescript_types import api, typed, version_of

SOURCES = [*(SDK / "src").glob("*.js"), *(SDK / "src").glob("*.d.ts")]
SCHEMAS: list[tuple[dict[str, Any], str]] = [
    ({"type": "integer", "minimum": 0}, "number"),
    ({"$ref": "#/components/schemas/Stage"}, "Stage"),
    ({"anyOf": [{"$ref": "#/components/schemas/Stage"}, {"type": "null"}]}, "Stage | null"),
    ({"enum": ["A", "B"]}, "'A' | 'B'"),
    ({"type": "array", "items": {"type": "string"}}, "string[]"),
    ({"type": "array", "items": {"enum": ["A", "B"]}}, "Array<'A' | 'B'>"),
    ({"type": "object", "additionalProperties": {"type": "string"}}, "Record<string, string>"),
]


@pytest.mark.parametrize(("path", "text"), written().items(), ids=lambda one: getattr(one, "name", ""))
def test_what_is_committed_is_what_would_be_written_now(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "python -m dev.typescript_sdk writes it"


@pytest.mark.parametrize(("schema", "expected"), SCHEMAS, ids=lambda one: str(one)[:40])
def test_a_schema_has_its_type(schema: dict[str, Any], expected: str) -> None:
    assert typed(schema) == expected


def test_every_schema_of_the_api_is_a_type() -> None:
    types = (SDK / "src" / "types.d.ts").read_text(encoding="utf-8")
    declared = set(re.findall(r"^export (?:interface|type) (\w+)", types, re.MULTILINE))
    talks = {"InteractMessage", "SaidBody", "SignalName", "InteractEvent", "WaitsBody", "TakenBody"}
    assert declared == {*api()["components"]["schemas"], "OutputChunk", "ListFilter", *talks}


def test_the_modules_become_one_that_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("// All.\nexport { b } from './b.js';\n", encoding="utf-8")
    (tmp_path / "b.js").write_text("import {\n  a,\n} from './a.js';\n\nexport const b = a + 1;\n", encoding="utf-8")
    (tmp_path / "a.js").write_text("export const a = 1;\n", encoding="utf-8")
    text = common_module(tmp_path)
    assert "import" not in text.partition("'use strict'")[2]
    assert text.index("const a = 1;") < text.index("const b = a + 1;") < text.index("module.exports = { b };")


def test_the_version_is_put_where_it_stood() -> None:
    assert version_of('{\n  "name": "x",\n  "version": "0",\n  "y": 1\n}', "1.2.3") == (
        '{\n  "name": "x",\n  "version": "1.2.3",\n  "y": 1\n}'
    )


def test_the_package_brings_all_that_it_names_and_needs_nothing() -> None:
    package = json.loads((SDK / "package.json").read_text(encoding="utf-8"))
    entries = [*re.findall(r'"(\./[^"]+\.\w+)"', json.dumps(package["exports"])), package["main"], package["types"]]
    assert [name for name in entries if not (SDK / name).is_file()] == []
    assert not {"dependencies", "devDependencies", "peerDependencies"} & package.keys()
    imported = {name for one in SOURCES for name in re.findall(r" from '([^']+)'", one.read_text(encoding="utf-8"))}
    assert [name for name in imported if not name.startswith("./")] == []
    assert (SDK / "LICENSE").read_text(encoding="utf-8") == (REPOSITORY / "LICENSE").read_text(encoding="utf-8")


def test_what_is_published_is_the_package_without_its_tests(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    packed = pack(tmp_path)
    version = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
    assert packed.name == f"coderunner-client-{version}.tgz"
    assert packed.read_bytes() == pack(tmp_path / "again").read_bytes()
    with tarfile.open(packed) as archive:
        names = archive.getnames()
        contents = {name: member.read() for name in names if (member := archive.extractfile(name)) is not None}
    apart = ("package.json", "README.md", "LICENSE", "index.cjs", "index.d.cts", "express.cjs", "express.d.cts")
    assert sorted(names) == sorted(f"package/{name}" for name in (*apart, *(f"src/{one.name}" for one in SOURCES)))
    for name in names:
        assert contents[name] == (SDK / name.removeprefix("package/")).read_bytes()


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name != "types.d.ts"], ids=lambda path: path.name)
def test_a_module_is_short(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 300
