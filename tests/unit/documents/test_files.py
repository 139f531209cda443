"""Every file that is shown is one that its reader takes: settings, language files, JSON, YAML, Dockerfiles."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker_gateway.infrastructure.settings import GatewaySettings
from coderunner.access import find_access
from dev.paths import REPOSITORY
from node.infrastructure.languages import load_language
from node.infrastructure.settings import NodeSettings
from tests.unit.documents.pages import Shown, shown

SECRET = "k" * 32
INSTRUCTIONS = ("FROM", "RUN", "COPY", "ENV", "ARG", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "LABEL")
_NODES = re.compile(r"(coderunner-)?node(-\d+)?\.toml")


def named(code: str) -> str:
    """The file that a block is, by its first line: ``# gateway.toml: …``."""
    first = re.match(r"# (?P<name>[\w./-]+)", code)
    return first["name"] if first else ""


def of_languages(name: str) -> bool:
    return name.startswith("sandbox/languages/")


@pytest.mark.parametrize("one", shown("toml"), ids=str)
def test_each_toml_file_is_taken_by_the_program_that_reads_it(
    one: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shown.toml"
    path.write_text(one.block.code.replace("…", SECRET), encoding="utf-8")
    name = named(one.block.code)
    if Path(name).name == "gateway.toml":
        assert GatewaySettings.load(["--config", str(path)])
    elif _NODES.fullmatch(Path(name).name):
        assert NodeSettings.load(["--config", str(path)])
    elif Path(name).name == "client.toml":
        monkeypatch.setenv("CODERUNNER_CONFIG", str(path))
        assert find_access(None, None).target in one.block.code
    else:
        assert of_languages(name), f"{one}: its first line says which file it is"
        path.write_text(whole_language(name, one.block.code), encoding="utf-8")
        assert load_language(path).name == Path(name).stem


def whole_language(name: str, part: str) -> str:
    """A language file: as it is shown, or the shipped one with the shown part in place of its own."""
    given = tomllib.loads(part)
    shipped = REPOSITORY / name
    if "name" in given:
        return part
    kept = [table for table in tables(shipped.read_text("utf-8")) if not table.startswith(tuple(map(head, given)))]
    return "\n".join([*kept, part])


def head(key: str) -> str:
    return f"[[{key}]]" if key == "diagnostics" else f"[{key}]"


def tables(text: str) -> list[str]:
    """A file of TOML in its tables; what stands before the first is one."""
    return re.split(r"^(?=\[)", text, flags=re.MULTILINE)


@pytest.mark.parametrize("one", shown("json"), ids=str)
def test_each_json_text_is_json(one: Shown) -> None:
    assert json.loads(one.block.code)


@pytest.mark.parametrize("one", shown("yaml"), ids=str)
def test_each_yaml_text_is_yaml_and_asks_for_rules_that_there_are(one: Shown) -> None:
    content = yaml.safe_load(one.block.code)
    recorded = set(re.findall(r"record: ([\w:]+)", rules()))
    asked = {name for query in queries(content) for name in re.findall(r"[a-z_]+(?::[a-z_]+)+", query)}
    assert content
    assert asked <= recorded


def rules() -> str:
    return (REPOSITORY / "deploy" / "prometheus" / "recording.rules.yml").read_text(encoding="utf-8")


def queries(content: Any) -> list[str]:
    """What a part of a file asks Prometheus."""
    if isinstance(content, dict):
        own = [content["query"]] if "query" in content else []
        return own + [query for value in content.values() for query in queries(value)]
    return [query for value in content for query in queries(value)] if isinstance(content, list) else []


@pytest.mark.parametrize("one", shown("dockerfile"), ids=str)
def test_each_dockerfile_begins_with_an_image_and_has_instructions_only(one: Shown) -> None:
    text = re.sub(r"\\\n", " ", one.block.code)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0].startswith("FROM ")
    assert [line for line in lines if line.split()[0] not in INSTRUCTIONS] == []
    if "install-packages" in text:
        assert "coderunner/base" in lines[0]
        assert (REPOSITORY / "sandbox" / "images" / "base" / "install-packages").is_file()
