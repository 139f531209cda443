"""How tasks name packages: what reaches an installer is a name, and never anything that it takes for something else."""

from __future__ import annotations

import time

import pytest

from schemas.packages import MAVEN, MAX_CHARS, NPM, PYPI, fault_of, faults_of, first_fault, is_pinned, kinds, normalised

NAMES = {
    PYPI: ["six", "numpy==2.1.*", "numpy==2.1", "requests[socks,security]>=2,<3", "Zope.Interface~=5.0", "a!=1!2+cpu"],
    NPM: [
        "lodash",
        "lodash@4.17.21",
        "lodash@4",
        "lodash@4.x",
        "lodash@*",
        "@babel/core@^7",
        "@types/node@~20.1",
        "left-pad@latest",
        "typescript@5.0.0-beta.1+7",
        "a@>=1.2.3",
        "react@^18||^19.1",
        "JSONStream",
        "socket.io@=4.8.1",
    ],
    MAVEN: [
        "com.google.code.gson:gson",
        "com.google.code.gson:gson:2.11.0",
        "org.scala-lang:scala3-library_3:3.3.4",
        "junit:junit:4.13-beta-3",
        "com.google.guava:guava:33.4.0-jre",
    ],
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
OF_NPM = [
    "evil@npm:other@1",
    "npm:other",
    "evil@file:../x",
    "evil@../x",
    "evil@~/x",
    "evil@/etc",
    "evil@https://evil.example/a.tgz",
    "evil@git+ssh://evil.example/a.git",
    "evil@github:evil/a",
    "evil@evil/a",
    "evil/a",
    "evil/a#main",
    "evil.tgz",
    "evil.TAR.GZ",
    "evil@1-a.tgz",
    "evil@latest.tar",
    "evil@workspace:*",
    "evil@1 || 2",
    "evil@>1 <2",
    "evil@1 - 2",
    "evil@^",
    "evil@||",
    "evil@\u0664",
    "evil@1||",
    "evil@",
    "@a",
    "@a/",
    "@/a",
    "@a/b/c",
    "@a/../b",
    "__proto__",
    "constructor@__proto__",
    "~x",
    "evil@-g",
    "-g",
    "lodash==4",
]
OF_MAVEN = [
    "gson",
    ":gson",
    "g:",
    "g:a:",
    "g:a:1:2",
    "g:a:jar:sources:1",
    "g/../h:a:1",
    "g..h:a:1",
    ".g:a:1",
    "g:..:1",
    "g:a:../1",
    "g:a:[1,2)",
    "g:a:@pom",
    "g:a:1?x",
    "g:a:${user.home}",
    "-Dx:a:1",
    "g:-a:1",
    "g:a:-1",
    "https://evil.example:a:1",
]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_packages_are_named_as_their_installers_do(kind: str, name: str) -> None:
    assert fault_of(kind, name) == ""


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, name) for kind in sorted(kinds()) for name in HOSTILE),
        *((NPM, name) for name in OF_NPM),
        *((MAVEN, name) for name in OF_MAVEN),
    ],
)
def test_nothing_but_a_name_and_its_versions_passes(kind: str, name: str) -> None:
    assert fault_of(kind, name)


def test_packages_of_an_unknown_kind_are_none() -> None:
    assert fault_of("cargo", "serde")


@pytest.mark.parametrize("kind", sorted(kinds()))
@pytest.mark.parametrize("part", ["a", "a.", "a-", "a[a,", "a==1,", "=", "@a/", ".", "1||", "a@1-", "x.", "a:", ".tar"])
def test_the_longest_name_costs_no_time(kind: str, part: str) -> None:
    started = time.perf_counter()
    fault_of(kind, (part * MAX_CHARS)[: MAX_CHARS - 1] + "!")
    assert time.perf_counter() - started < 0.05


