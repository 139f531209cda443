"""Additional files and programs of many files over Judge0's API: what is taken, and every bound of what is not."""

from __future__ import annotations

import base64
import time
import zipfile
from typing import Any

import pytest

from broker_gateway.application.unpacking import MAX_ARCHIVE_BYTES
from broker_gateway.interfaces.http.judge0.additional import NO_COMPILE
from broker_gateway.interfaces.http.judge0.drafts import LANGUAGE_LABEL
from broker_gateway.interfaces.http.judge0.tokens import task_id_of
from schemas.task import TaskMessage
from tests.builders import a_language_record, a_node_record
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.judge0_calls import post, serving
from tests.unit.gateway.test_archives import BOMB, a_tar, a_tar_of, a_zip, an_entry

PROJECT: dict[str, Any] = {"language_id": 89, "source_code": None}


def packed(archive: bytes) -> str:
    """As the clients send it: Ruby's and Python's base64 with line feeds."""
    return base64.encodebytes(archive).decode()


def with_bash() -> GatewayOnFakes:
    gateway = GatewayOnFakes()
    gateway.directory.announce(a_node_record("n2", a_language_record("bash", "5.2.37", "sh")))
    return gateway


def with_cpp() -> GatewayOnFakes:
    gateway = GatewayOnFakes()
    gateway.directory.announce(a_node_record("n2", a_language_record("cpp", extensions=[".cpp"], compiled=True)))
    return gateway


async def entered(gateway: GatewayOnFakes, query: str = "", **fields: Any) -> TaskMessage:
    async with serving(gateway) as calls:
        status, body = await post(calls, query, **fields)
        assert status == 201, body
        return gateway.bus.tasks[task_id_of(body["token"])]


def held(task: TaskMessage) -> list[tuple[str, str | bytes]]:
    return [(file.name, file.held) for file in task.files]


async def test_files_lie_beside_a_source_that_has_the_name_that_it_has_there() -> None:
    archive = packed(a_zip({"lib/a.py": b"A = 1", "data.bin": b"\xff\0"}))
    task = await entered(GatewayOnFakes(), source_code="import lib.a", additional_files=archive)
    assert held(task) == [("script.py", "import lib.a"), ("lib/a.py", "A = 1"), ("data.bin", b"\xff\0")]
    assert (task.entry_point, task.labels) == ("script.py", {LANGUAGE_LABEL: "71"})
    task = await entered(with_cpp(), language_id=54, additional_files=packed(a_zip({"a.hpp": b"int x;"})))
    assert [name for name, _ in held(task)] == ["main.cpp", "a.hpp"]


async def test_they_are_base64_whatever_the_texts_are_in_and_never_replace_the_source() -> None:
    archive = packed(a_zip({"script.py": b"other", "b": b"2"}))
    source = base64.b64encode(b"print(1)").decode()
    task = await entered(GatewayOnFakes(), "?base64_encoded=true", source_code=source, additional_files=archive)
    assert held(task) == [("script.py", "print(1)"), ("b", "2")]


async def test_a_program_of_many_files_is_its_run_script_with_the_others_beside_it() -> None:
    archive = packed(a_zip({"run": b"cat data/in\n", "data/in": b"1"}))
    task = await entered(with_bash(), **PROJECT, additional_files=archive, stdin="in", expected_output="1")
    assert (task.language, task.entry_point, task.labels) == ("bash", "run", {LANGUAGE_LABEL: "89"})
    assert held(task) == [("run", "cat data/in\n"), ("data/in", "1")]
    assert (task.cases[0].stdin, task.cases[0].expected_output) == ("in", "1")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"compile": b"make", "run": b"./a.out"}, NO_COMPILE),
        ({"Run": b"x"}, "must hold a script with the name run"),
        ({}, "holds no file"),
    ],
)
async def test_a_program_of_many_files_needs_a_run_script_and_has_no_other(files: Any, words: str) -> None:
    async with serving(with_bash()) as calls:
        answer = await post(calls, **PROJECT, additional_files=packed(a_zip(files)))
        assert answer == (422, {"additional_files": [words]})
        assert await post(calls, **PROJECT) == (422, {"additional_files": ["can't be blank"]})
        assert not calls.gateway.bus.tasks


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "must be a zip in base64"),
        (7, "must be a zip in base64"),
        ("x", "is not base64"),
        ("UEsFBg==", "is neither a zip nor a tar that could be read"),
        (packed(a_zip({"a": BOMB})), "holds more bytes than may be submitted"),
        (packed(a_zip({f"{n}": b"" for n in range(64)})), "holds more files than may be submitted"),
        (packed(a_zip({f"{n}/": b"" for n in range(5500)})), "has a directory that is larger than that of any program"),
        (packed(a_tar({"a": BOMB}, "w:gz")), "must have at most 4194304 bytes once it is unpacked"),
        (packed(a_tar_of(an_entry(b"2", target="/etc"))), "must hold files and folders alone, and 'a' is neither"),
        (packed(a_zip({"a": b"1"}, zipfile.ZIP_LZMA)), "must be stored or deflated, and 'a' is neither"),
        (packed(a_zip({"../a": b"1"})), "holds '../a', whose name must not contain .."),
        (packed(a_zip({"/etc/passwd": b"1"})), "holds '/etc/passwd', whose name must be relative"),
        (packed(a_zip({"ok": b"1", "b/../../c": b"1"})), "holds 'b/../../c', whose name must not contain .."),
        (packed(b"PK" + b"x" * MAX_ARCHIVE_BYTES), f"must have at most {MAX_ARCHIVE_BYTES} bytes"),
    ],
)  # fmt: skip
async def test_what_strangers_pack_is_refused_in_words(value: object, words: str) -> None:
    async with serving() as calls:
        began = time.monotonic()
        assert await post(calls, additional_files=value) == (422, {"additional_files": [words]})
        assert time.monotonic() - began < 5
        assert not calls.gateway.bus.tasks


async def test_one_bad_archive_of_a_batch_costs_the_others_nothing() -> None:
    bomb, good = packed(a_zip({"a": BOMB})), packed(a_zip({"a": b"1"}))
    body = [{"source_code": "1", "language_id": 71, "additional_files": one} for one in (bomb, good)]
    async with serving() as calls:
        status, told = await calls.ask("POST", "/submissions/batch", json={"submissions": body})
    assert (status, list(told[0]), list(told[1])) == (201, ["additional_files"], ["token"])


async def test_too_much_in_all_is_told_where_it_is() -> None:
    archive = packed(a_zip({"a": b"1" * (200 << 10)}))
    async with serving() as calls:
        status, body = await post(calls, source_code="x" * (100 << 10), additional_files=archive)
    assert (status, list(body)) == (422, ["source_code"])
    assert "bytes in all" in body["source_code"][0]
