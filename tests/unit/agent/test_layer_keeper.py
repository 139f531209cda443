"""The keeper of layers, on folders of this machine: what an installer left is hostile."""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.agent import layer_keeper
from node.infrastructure.docker.layers import keeper as keeper_of_a_node

KEY, OTHER_KEY = "a" * 64, "b" * 64
SECRET = "ab" * 32


class Keeper:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.layers, self.tree = folder / "packages", folder / "tree"
        self._capsys = capsys

    def ask(self, verb: str, **order: Any) -> dict[str, Any]:
        layer_keeper.main(verb, json.dumps(order))
        return dict(json.loads(self._capsys.readouterr().out))

    def store(self, key: str = KEY, **changes: Any) -> dict[str, Any]:
        order = {"key": key, "secret": SECRET, "max_bytes": 1 << 20, "max_files": 100, "about": {"packages": ["a==1"]}}
        return self.ask("store", **{**order, **changes})

    def kept(self) -> dict[str, Any]:
        return dict(self.ask("list")["kept"])

    def names(self) -> set[str]:
        return {path.name for path in self.layers.iterdir()} - {".keys"}


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keeper:
    one = Keeper(tmp_path, capsys)
    one.layers.mkdir()
    one.tree.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(layer_keeper, "LAYERS", str(one.layers))
    monkeypatch.setattr(layer_keeper, "INSTALLED", str(one.tree))
    return one


def test_what_was_installed_becomes_a_layer_that_programs_can_read_and_nobody_can_list(keeper: Keeper) -> None:
    (keeper.tree / "six").mkdir(mode=0o700)
    (keeper.tree / "six" / "__init__.py").write_text("x = 1\n")
    (keeper.tree / "tool").write_bytes(b"#!/bin/sh\n")
    (keeper.tree / "tool").chmod(0o6755)
    (keeper.tree / "secret").write_bytes(b"")
    (keeper.tree / "secret").chmod(0o600)
    answer = keeper.store()
    layer = keeper.layers / answer["layer"]
    assert (layer / "six" / "__init__.py").read_text() == "x = 1\n"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in layer.rglob("*")}
    assert modes == {"six": 0o755, "__init__.py": 0o644, "tool": 0o755, "secret": 0o644}
    assert stat.S_IMODE(layer.stat().st_mode) == 0o755
    assert stat.S_IMODE(keeper.layers.stat().st_mode) == 0o711
    assert stat.S_IMODE((keeper.layers / ".keys").stat().st_mode) == 0o700
    assert keeper.kept() == {KEY: {"layer": answer["layer"], "bytes": answer["bytes"], "packages": ["a==1"]}}


def test_the_same_content_is_one_layer_whose_name_nobody_can_work_out(keeper: Keeper) -> None:
    (keeper.tree / "a.py").write_text("1")
    first, second = keeper.store(), keeper.store(OTHER_KEY)
    assert first["layer"] == second["layer"]
    assert keeper.names() == {first["layer"]}
    assert keeper.store(secret="cd" * 32)["layer"] != first["layer"]
    (keeper.tree / "a.py").chmod(0o755)
    assert keeper.store()["layer"] != first["layer"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ab": "c"}, {"a": "bc"}),
        ({"a/b": "x"}, {"a": "x", "b": ""}),
        ({"a/b": "", "c": ""}, {"a/b": "", "a/c": ""}),
    ],
)
def test_different_trees_are_different_layers(keeper: Keeper, one: dict[str, str], other: dict[str, str]) -> None:
    names = []
    for tree in (one, other):
        for path, text in tree.items():
            (keeper.tree / path).parent.mkdir(exist_ok=True)
            (keeper.tree / path).write_text(text)
        names.append(keeper.store()["layer"])
        for made in sorted(keeper.tree.rglob("*"), reverse=True):
            made.rmdir() if made.is_dir() else made.unlink()
    assert names[0] != names[1]


def _link(tree: Path) -> None:
    (tree / "passwd").symlink_to("/etc/passwd")


def _link_to_folder(tree: Path) -> None:
    (tree / "inside").mkdir()
    (tree / "loop").symlink_to("inside")


def _fifo(tree: Path) -> None:
    os.mkfifo(tree / "pipe")


def _socket(tree: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(tree)  # a socket's path is short
        one.bind("s")
        os.chdir(here)


def _deep(tree: Path) -> None:
    Path(tree, *["d"] * 80).mkdir(parents=True)


def _many(tree: Path) -> None:
    for number in range(101):
        (tree / str(number)).write_text("")


def _many_below(tree: Path) -> None:
    for number in range(60):
        (tree / str(number)).mkdir()
        (tree / str(number) / "x").write_text("")


def _large(tree: Path) -> None:
    with (tree / "large").open("wb") as file:
        file.truncate(1 << 40)  # a file of holes takes no room where it is


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (_link, "'passwd', which is no plain file"),
        (_link_to_folder, "no plain file"),
        (_fifo, "no plain file"),
        (_socket, "no plain file"),
        (_deep, "64 deep"),
        (_many, "more than 100 files"),
        (_many_below, "more than 100 files"),
        (_large, "bytes"),
    ],
)
def test_what_is_no_tree_of_plain_files_is_refused_and_leaves_nothing(
    keeper: Keeper, leave: Callable[[Path], None], words: str
) -> None:
    leave(keeper.tree)
    assert words in keeper.store()["fault"]
    assert keeper.names() == set()
    assert keeper.kept() == {}


