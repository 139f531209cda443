"""Packages that a task names: who may ask for which, and which nodes get such a task."""

from __future__ import annotations

from typing import Any

import pytest

from broker_gateway.application.commands import Invalid, SubmitTaskCommand, TaskDTO, Unserved, Visitor
from broker_gateway.domain.admission import MAX_VIOLATIONS
from schemas.packages import MAX_PACKAGES
from schemas.task import Checker, SourceFile
from tests.builders import a_draft, a_language_record, a_node_record
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes, command

PYTHON = a_language_record("python", "3.13.5", "py", packages="pypi")
PLAIN = a_language_record("python", "3.13.5", "py")


@pytest.fixture
def gateway() -> GatewayOnFakes:
    one = GatewayOnFakes()
    one.directory.announce(a_node_record("n1", PYTHON))
    return one


def naming(*packages: str, **fields: Any) -> SubmitTaskCommand:
    return SubmitTaskCommand("blog", a_draft(packages=packages, **fields))


async def test_the_packages_of_a_task_reach_its_node(gateway: GatewayOnFakes) -> None:
    accepted = await gateway.submission.submit(naming("numpy==2.1.*", "six", language="PY"))
    assert isinstance(accepted, TaskDTO)
    assert gateway.bus.tasks[accepted.id].packages == ["numpy==2.1.*", "six"]


async def test_what_is_no_package_is_told_by_its_place(gateway: GatewayOnFakes) -> None:
    answer = gateway.submission.admit(naming("six", "--pre", "https://evil.example/a.whl"))
    assert isinstance(answer, Invalid)
    assert [one.field for one in answer.violations] == ["task.packages[1]", "task.packages[2]"]


async def test_a_package_that_is_named_twice_is_told_by_its_second_place(gateway: GatewayOnFakes) -> None:
    answer = gateway.submission.admit(naming("Zope.Interface", "six", "zope-interface==5", "SIX"))
    assert isinstance(answer, Invalid)
    assert [one.field for one in answer.violations] == ["task.packages[2]"]
    assert "named twice" in answer.violations[0].description


async def test_names_are_those_of_one_kind_where_nodes_have_different_ones(gateway: GatewayOnFakes) -> None:
    gateway.directory.announce(a_node_record("n2", a_language_record("python", "3.13.5", "py", packages="npm")))
    for packages in (["six==1", "requests[socks]"], ["a@1", "@a/b"]):
        assert not isinstance(gateway.submission.admit(naming(*packages)), Invalid)
    answer = gateway.submission.admit(naming("six==1", "a@1", "@a/b"))
    assert isinstance(answer, Invalid)
    assert [one.field for one in answer.violations] == ["task.packages[0]"]


async def test_too_many_packages_are_refused_without_a_look_at_them(gateway: GatewayOnFakes) -> None:
    answer = gateway.submission.admit(naming(*["--pre"] * (MAX_PACKAGES + 1)))
    assert isinstance(answer, Invalid)
    assert [(one.field, one.description) for one in answer.violations] == [
        ("task.packages", f"must have at most {MAX_PACKAGES} packages")
    ]
    assert MAX_PACKAGES < MAX_VIOLATIONS


async def test_packages_are_refused_where_no_node_has_an_index(gateway: GatewayOnFakes) -> None:
    gateway.directory.announce(a_node_record("n1", PLAIN))
    answer = gateway.submission.admit(naming("six"))
    assert isinstance(answer, Invalid)
    assert answer.violations[0].field == "task.packages"
    assert not isinstance(gateway.submission.admit(command()), Invalid)


async def test_packages_are_those_of_the_version_that_the_node_takes(gateway: GatewayOnFakes) -> None:
    """Where another version had some, the task was handed back by its node until it was given up."""
    older = a_language_record("python", "3.11.2", "py", packages="pypi")
    gateway.directory.announce(a_node_record("n1", PLAIN, older))
    for version in ("", "3"):
        answer = gateway.submission.admit(naming("six", language_version=version))
        assert isinstance(answer, Unserved)
        assert answer.message.endswith("versions of python with such: 3.11.2")
    assert not isinstance(gateway.submission.admit(naming("six", language_version="3.11")), (Invalid, Unserved))


async def test_a_task_with_packages_goes_where_every_node_has_an_index(gateway: GatewayOnFakes) -> None:
    gateway.directory.announce(a_node_record("n1", PLAIN, pools=["default"]))
    gateway.directory.announce(a_node_record("n2", PYTHON, pools=["indexed"]))
    accepted = await gateway.submission.submit(naming("six"))
    assert isinstance(accepted, TaskDTO)
    assert gateway.bus.tasks[accepted.id].pool == "indexed"


async def test_a_task_goes_where_every_node_has_packages_of_the_kind_that_it_names(gateway: GatewayOnFakes) -> None:
    """It could be given to a node that has another kind for the language, and was refused there."""
    gateway.directory.announce(a_node_record("n1", PYTHON, pools=["default"]))
    other = a_language_record("python", "3.13.5", "py", packages="maven")
    gateway.directory.announce(a_node_record("n2", other, pools=["jars"]))
    for package, pool in (("g.h:a:1", "jars"), ("six", "default")):
        accepted = await gateway.submission.submit(naming(package))
        assert isinstance(accepted, TaskDTO)
        assert gateway.bus.tasks[accepted.id].pool == pool


async def test_a_task_with_packages_waits_for_the_last_node_that_knows_none(gateway: GatewayOnFakes) -> None:
    gateway.directory.announce(a_node_record("old", PLAIN, takes_packages=False))
    answer = gateway.submission.admit(naming("six"))
    assert isinstance(answer, Unserved)
    assert "'old'" in answer.message
    assert not isinstance(gateway.submission.admit(command()), Unserved)
    gateway.directory.announce(a_node_record("old", PLAIN))
    assert not isinstance(gateway.submission.admit(naming("six")), Unserved | Invalid)


async def test_no_node_may_have_both_the_packages_and_the_checker_language(gateway: GatewayOnFakes) -> None:
    gateway.directory.announce(a_node_record("n2", PLAIN, a_language_record("java", "21")))
    checker = Checker(language="java", language_version="", files=[SourceFile("Main.java", "")])
    answer = gateway.submission.admit(naming("six", checker=checker))
    assert isinstance(answer, Unserved | Invalid)


async def test_a_language_that_nobody_serves_is_told_as_ever(gateway: GatewayOnFakes) -> None:
    assert isinstance(gateway.submission.admit(naming("six", language="cobol")), Unserved)


async def test_a_reader_of_a_page_names_no_packages(gateway: GatewayOnFakes) -> None:
    visitor = Visitor("reader", None)
    answer = gateway.submission.admit(SubmitTaskCommand("blog", a_draft(packages=["six"]), visitor=visitor))
    assert isinstance(answer, Invalid)
    assert [one.field for one in answer.violations] == ["task.packages"]
