"""What an image's build context has from registries: wheels, fetched by pip from a folder that stands for an index; npm
packages and jars, fetched by programs that stand for npm and Maven."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from sandbox.builder.content import ImageError, ImageSource
from sandbox.builder.fetched import fetched, programs

NAME = "tool-1.0-py3-none-any.whl"
ARCHIVE = b"an archive"
DIGEST = hashlib.sha256(ARCHIVE).hexdigest()
NPM = """#!/bin/sh
set -eu
for word; do case $word in --pack-destination=*) folder=${word#*=} ;; esac; done
printf 'an archive' >"$folder/tool-1.0.0.tgz"
printf 'an archive' >"$folder/types-node-20.1.0.tgz"
"""
MAVEN = """#!/bin/sh
set -eu
for word; do case $word in --file=*) project=${word#*=} ;; esac; done
grep -q '<groupId>org.example</groupId><artifactId>tool</artifactId><version>1.0</version>' "$project"
printf 'an archive' >"$(dirname "$project")/tool-1.0.jar"
"""
LISTS = {
    "npm": f"tool@1.0.0 --hash=sha256:{DIGEST}\n",
    "jars": f"org.example:tool:1.0 \\\n    --hash=sha256:{DIGEST}\n",
}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its index; it has one wheel."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as wheel:
        wheel.writestr("tool/tool", "a program")
        wheel.writestr("tool-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n")
        wheel.writestr("tool-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tool-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a machine's programs; those are the system's, and what stands for npm and Maven."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"npm": NPM, "mvn": MAVEN}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def image(folder: Path, **lists: str) -> ImageSource:
    source = ImageSource("tool", folder / "tool")
    source.directory.mkdir()
    (source.directory / "Dockerfile").write_text("FROM coderunner/base\n")
    for name, text in lists.items():
        (source.directory / f"{name}.txt").write_text(text)
    return source


def refusal(source: ImageSource) -> str:
    with pytest.raises(ImageError) as refused, fetched(source, lambda _: None):
        pass
    return str(refused.value)


def test_an_image_without_a_list_has_nothing_from_a_registry(tmp_path: Path) -> None:
    with fetched(image(tmp_path), lambda _: None) as files:
        assert files == {}


def test_what_the_list_names_is_there_while_the_image_is_built_and_gone_afterwards(index: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256((index / NAME).read_bytes()).hexdigest()
    with fetched(image(tmp_path, wheels=f"tool==1.0 --hash=sha256:{digest}\n"), lambda _: None) as files:
        ((name, wheel),) = files.items()
        assert name == f"wheels/{NAME}"
        assert wheel.read_bytes() == (index / NAME).read_bytes()
    assert not wheel.exists()


@pytest.mark.parametrize("listed", ["tool==1.0", f"tool==1.0 --hash=sha256:{'0' * 64}", "other==2.0 --hash=sha256:00"])
def test_another_wheel_than_the_listed_one_is_refused_in_one_sentence(index: Path, tmp_path: Path, listed: str) -> None:
    said = refusal(image(tmp_path, wheels=f"{listed}\n"))
    assert said.startswith("The wheels of coderunner/tool cannot be had: ")


@pytest.mark.usefixtures("machine")
def test_packages_of_npm_and_jars_are_those_that_are_listed_and_nothing_else(tmp_path: Path) -> None:
    both = f"# two\n{LISTS['npm']}@types/node@20.1.0 \\\n  --hash=sha256:{DIGEST}  # declarations\n"
    source = image(tmp_path, npm=both, jars=LISTS["jars"])
    assert programs(source) == {"npm", "mvn"}
    with fetched(source, lambda _: None) as files:
        assert {name: path.read_bytes() for name, path in files.items()} == dict.fromkeys(
            ["npm/tool-1.0.0.tgz", "npm/types-node-20.1.0.tgz", "jars/tool-1.0.jar"], ARCHIVE
        )


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("kind", LISTS)
def test_a_package_with_another_hash_is_refused(tmp_path: Path, kind: str) -> None:
    said = refusal(image(tmp_path, **{kind: LISTS[kind].replace(DIGEST, "0" * 64)}))
    assert said.endswith(f"has the hash {DIGEST}, and not that of the list.")


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("kind", LISTS)
def test_a_package_that_did_not_come_is_told(tmp_path: Path, kind: str) -> None:
    assert refusal(image(tmp_path, **{kind: LISTS[kind].replace("tool", "other")})).startswith("The ")


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("npm", "tool@1.0.0"),
        ("npm", f"tool --hash=sha256:{DIGEST}"),
        ("npm", f"--registry=x@1 y@2 --hash=sha256:{DIGEST}"),
        ("npm", f"--prefix=x@1 --hash=sha256:{DIGEST}"),
        ("jars", "org.example:tool:1.0"),
        ("jars", f"tool:1.0 --hash=sha256:{DIGEST}"),
    ],
)
def test_a_line_without_a_version_or_a_hash_is_refused(tmp_path: Path, kind: str, listed: str) -> None:
    said = refusal(image(tmp_path, **{kind: f"{listed}\n"}))
    assert f"{kind}.txt" in said
    assert "\n" not in said


@pytest.mark.parametrize(("kind", "program", "package"), [("npm", "npm", "npm"), ("jars", "mvn", "maven")])
def test_a_machine_without_the_program_is_told_what_to_install(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, program: str, package: str
) -> None:
    (machine / program).unlink()
    monkeypatch.setenv("PATH", str(machine))
    said = refusal(image(tmp_path, **{kind: LISTS[kind]}))
    assert said.endswith(f" this machine has no {program} (Debian: apt-get install {package}).")


@pytest.mark.parametrize(
    ("kind", "program", "words"),
    [("npm", "npm", "npm error 404 no such package"), ("jars", "mvn", "[ERROR] Could not find artifact tool")],
)
def test_why_a_program_failed_is_told_in_its_own_words(
    machine: Path, tmp_path: Path, kind: str, program: str, words: str
) -> None:
    (machine / program).write_text(f"#!/bin/sh\necho '{words}' >&2\necho more >&2\nexit 1\n")
    assert refusal(image(tmp_path, **{kind: LISTS[kind]})).endswith(words.partition(" ")[2].removeprefix("error "))