def test_what_an_earlier_life_left_unfinished_goes_and_what_is_whole_stays(keeper: Keeper) -> None:
    (keeper.tree / "a").write_text("1")
    layer = keeper.store()["layer"]
    for half in (".new-0123", "f" * 40):
        (keeper.layers / half / "x").mkdir(parents=True)
    keys = keeper.layers / ".keys"
    (keys / f"{OTHER_KEY}.new").write_text('{"layer"')
    (keys / OTHER_KEY).write_text(json.dumps({"layer": "e" * 40}))
    (keys / ("c" * 64)).write_text(json.dumps({"layer": "../../etc"}))
    assert list(keeper.kept()) == [KEY]
    assert keeper.names() == {layer}
    assert [path.name for path in keys.iterdir()] == [KEY]


def test_a_list_of_any_length_is_told_in_answers_that_a_node_reads(keeper: Keeper) -> None:
    """Long lists of packages by some hundred names were more than one answer; nothing was found again then, nor ever
    removed."""
    (keeper.tree / "a").write_text("1")
    layer = keeper.store()["layer"]
    about = json.dumps({"layer": layer, "bytes": 1, "packages": ["a" * 29 + "==1"] * 2_000, "made_at_s": 1.0})
    keys = {KEY} | {f"{number:064x}" for number in range(256)}
    for key in keys:
        (keeper.layers / ".keys" / key).write_text(about)
    found, after, more = set(), "", True
    while more:
        answer = keeper.ask("list", after=after)
        assert len(json.dumps(answer)) < keeper_of_a_node.MAX_ANSWER_BYTES // 2  # a log writes more than was said
        found |= answer["kept"].keys()
        after, more = max(found), answer["more"]
    assert found == keys
    assert keeper.names() == {layer}


def test_one_list_is_told_however_long_it_is(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_keeper, "_ANSWER_BYTES", 1)
    (keeper.tree / "a").write_text("1")
    keeper.store()
    assert keeper.ask("list") == {"kept": keeper.kept(), "more": False}
    keeper.store(OTHER_KEY)
    first, second = keeper.ask("list"), keeper.ask("list", after=KEY)
    assert (list(first["kept"]), first["more"]) == ([KEY], True)
    assert (list(second["kept"]), second["more"]) == ([OTHER_KEY], False)
    assert keeper.ask("list", after=OTHER_KEY) == {"kept": {}, "more": False}


def test_layers_are_removed_with_their_keys_and_nothing_else_can_be(keeper: Keeper) -> None:
    (keeper.tree / "a").write_text("1")
    layer = keeper.store()["layer"]
    for name in ("../tree", ".keys", "", "."):
        with pytest.raises(ValueError, match="no name of ours"):
            keeper.ask("remove", layers=[name], keys=[])
    keeper.ask("remove", layers=[layer, "d" * 40], keys=[KEY, OTHER_KEY])
    assert (keeper.names(), keeper.kept()) == (set(), {})
    assert keeper.tree.exists()


def test_nothing_installed_is_told_so(keeper: Keeper) -> None:
    keeper.tree.rmdir()
    assert "No such file" in keeper.store()["fault"]


@pytest.mark.parametrize("leave", [lambda path: path.symlink_to("/etc"), lambda path: path.write_text("")])
def test_what_is_installed_where_no_folder_is_is_the_installers_fault(
    keeper: Keeper, leave: Callable[[Path], None]
) -> None:
    keeper.tree.rmdir()
    leave(keeper.tree)
    assert keeper.store()["fault"] == "is no folder"
    assert keeper.names() == set()


@pytest.mark.parametrize("where", ["_copy_into", "_make_sure", "_write_key"])
def test_a_store_that_fails_leaves_nothing(keeper: Keeper, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    (keeper.tree / "a").write_text("1")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(layer_keeper, where, full)
        with pytest.raises(OSError, match="No space"):
            keeper.store()
    assert keeper.names() == set()
    layer = keeper.store()["layer"]
    with monkeypatch.context() as patch:
        patch.setattr(layer_keeper, where, full)
        with pytest.raises(OSError, match="No space"):
            keeper.store(OTHER_KEY)
    assert keeper.names() == {layer}


@pytest.mark.parametrize("verb", ["store", "remove"])
def test_what_a_killed_keeper_left_goes_with_the_next_order(keeper: Keeper, verb: str) -> None:
    (keeper.layers / ".new-0123" / "x").mkdir(parents=True)
    answer = keeper.store() if verb == "store" else keeper.ask("remove", layers=[], keys=[])
    assert keeper.names() == ({answer["layer"]} if verb == "store" else set())
