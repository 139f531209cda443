"""The documentation site, as far as it can be held without MkDocs (`make check` builds it)."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml

import coderunner
from coderunner import webhooks
from coderunner.v1 import callback_pb2, catalog_pb2, execution_pb2, keys_pb2, operations_pb2
from dev.docs import grpc_reference, sdk_reference
from dev.docs.__main__ import from_the_network
from dev.docs.markdown import blocks, breakable, plain_pipes, relink, targets
from dev.docs.places import PAGES, place, relative, repository_path, target_path
from dev.docs.sources import folder_page, source_page

REPOSITORY = Path(__file__).resolve().parents[3]
PROTOS = (execution_pb2, catalog_pb2, callback_pb2, operations_pb2, keys_pb2)
PAGE = """\
See [one](a.md#x) and `[not](this.md)`.

```python
[nor](that.md)
```

    ```toml
    a = 1
    ```

| `a\\|b` | c \\| d |
"""


@pytest.fixture(scope="module")
def reference() -> str:
    return grpc_reference.page()


@pytest.mark.parametrize("proto", PROTOS, ids=lambda proto: str(proto.DESCRIPTOR.name))
def test_every_service_method_message_and_field_of_the_proto_is_in_the_reference(proto: object, reference: str) -> None:
    file = proto.DESCRIPTOR  # type: ignore[attr-defined]  # the stubs have it, their common type has no name
    for service in file.services_by_name.values():
        assert {method.name for method in service.methods} <= rows(reference, service.name)
    for message in file.message_types_by_name.values():
        assert {field.name for field in message.fields} == rows(reference, message.name)


def rows(reference: str, name: str) -> set[str]:
    """What the table of a message or a service lists."""
    table = re.split(rf"^### {name} ", reference, flags=re.MULTILINE)[1].partition("\n##")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_the_reference_has_the_comments_of_the_proto_and_leads_from_type_to_type(reference: str) -> None:
    row = next(line for line in reference.splitlines() if line.startswith("| `limits` |"))
    assert row == "| `limits` | [`Limits`](#limits) | 9 | What is unset takes the gateway's default. |"
    assert set(re.findall(r"\]\(#([\w.]+)\)", reference)) <= set(re.findall(r"\{ #([\w.]+) \}", reference))


def test_every_public_name_of_the_sdk_is_in_its_reference() -> None:
    listed = set(re.findall(r"^::: [\w.]+\.(\w+)$", sdk_reference.page(), re.MULTILINE))
    offered = {
        name for name in dir(coderunner) if getattr(getattr(coderunner, name), "__module__", "")[:11] == "coderunner."
    }
    received = {name for name in vars(webhooks) if name.startswith(("receive_", "Webhook", "Seen", "MemorySeen"))}
    assert offered
    assert offered | received | {"receive"} == listed


def test_every_public_method_of_the_sdk_says_what_it_does() -> None:
    classes = [getattr(coderunner, name) for name in sdk_reference.public_names()]
    methods = [one for kind in classes for one in vars(kind).values() if inspect.isfunction(one)]
    ours = [one for one in methods if one.__module__.startswith("coderunner.") and not one.__name__.startswith("_")]
    assert ours
    assert [one.__qualname__ for one in ours if not one.__doc__] == []


def test_the_navigation_names_pages_that_there_are_each_once_and_leaves_none_out() -> None:
    text = (REPOSITORY / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    entries = [entry for section in yaml.safe_load(text) for entries in section.values() for entry in entries]
    listed = [page for entry in entries for page in (entry.values() if isinstance(entry, dict) else [entry])]
    pages = {str(path.relative_to(REPOSITORY / "docs")) for path in (REPOSITORY / "docs").glob("*.md")}
    assert sorted(listed) == sorted(
        {*pages, *PAGES.values(), "reference/grpc.md", "reference/sdk.md"} - {"adr/README.md"}
    )


def test_a_page_is_read_as_it_is_written() -> None:
    assert targets(PAGE) == ["a.md#x"]
    assert [(one.line, one.language, one.code) for one in blocks(PAGE)] == [
        (3, "python", "[nor](that.md)\n"),
        (7, "toml", "a = 1\n"),
    ]
    assert relink(PAGE, lambda target: f"../{target}").splitlines()[0] == "See [one](../a.md#x) and `[not](this.md)`."
    assert plain_pipes(PAGE).splitlines()[-1] == "| `a|b` | c \\| d |"


def test_long_names_in_tables_break_where_a_reader_would() -> None:
    long = "<code>/some_thing/that_is_long_</code>"
    html = f"<p>{long}</p><td>c_d <code>short_name</code></td><td>{long}</td>"
    broken = "<code>/some_<wbr>thing/<wbr>that_<wbr>is_<wbr>long_</code>"
    assert breakable(html) == f"<p>{long}</p><td>c_d <code>short_name</code></td><td>{broken}</td>"


@pytest.mark.parametrize(
    ("page", "target", "where"),
    [
        ("docs/README.md", "../README.md", "project.md"),
        ("docs/adr/0001-x.md", "../scaling.md#y", "scaling.md"),
        ("README.md", "docs/adr", "adr/README.md"),
        ("README.md", "proto/coderunner/v1", "reference/grpc.md"),
        ("docs/isolation.md", "../tests/attacks", "source/tests/attacks/index.md"),
        ("docs/scaling.md", "../bench/results/overview.png", "source/bench/results/overview.png"),
        ("deploy/systemd/README.md", "coderunner-node.service", "source/deploy/systemd/coderunner-node.service.md"),
        ("README.md", "https://example.org/x", None),
        ("README.md", "#here", None),
    ],
)
def test_links_lead_to_the_places_that_files_have_in_the_site(page: str, target: str, where: str | None) -> None:
    path = target_path(page, target)
    assert (path and place(path, folder=(REPOSITORY / path).is_dir())) == where


def test_a_place_leads_back_to_its_page() -> None:
    assert repository_path("project.md") == "README.md"
    assert repository_path("adr/README.md") == "docs/adr/README.md"
    assert repository_path("source/nats.conf.md") is None
    assert relative("adr/README.md", "project.md") == "../project.md"


def test_files_are_shown_as_they_are_and_folders_as_lists_of_them() -> None:
    assert "````````toml\na = '```'\n````````" in source_page("x/y.toml", "a = '```'\n")
    assert "- [`y.toml`](y.toml.md)" in folder_page("x", ["x/y.toml"])


def test_what_a_browser_would_fetch_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="https://x.org">x</a> <script src="b.js"></script>', encoding="utf-8")
    assert from_the_network(tmp_path) == []
    (tmp_path / "b.html").write_text('<script src="https://x.org/y.js"></script>', encoding="utf-8")
    (tmp_path / "c.html").write_text('<link rel="stylesheet" href=//x.org/y.css>', encoding="utf-8")
    assert [page for page, _ in from_the_network(tmp_path)] == ["b.html", "c.html"]
