"""The file that keeps what was added to a node and removed from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.domain.chosen import Choice
from node.infrastructure.added_languages import MAX_BYTES, ChoiceFile, ChosenLanguages
from node.infrastructure.languages import LanguageFileError
from node.infrastructure.settings import NodeSettings
from tests.unit.docker.test_languages import SMALL


@pytest.fixture
def file(tmp_path: Path) -> ChoiceFile:
    return ChoiceFile(tmp_path / "state")


def test_no_file_is_no_decision(file: ChoiceFile) -> None:
    assert (file.read(), file.mark()) == (Choice(), "")


def test_a_decision_is_kept_and_each_change_leaves_another_mark(file: ChoiceFile) -> None:
    marks = {file.mark()}
    for image in "abc":
        file.change(lambda choice, image=image: choice.with_added({"lua": image}))  # type: ignore[misc]
        marks.add(file.mark())
    assert ChoiceFile(file.path.parent).read() == Choice({"lua": "c"})
    assert len(marks) == 4


def test_changes_at_one_time_do_not_lose_each_other(file: ChoiceFile) -> None:
    names = [f"l{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: file.change(lambda choice: choice.with_added({name: "x"})), names))
    assert sorted(file.read().added) == sorted(names)


@pytest.mark.parametrize("content", ["", "[]", '{"added": {"lua": 1}}', '{"removed": "lua"}', "[" * 10_000])
def test_a_file_that_is_none_is_told_with_its_name(file: ChoiceFile, content: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(content)
    with pytest.raises(LanguageFileError, match=r"languages\.json: "):
        file.read()


def test_a_file_without_end_is_not_read_to_its_end(file: ChoiceFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text(" " * (MAX_BYTES + 1))
    with pytest.raises(LanguageFileError, match="more than"):
        file.read()


def test_the_languages_to_serve_change_with_the_file(tmp_path: Path) -> None:
    languages = tmp_path / "languages"
    languages.mkdir()
    (languages / "a.toml").write_text(f"default = true\n{SMALL}")
    (languages / "b.toml").write_text(SMALL.replace('"tiny"\n', '"other"\n', 1))
    settings = NodeSettings.load(["--languages-dir", str(languages), "--state-dir", str(tmp_path / "state")])
    wanted, file = ChosenLanguages(settings), ChoiceFile(settings.state_dir)
    assert not wanted.changed()
    assert [one.id for one in wanted.read()[0]] == ["tiny"]
    for image, renewed in (("x", frozenset()), ("x", frozenset()), ("y", {"other"})):
        file.change(lambda choice, image=image: choice.with_added({"other": image}))  # type: ignore[misc]
        assert wanted.changed()
        languages_now, renewed_now = wanted.read()
        assert wanted.changed()
        wanted.followed()
        assert ([one.id for one in languages_now], renewed_now) == (["other", "tiny"], renewed)
        assert not wanted.changed()
