"""The command ``coderunner-node``."""

from __future__ import annotations

import pytest

from node import command_line


def test_images_build_hands_its_options_to_the_builder(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr("sandbox.builder.build.build_images", lambda only, **options: given.append((only, options)))
    assert command_line.main(["images", "build", "--only", "python,java", "--force", "--base", "debian:13"]) == 0
    assert given == [(["python", "java"], {"base": "debian:13", "force": True})]


def test_anything_else_runs_the_daemon_with_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def main(arguments: list[str]) -> int:
        given.append(arguments)
        return 7

    monkeypatch.setattr("node.main.main", main)
    assert command_line.main(["--config", "node.toml"]) == 7
    assert given == [["--config", "node.toml"]]


@pytest.mark.parametrize(("arguments", "code"), [(["images"], 2), (["images", "eat"], 2), (["images", "--help"], 0)])
def test_images_without_a_known_verb_says_how_it_is_used(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(arguments) == code
    assert capsys.readouterr().err.startswith("usage: coderunner-node images build")


def test_the_help_of_images_build_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["images", "build", "--help"])
    assert capsys.readouterr().out.startswith("usage: coderunner-node images build [-h]")
