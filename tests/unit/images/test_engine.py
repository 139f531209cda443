"""What is said of a build, and what happens where packages cannot be reached."""

from __future__ import annotations

import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.builder.content import ImageError, ImageSource
from sandbox.builder.engine import Engine


class Builds:
    """An engine's build API that answers each network with prepared events."""

    def __init__(self, **answers: list[dict[str, str]]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    def build(self, **options: Any) -> list[dict[str, str]]:
        self.asked.append(options)
        return self.answers[options["network_mode"]]


FINE = [{"stream": "Step 1/1 : FROM scratch\n"}, {"stream": "\x1b[91mwarning\x1b[0m\n"}]
UNREACHED = [{"stream": "E: Failed to fetch http://example/x\n"}, {"error": "returned a non-zero code: 100"}]
BROKEN = [{"stream": "main.c:1: no\n"}, {"stream": "Removing intermediate container 1\n"}, {"error": "code: 1"}]


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "run").write_text("x")
    (tmp_path / "run").chmod(0o700)
    return ImageSource("tool", tmp_path)


def build(source: ImageSource, builds: Builds) -> list[str]:
    said: list[str] = []
    client: Any = SimpleNamespace(api=builds)
    Engine(client, ["bridge", "host"]).build(source, "hash", {}, False, said.append)
    return said


def test_each_line_of_a_build_is_said_without_colours(source: ImageSource) -> None:
    assert build(source, Builds(bridge=FINE)) == ["Step 1/1 : FROM scratch", "warning"]


def test_a_build_that_reaches_no_packages_is_tried_on_the_hosts_network(source: ImageSource) -> None:
    builds = Builds(bridge=UNREACHED, host=FINE)
    said = build(source, builds)
    assert [options["network_mode"] for options in builds.asked] == ["bridge", "host"]
    assert "packages cannot be reached on the bridge network: trying host" in said


def test_a_bridge_that_is_gone_leaves_the_hosts_network(source: ImageSource) -> None:
    gone = [{"error": "failed to create endpoint x on network bridge: could not find bridge docker0"}]
    builds = Builds(bridge=gone, host=FINE)
    build(source, builds)
    assert [options["network_mode"] for options in builds.asked] == ["bridge", "host"]


def test_a_build_that_reaches_packages_nowhere_ends_with_one_sentence(source: ImageSource) -> None:
    with pytest.raises(
        ImageError, match=r"^Image coderunner/tool cannot be built: .*Failed to fetch http://example/x\.$"
    ):
        build(source, Builds(bridge=UNREACHED, host=UNREACHED))


def test_a_broken_step_is_told_with_what_it_said_last_and_is_not_tried_again(source: ImageSource) -> None:
    builds = Builds(bridge=BROKEN)
    with pytest.raises(ImageError, match=r"code: 1: main\.c:1: no\.$"):
        build(source, builds)
    assert len(builds.asked) == 1


def test_the_context_carries_names_content_and_the_execute_bit_only(source: ImageSource) -> None:
    builds = Builds(bridge=FINE)
    build(source, builds)
    with tarfile.open(fileobj=builds.asked[0]["fileobj"]) as context:
        entries = {entry.name: (oct(entry.mode), entry.uid, entry.mtime) for entry in context}
    assert entries == {"Dockerfile": ("0o644", 0, 0), "run": ("0o755", 0, 0)}


def test_links_stay_links_in_the_context(source: ImageSource) -> None:
    """The services' image was made without its packages: they are links in the folders of the distributions."""
    (source.directory / "package").mkdir()
    (source.directory / "package" / "module").touch()
    (source.directory / "distribution").mkdir()
    (source.directory / "distribution" / "package").symlink_to("../package")
    builds = Builds(bridge=FINE)
    build(source, builds)
    with tarfile.open(fileobj=builds.asked[0]["fileobj"]) as context:
        names, link = context.getnames(), context.getmember("distribution/package")
    assert (link.issym(), link.linkname) == (True, "../package")
    assert names == ["Dockerfile", "distribution/package", "package/module", "run"]


def test_the_content_hash_becomes_a_label(source: ImageSource) -> None:
    builds = Builds(bridge=FINE)
    build(source, builds)
    assert builds.asked[0]["labels"] == {"coderunner.content": "hash"}
    assert builds.asked[0]["tag"] == "coderunner/tool"