def test_the_same_packages_in_another_spelling_are_the_same() -> None:
    assert normalised(PYPI, ["Zope.Interface==5", "six"]) == normalised(PYPI, ["six", "zope-interface==5", "SIX"])
    assert normalised(NPM, ["b", "a", "b"]) == ("a", "b")
    assert normalised(NPM, ["a@=1.2.3", "b@4.x", "@c/d@2||1"]) == normalised(NPM, ["@c/d@1||2.*", "b@4", "a@1.2.3"])
    assert normalised(NPM, ["a@*"]) == normalised(NPM, ["a@x", "a"]) == ("a",)
    assert len(normalised(NPM, ["a@1", "a@^1", "a@1.0.0", "A@1", "a@latest", "a@next", "a@next.x"])) == 7
    assert normalised(MAVEN, ["g:b:1", "g:a"]) == normalised(MAVEN, ["g:a", "g:b:1", "g:a"]) == ("g:a", "g:b:1")
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
        (NPM, "a@=1.2.3-rc.1+5", True),
        (NPM, "a@1.2.x", False),
        (NPM, "a@1.2.3||2.0.0", False),
        (NPM, "a@>1.2.3", False),
        (NPM, "a@latest", False),
        (MAVEN, "g:a", False),
        (MAVEN, "g:a:1", True),
        (MAVEN, "g:a:1.2-jre", True),
        (MAVEN, "g:a:1.2-SNAPSHOT", False),
        (MAVEN, "g:a:LATEST", False),
        (MAVEN, "g:a:release", False),
        (MAVEN, "g:a:1.+", False),
    ],
)
def test_a_version_is_pinned_where_it_can_be_no_other(kind: str, name: str, pinned: bool) -> None:
    assert is_pinned(kind, name) is pinned


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_what_names_no_package_has_no_normal_form(kind: str) -> None:
    for name in HOSTILE:
        with pytest.raises(ValueError, match=r"is no package|must have"):
            normalised(kind, [name])
    assert first_fault(kind, [NAMES[kind][0], "--pre"]).startswith("'--pre' is no package")
    assert first_fault(kind, NAMES[kind][:1]) == ""


TWICE = [
    (PYPI, "Zope.Interface==5", "zope-interface", "zope-interface==5"),
    (PYPI, "zope__interface", "zope-interface<6", "zope-interface"),
    (PYPI, "requests[socks]", "requests", "requests[socks]"),
    (NPM, "lodash@3", "lodash@4", "lodash@3"),
    (NPM, "@a/b", "@a/b@latest", "@a/b"),
    (MAVEN, "g.h:a:1", "g.h:a", "g.h:a:1"),
]
ONCE = [
    (PYPI, "six", "SIX"),
    (PYPI, "zope", "zope-interface"),
    (NPM, "lodash@4", "lodash@4.x"),
    (NPM, "Lodash@3", "lodash@4"),
    (NPM, "@a/b@1", "@c/b@2"),
    (MAVEN, "g.h:a:1", "g.H:a:2"),
    (MAVEN, "g.h:a:1", "g.i:a:2"),
]


@pytest.mark.parametrize(("kind", "first", "second", "told"), TWICE)
def test_a_package_is_named_once_however_it_is_spelt(kind: str, first: str, second: str, told: str) -> None:
    """Only npm's installer said so, in its slot, after seconds; Maven's took the one that came first."""
    faults = faults_of(kind, [first, NAMES[kind][-1], second])
    assert faults == ["", "", f"is named twice, beside {told!r}: name each package once"]
    assert first_fault(kind, [first, second]) == f"{second!r} {faults[2]}"


@pytest.mark.parametrize(("kind", "first", "second"), ONCE)
def test_the_same_in_another_spelling_and_another_package_are_not_named_twice(
    kind: str, first: str, second: str
) -> None:
    assert faults_of(kind, [first, second]) == ["", ""]


@pytest.mark.parametrize("package", ["a@1.0.0-rc.x", "a@1.0.0+build.x"])
def test_the_end_of_a_prerelease_or_a_build_is_no_number_left_open(package: str) -> None:
    assert normalised(NPM, [package]) == (package,)


def test_a_named_prerelease_stays_beside_any_version() -> None:
    assert normalised(NPM, ["a@1.0.0-beta||*"]) == ("a@*||1.0.0-beta",)
    assert normalised(NPM, ["a@1.0.0||*"]) == ("a",)
