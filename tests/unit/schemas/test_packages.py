"""How tasks name packages: what reaches an installer is a name, and never anything that it takes for something else."""

from __future__ import annotations

import time

import pytest

from schemas.packages import MAX_CHARS, NPM, PYPI, fault_of, is_pinned, kinds, normalised

NAMES = {
    PYPI: ["six", "numpy==2.1.*", "numpy==2.1", "requests[socks,security]>=2,<3", "Zope.Interface~=5.0", "a!=1!2+cpu"],
    NPM: ["lodash", "lodash@4.17.21", "@babel/core@^7", "left-pad@latest", "a@>=1.2.3"],
}
HOSTILE = [
    "",
    "-r/etc/passwd",
    "--index-url=https://evil.example/",
    "-e.",
    ".",
    "..",
    "../evil",
    "/etc/passwd",
    "./wheel.whl",
    "file:///etc/passwd",
    "https://evil.example/a.whl",
    "git+https://evil.example/a.git",
    "evil@https://evil.example/a.whl",
    "evil @ file:///tmp/a",
    "six; python_version > '3'",
    "six ==1",
    "six\n--pre",
    "six\t",
    "six\0",
    "six==1\n",
    "$(reboot)",
    "`id`",
    "six==1#egg=evil",
    "s\u0456x",
    "@../..",
    "a/b/c",
    "npm:evil@1",
    "a" * (MAX_CHARS + 1),
]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_packages_are_named_as_their_installers_do(kind: str, name: str) -> None:
    assert fault_of(kind, name) == ""


@pytest.mark.parametrize("kind", sorted(kinds()))
@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_but_a_name_and_its_versions_passes(kind: str, name: str) -> None:
    assert fault_of(kind, name)


def test_packages_of_an_unknown_kind_are_none() -> None:
    assert fault_of("cargo", "serde")


@pytest.mark.parametrize("kind", sorted(kinds()))
@pytest.mark.parametrize("part", ["a", "a.", "a-", "a[a,", "a==1,", "=", "@a/", "."])
def test_the_longest_name_costs_no_time(kind: str, part: str) -> None:
    started = time.perf_counter()
    fault_of(kind, (part * MAX_CHARS)[: MAX_CHARS - 1] + "!")
    assert time.perf_counter() - started < 0.05


def test_the_same_packages_in_another_spelling_are_the_same() -> None:
    assert normalised(PYPI, ["Zope.Interface==5", "six"]) == normalised(PYPI, ["six", "zope-interface==5", "SIX"])
    assert normalised(NPM, ["b", "a", "b"]) == ("a", "b")
    assert normalised(PYPI, ["six==1.0"]) != normalised(PYPI, ["six==1.1"])


@pytest.mark.parametrize(
    ("kind", "name", "pinned"),
    [
        (PYPI, "six==1.17.0", True),
        (PYPI, "six===1.17", True),
        (PYPI, "six", False),
        (PYPI, "six==1.*", False),
        (PYPI, "six>=1", False),
        (PYPI, "six==1,>0", False),
        (PYPI, "six<=1", False),
        (PYPI, "six!=1", False),
        (NPM, "lodash@4.17.21", True),
        (NPM, "lodash@^4.17.21", False),
        (NPM, "lodash@4", False),
        (NPM, "lodash", False),
        (NPM, "@a/b@1.2.3", True),
    ],
)
def test_a_version_is_pinned_where_it_can_be_no_other(kind: str, name: str, pinned: bool) -> None:
    assert is_pinned(kind, name) is pinned
